// What the tests of the container runtimes share: a loop to run tasks on, builders, and a clean-up that
// leaves nothing.
#pragma once

#include "executor/runtime/docker/docker_runtime.hpp"
#include "executor/runtime/simulated.hpp"
#include "tests/support/berth_process.hpp"
#include "tests/support/docker_daemon.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <unistd.h>

#include <list>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace berth::test {

// Collects output, as it came and by stream.
class Collector final : public LogSink {
 public:
  Task<Result<>> write(LogStream stream, std::string_view bytes) override {
    by_stream[stream] += bytes;
    all += bytes;
    co_return Result<>{};
  }
  std::map<LogStream, std::string> by_stream;
  std::string all;
};

class RuntimeTest : public ::testing::Test {
 protected:
  static constexpr Milliseconds patience = std::chrono::seconds{60};

  RuntimeTest() {
    static int count = 0;
    cluster_ = "test" + std::to_string(::getpid()) + "n" + std::to_string(++count);
  }

  void TearDown() override {
    if (!runtime_) return;
    for (const auto* executor : {"here", "elsewhere"}) {
      const auto left = run(runtime_->list(cluster_, executor));
      if (!left) continue;
      for (const auto& state : *left) EXPECT_TRUE(run(runtime_->remove(state.identity)));
    }
  }

  void use_docker(const std::string& socket = docker_socket) {
    if (const auto complaint = why_docker_is_unusable()) FAIL() << *complaint;
    connect(socket);
    runtime_->extend_lease(clock_.boot() + std::chrono::hours{1});
  }
  // As an executor that starts: with what is there of the one before.
  void connect(const std::string& socket = docker_socket) {
    auto made = make_docker_runtime(io_.get_executor(), "unix://" + socket, state_.path());
    ASSERT_TRUE(made) << made.error().message;
    runtime_ = std::move(*made);
  }
  void use_simulated() { runtime_ = std::make_unique<SimulatedRuntime>(io_.get_executor(), clock_); }

  // Runs the loop until the task has ended.
  template <class T>
  T run(Task<T> task) {
    std::optional<T> result;
    std::exception_ptr failure;
    const auto on_end = [&](std::exception_ptr thrown, T value) {
      failure = thrown;
      result.emplace(std::move(value));
    };
    asio::co_spawn(io_, std::move(task), on_end);
    run_until([&] { return result.has_value(); });
    if (failure) std::rethrow_exception(failure);
    return std::move(*result);
  }
  void run(Task<> task) {
    bool has_ended = false;
    const auto on_end = [&](std::exception_ptr thrown) {
      has_ended = true;
      if (thrown) std::rethrow_exception(thrown);
    };
    asio::co_spawn(io_, std::move(task), on_end);
    run_until([&] { return has_ended; });
  }

  // Starts a task whose result is looked at later; run_until() its has_value().
  template <class T>
  std::shared_ptr<std::optional<T>> begin(Task<T> task) {
    auto result = std::make_shared<std::optional<T>>();
    const auto on_end = [result](std::exception_ptr thrown, T value) {
      if (thrown) std::rethrow_exception(thrown);
      result->emplace(std::move(value));
    };
    asio::co_spawn(io_, std::move(task), on_end);
    return result;
  }

  template <class Condition>
  void run_until(Condition is_met) {
    const auto deadline = deadline_in(patience);
    io_.restart();
    while (!is_met()) {
      if (io_.run_one_until(deadline) == 0)
        throw std::runtime_error("what the test waits for doesn't happen");
    }
  }

  ContainerIdentity identity(std::uint64_t job = 1, std::uint32_t attempt = 1,
                             std::string executor = "here") const {
    return {cluster_, std::move(executor), JobId{job}, attempt};
  }
  ContainerSpec spec(std::vector<std::string> command, std::uint64_t job = 1) const {
    ContainerSpec out;
    out.identity = identity(job);
    out.definition.image = test_image;
    out.definition.command = std::move(command);
    out.definition.network = Network::none;
    out.definition.resources.memory = 64_MiB;
    return out;
  }
  ContainerSpec shell(std::string script, std::uint64_t job = 1) const {
    return spec({"sh", "-c", std::move(script)}, job);
  }

  void create_and_start(const ContainerSpec& wanted) {
    const auto created = run(runtime_->create(wanted));
    ASSERT_TRUE(created) << created.error().message;
    const auto started = run(runtime_->start(wanted, at_once));
    ASSERT_TRUE(started) << started.error().message;
  }

  // Creates, starts and waits.
  ContainerState outcome_of(const ContainerSpec& wanted) {
    create_and_start(wanted);
    const auto state = run(runtime_->wait(wanted.identity));
    EXPECT_TRUE(state) << state.error().message;
    return state.value();
  }
  // A sink that outlives every task of the test.
  Collector& new_sink() { return sinks_.emplace_back(); }
  Collector output_of(const ContainerIdentity& whose, std::uint64_t skip = 0) {
    auto& sink = new_sink();
    const auto copied = run(runtime_->copy_logs(whose, skip, sink));
    EXPECT_TRUE(copied) << copied.error().message;
    return sink;
  }
  std::string output_of(const ContainerSpec& wanted) {
    outcome_of(wanted);
    return output_of(wanted.identity).all;
  }

  static Task<Result<>> at_once() { co_return Result<>{}; }

  std::list<Collector> sinks_;
  TemporaryFolder state_;
  asio::io_context io_;
  SystemClock clock_;
  std::string cluster_;
  std::unique_ptr<ContainerRuntime> runtime_;
};

}  // namespace berth::test
