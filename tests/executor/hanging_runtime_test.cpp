// A container runtime whose long requests hang although their containers have ended: the executor goes on all
// the same.
#include "executor/app.hpp"
#include "tests/executor/fixture.hpp"

#include <gtest/gtest.h>

namespace berth {
namespace {

using test::World;

// The simulated runtime, but a wait is never answered and a follow never ends.
class HangingRuntime final : public ContainerRuntime {
 public:
  explicit HangingRuntime(SimulatedRuntime& runtime) : runtime_(runtime) {}

  Task<Result<ContainerState>> wait(ContainerIdentity) override {
    co_await sleep_until(no_deadline);
    co_return Error{};
  }
  Task<Result<>> copy_logs(ContainerIdentity, std::uint64_t, LogSink& sink) override {
    const auto written = co_await sink.write(LogStream::out, "..");
    if (!written) co_return written.error();
    co_await sleep_until(no_deadline);
    co_return Result<>{};
  }

  Task<RuntimeInfo> probe() override { return runtime_.probe(); }
  Task<Result<bool>> has_image(std::string i) override { return runtime_.has_image(std::move(i)); }
  Task<Result<>> pull(std::string i, OnPullProgress p) override {
    return runtime_.pull(std::move(i), std::move(p));
  }
  Task<Result<>> create(ContainerSpec s) override { return runtime_.create(std::move(s)); }
  Task<Result<>> start(ContainerSpec s, MayStart m) override {
    return runtime_.start(std::move(s), std::move(m));
  }
  void extend_lease(BootTime until) override { runtime_.extend_lease(until); }
  Task<Result<>> kill(ContainerIdentity i, std::string s) override {
    return runtime_.kill(std::move(i), std::move(s));
  }
  Task<Result<>> remove(ContainerIdentity i) override { return runtime_.remove(std::move(i)); }
  Task<Result<ContainerState>> inspect(ContainerIdentity i) override {
    return runtime_.inspect(std::move(i));
  }
  Task<Result<std::vector<ContainerState>>> list(std::string c, std::string e) override {
    return runtime_.list(std::move(c), std::move(e));
  }
  Task<Result<>> copy_ended_logs(ContainerIdentity i, std::uint64_t s, LogSink& l) override {
    return runtime_.copy_ended_logs(std::move(i), s, l);
  }

 private:
  SimulatedRuntime& runtime_;
};

class HangingRuntimeTest : public ::testing::Test, protected World {
 protected:
  void SetUp() override {
    ExecutorSettings settings;
    settings.name = executor_name;
    settings.cluster = "test";
    settings.cpu = Millicores{4'000};
    settings.memory = 1_GiB;
    settings.runtime = "simulated";
    app = std::make_unique<ExecutorApp>(loop.executor(), store, hanging, clock, settings);
    ASSERT_TRUE(loop.run(app->start()));
    tasks.spawn("app", app->run());
  }
  void TearDown() override {
    loop.run(app->stop());
    loop.run(tasks.join());
  }

  HangingRuntime hanging{runtime};
  TaskGroup tasks{loop.executor()};
  std::unique_ptr<ExecutorApp> app;
};

TEST_F(HangingRuntimeTest, an_exit_is_told_with_all_its_output_though_wait_and_follow_hang) {
  auto chatty = definition("10ms", "3");
  chatty.env["SIMULATE_OUTPUT"] = "5000";
  const auto ended = finished(assign(chatty).id);
  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_EQ(ended.message.find("incomplete"), std::string::npos) << ended.message;
  std::string output;
  for (const auto& piece : store.appended) output += piece.bytes;
  EXPECT_EQ(output, std::string(5'000, '.')) << "what the follow had brought isn't there twice";
}

TEST_F(HangingRuntimeTest, it_stops_in_the_middle_of_both) {
  const auto job = assign(definition("1h"));
  run_until(job.id, [](const Job& record) { return record.status == JobStatus::running; });
}

}  // namespace
}  // namespace berth
