// When an executor's containers may live on, told with a clock that the test moves.
#include "executor/link/lease.hpp"

#include "executor/runtime/simulated.hpp"
#include "shared/runtime/task_group.hpp"
#include "tests/shared/runtime/loop.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/simulated_time.hpp"

#include <gtest/gtest.h>

namespace berth {
namespace {

using namespace std::chrono_literals;

// Remembers what the containers were told.
class Told final : public SimulatedRuntime {
 public:
  using SimulatedRuntime::SimulatedRuntime;
  void extend_lease(BootTime until) override { this->until = until; }
  BootTime until{};
};

class LeaseTest : public testing::Test {
 protected:
  Task<bool> recheck() {
    ++rechecks_;
    co_return store_answers_;
  }

  test::Loop loop_;
  test::ManualClock clock_;
  Told runtime_{loop_.executor(), clock_};
  int rechecks_ = 0;
  bool store_answers_ = true;
  Lease lease_{runtime_, clock_, 10s, [this] { return recheck(); }};
};

TEST_F(LeaseTest, CountsFromBeforeTheHeartbeatWasSent) {
  const auto sent = clock_.boot();
  const auto term = lease_.term();
  clock_.advance(3s);  // the store takes its time
  loop_.run(lease_.renew(term));
  EXPECT_EQ(runtime_.until, sent + 10s);
}

TEST_F(LeaseTest, AnAnswerThatComesAfterItsTermRenewsNothing) {
  const auto term = lease_.term();
  clock_.advance(10s);
  loop_.run(lease_.renew(term));
  EXPECT_EQ(runtime_.until, BootTime{});
}

// An executor that was frozen: others may run its jobs by now.
TEST_F(LeaseTest, OnceItHasEndedItIsTakenUpOnlyAfterALookAtWhatIsStillOurs) {
  loop_.run(lease_.renew(lease_.term()));
  clock_.advance(5s);
  loop_.run(lease_.renew(lease_.term()));
  EXPECT_EQ(rechecks_, 1) << "at the start, and not while it lasts";

  clock_.advance(40s);
  store_answers_ = false;
  const auto before = runtime_.until;
  loop_.run(lease_.renew(lease_.term()));
  EXPECT_EQ(runtime_.until, before) << "the store didn't say what is ours";
  store_answers_ = true;
  loop_.run(lease_.renew(lease_.term()));
  EXPECT_EQ(runtime_.until, clock_.boot() + 10s);
  EXPECT_EQ(rechecks_, 3);
}

TEST(LeaseInSimulatedTime, ContainersThatSleptThroughItsEndSeeThatBeforeItIsTakenUp) {
  asio::io_context io;
  test::SimulatedTime time(io);
  Told runtime(io.get_executor(), time);
  Monotonic looked{};
  const Lease::Recheck recheck = [&]() -> Task<bool> {
    looked = time.now();
    co_return true;
  };
  Lease lease(runtime, time, 10s, recheck);
  TaskGroup tasks(io.get_executor());
  const auto play = [&] {
    while (tasks.size() > 0 && time.step()) continue;
    ASSERT_EQ(tasks.size(), 0u);
  };
  tasks.spawn("the first", lease.renew(lease.term()));
  play();
  const auto first = runtime.until;
  time.call_at(time.now() + 40s, [] {});
  ASSERT_TRUE(time.step());
  const auto woke = time.now();
  tasks.spawn("after the sleep", lease.renew(lease.term()));
  time.settle();
  EXPECT_EQ(runtime.until, first) << "the lease of before, which is over";
  play();
  EXPECT_EQ(looked - woke, limits::wake_margin) << "as late as it can be";
  EXPECT_EQ(runtime.until.since_boot, woke.time_since_epoch() + 10s);
}

}  // namespace
}  // namespace berth
