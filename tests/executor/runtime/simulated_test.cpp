// What the simulated runtime adds to the contract of tests/contract/runtime_test.cpp.
#include "executor/runtime/simulated.hpp"

#include "shared/runtime/task_group.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace berth {
namespace {

class SteppedClock final : public Clock {
 public:
  WallTime wall() const override { return {1'000'000 + (now - Monotonic{}) / std::chrono::milliseconds{1}}; }
  Monotonic monotonic() const override { return now; }
  BootTime boot() const override { return {now.time_since_epoch()}; }
  Monotonic now{};
};

Task<Result<>> allowed_at_once() { co_return Result<>{}; }

Task<> live(SimulatedRuntime& runtime, ContainerSpec spec, int& lives) {
  const auto identity = spec.identity;
  const auto created = co_await runtime.create(spec);
  const auto started = co_await runtime.start(std::move(spec), allowed_at_once);
  const auto ended = co_await runtime.wait(identity);
  const auto removed = co_await runtime.remove(identity);
  if (created && started && ended && ended->exit_code == 0 && removed) ++lives;
}

ContainerSpec job(std::uint64_t number) {
  ContainerSpec spec;
  spec.identity = {"main", "box", JobId{number}, 1};
  return spec;
}

template <class T>
T done(Task<T> task) {
  asio::io_context io;
  std::optional<T> result;
  const auto on_end = [&](std::exception_ptr failure, T value) {
    if (failure) std::rethrow_exception(failure);
    result = std::move(value);
  };
  asio::co_spawn(io, std::move(task), on_end);
  io.run();
  return std::move(*result);
}

TEST(SimulatedRuntime, ThousandsOfLivesThatTakeNoTimeArmNoTimer) {
  asio::io_context io;
  const SystemClock clock;
  SimulatedRuntime runtime(io.get_executor(), clock);
  TaskGroup tasks(io.get_executor());
  int lives = 0;
  for (std::uint64_t number = 1; number <= 2'000; ++number)
    tasks.spawn("life", live(runtime, job(number), lives));
  io.poll();  // runs what is ready and waits for nothing
  EXPECT_EQ(lives, 2'000);
  EXPECT_EQ(tasks.size(), 0u);
}

TEST(SimulatedRuntime, ContainersEndByTheClockThoughNobodyWaits) {
  asio::io_context io;
  SteppedClock clock;
  SimulatedRuntime runtime(io.get_executor(), clock);
  auto spec = job(1);
  spec.definition.env = {{"SIMULATE_RUN", "10s"}, {"SIMULATE_EXIT", "3"}};
  ASSERT_TRUE(done(runtime.create(spec)));
  ASSERT_TRUE(done(runtime.start(spec, allowed_at_once)));
  clock.now += std::chrono::seconds{9};
  EXPECT_EQ(done(runtime.inspect(spec.identity)).value().phase, ContainerPhase::running);
  clock.now += std::chrono::seconds{60};
  const auto state = done(runtime.inspect(spec.identity)).value();
  EXPECT_EQ(state.phase, ContainerPhase::exited);
  EXPECT_EQ(state.exit_code, 3);
  EXPECT_EQ(*state.finished_at - *state.started_at, std::chrono::seconds{10});
}

TEST(SimulatedRuntime, WhatItCannotReadIsRefusedByName) {
  asio::io_context io;
  const SystemClock clock;
  SimulatedRuntime runtime(io.get_executor(), clock);
  for (const auto& [name, value] :
       {std::pair{"SIMULATE_RUN", "soon"}, {"SIMULATE_EXIT", "256"}, {"SIMULATE_OUTPUT", "-1"}}) {
    auto spec = job(1);
    spec.definition.env = {{name, value}};
    const auto created = done(runtime.create(spec));
    ASSERT_FALSE(created);
    EXPECT_EQ(created.error().kind, ErrorKind::refused);
    EXPECT_NE(created.error().message.find(name), std::string::npos);
  }
}

}  // namespace
}  // namespace berth
