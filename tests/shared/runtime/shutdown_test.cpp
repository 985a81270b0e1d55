#include "shared/runtime/shutdown.hpp"

#include "tests/shared/runtime/loop.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace berth::test {
namespace {

using namespace std::chrono_literals;

TEST(Signals, ComeOneByOneAndAreRemembered) {
  Loop loop;
  Signals signals(loop.executor());
  std::raise(SIGINT);
  EXPECT_EQ(loop.run(signals.next(deadline_in(10s))), SIGINT);
  std::raise(SIGTERM);
  EXPECT_EQ(loop.run(signals.next(deadline_in(10s))), SIGTERM);
}

TEST(Signals, ADeadlineEndsTheWaitAndNotTheWatching) {
  Loop loop;
  Signals signals(loop.executor());
  EXPECT_EQ(loop.run(signals.next(deadline_in(2ms))), 0);
  std::raise(SIGINT);
  EXPECT_EQ(loop.run(signals.next(deadline_in(10s))), SIGINT);
}

}  // namespace
}  // namespace berth::test
