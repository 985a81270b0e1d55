// What an executor tells of itself while it lives.
#include "executor/link/heartbeat.hpp"

#include "executor/runtime/simulated.hpp"
#include "shared/runtime/task_group.hpp"
#include "tests/shared/runtime/loop.hpp"
#include "tests/support/memory_store.hpp"
#include "tests/support/simulated_time.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace berth {
namespace {

class HeartbeatTest : public testing::Test {
 protected:
  HeartbeatTest() {
    ExecutorInfo info;
    info.name = "box";
    info.runtime = runtime_;
    loop_.run(heartbeat_.enroll(std::move(info), true)).value();
    tasks_.spawn("beat", beat());
    tasks_.spawn("runtime watch", heartbeat_.watch_runtime([this] { ++returns_; }, [this] { ++silences_; }));
  }
  ~HeartbeatTest() override {
    tasks_.cancel();
    loop_.run(tasks_.join());
  }

  Task<> beat() {
    const std::function<void(const std::string&)> on_stop_jobs = [](const std::string&) {};
    co_await heartbeat_.beat(on_stop_jobs);
  }
  Task<RuntimeInfo> probe() { co_return runtime_; }
  Task<bool> recheck() { co_return true; }
  static RuntimeInfo well() {
    RuntimeInfo info;
    info.healthy = true;
    info.disk = Disk{"/docker", 100_GiB, 50_GiB};
    return info;
  }
  RuntimeInfo known() { return loop_.run(store_.executors()).value().at(0).info.runtime; }

  test::Loop loop_;
  SystemClock clock_;
  test::MemoryStore store_{loop_.executor(), clock_};
  SimulatedRuntime containers_{loop_.executor(), clock_};
  Lease lease_{containers_, clock_, limits::lease, [this] { return recheck(); }};
  RuntimeInfo runtime_ = well();
  std::string disk_problem_;
  int returns_ = 0;
  int silences_ = 0;
  Heartbeat heartbeat_{store_, lease_, [this] { return probe(); },
                       [this](const std::string& path) {
                         EXPECT_EQ(path, "/docker");
                         return disk_problem_;
                       }};
  TaskGroup tasks_{loop_.executor()};
};

TEST_F(HeartbeatTest, AnExecutorWhoseDiskIsNearlyFullTakesItselfOutOfPlacement) {
  EXPECT_TRUE(known().healthy);
  disk_problem_ = "no room";
  loop_.run_until([this] { return !known().healthy; });
  EXPECT_EQ(known().message, "no room");
  disk_problem_.clear();
  loop_.run_until([this] { return known().healthy; });
  EXPECT_EQ(known().message, "");
  EXPECT_EQ(returns_, 0) << "the runtime was there all the time";
  EXPECT_EQ(silences_, 0);
}

TEST_F(HeartbeatTest, WhatItsContainersUseComesWithTheNextBeatAndChangesNothingElse) {
  const auto told = [this] { return loop_.run(store_.usage({"box"})).value().at(0); };
  const auto beats = [this] { return loop_.run(store_.executors()).value().at(0).beat; };
  heartbeat_.tell_usage(usage_report({}));
  const auto begin = beats();
  loop_.run_until([&] { return beats() > begin + 1; });
  EXPECT_FALSE(told()) << "that there is nothing is no news";
  AttemptUsage one;
  one.job = JobId{7};
  one.attempt = 1;
  one.memory = 5_MiB;
  heartbeat_.tell_usage(usage_report({one}));
  loop_.run_until([&] { return told() == usage_report({one}); });
  EXPECT_EQ(known(), well());
  heartbeat_.tell_usage(usage_report({}));
  loop_.run_until([&] { return told() == usage_report({}); });
}

TEST(HeartbeatInSimulatedTime, ARuntimeIsCalledSilentOnceItHasBeenAwayForSomeTime) {
  asio::io_context io;
  test::SimulatedTime time(io);
  test::MemoryStore store(io.get_executor(), time);
  SimulatedRuntime containers(io.get_executor(), time);
  Lease lease(containers, time, limits::lease, []() -> Task<bool> { co_return true; });
  RuntimeInfo runtime;
  runtime.healthy = true;
  const Heartbeat::Probe probe = [&runtime]() -> Task<RuntimeInfo> { co_return runtime; };
  Heartbeat heartbeat(store, lease, probe, [](const std::string&) { return std::string(); });
  int returns = 0;
  int silences = 0;
  TaskGroup tasks(io.get_executor());
  tasks.spawn("runtime watch", heartbeat.watch_runtime([&] { ++returns; }, [&] { ++silences; }));
  const auto begin = time.now();
  const auto play_until = [&](Milliseconds instant) {
    while (time.now() < begin + instant) ASSERT_TRUE(time.step());
  };

  play_until(std::chrono::seconds{10});
  runtime.healthy = false;
  play_until(std::chrono::seconds{10} + limits::runtime_patience);
  EXPECT_EQ(silences, 0) << "it may be back at once";
  play_until(std::chrono::seconds{60});
  EXPECT_GE(silences, 10) << "for what comes later, too";
  EXPECT_EQ(returns, 0);
  runtime.healthy = true;
  play_until(std::chrono::seconds{70});
  EXPECT_EQ(returns, 1);
  const auto before = std::exchange(silences, 0);
  runtime.healthy = false;
  play_until(std::chrono::seconds{78});
  EXPECT_EQ(silences, 0) << "each silence counts from its own beginning, not like the " << before
                         << " before";

  tasks.cancel();
  while (tasks.size() > 0 && time.step()) continue;
  EXPECT_EQ(tasks.size(), 0u);
}

}  // namespace
}  // namespace berth
