// How the run of a verb ends.
#include "cli/session.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <gtest/gtest.h>

#include <signal.h>

namespace berth::cli {
namespace {

Task<> raise_then_sleep(int number) {
  ::raise(number);
  co_await sleep_until(deadline_in(Milliseconds{30'000}));
}

Task<int> await_two_things(int number) {
  using asio::experimental::awaitable_operators::operator||;
  auto one = raise_then_sleep(number);
  auto other = sleep_until(deadline_in(Milliseconds{30'000}));
  co_await (std::move(one) || std::move(other));
  co_return exit_code::ok;
}

TEST(Session, IsInterruptedAlsoWhereTwoThingsAreAwaitedAtOnce) {
  Context context;
  context.url = "http://127.0.0.1:9";  // never asked
  for (const int number : {SIGINT, SIGTERM}) {
    const auto verb = [number](Session) { return await_two_things(number); };
    testing::internal::CaptureStderr();
    EXPECT_EQ(run_session(context, OnInterrupt::leave, verb), exit_code::interrupted);
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  }
}

}  // namespace
}  // namespace berth::cli
