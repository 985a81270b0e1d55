// The whole executor in one process: store in memory, simulated runtime, and the test as its scheduler.
#include "executor/app.hpp"

#include "shared/base/sha256.hpp"
#include "tests/executor/fixture.hpp"
#include "tests/support/machine_tree.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

namespace berth {
namespace {

using test::World;
using ::testing::HasSubstr;

class ExecutorAppTest : public ::testing::Test, protected World {
 protected:
  void SetUp() override { start(); }
  void TearDown() override {
    if (app) stop();
  }

  ExecutorSettings settings() const {
    ExecutorSettings settings;
    settings.gpus = declared;
    settings.gpu_sources = {machine.root(), FAKE_NVML};
    settings.name = executor_name;
    settings.cluster = "test";
    settings.cpu = Millicores{4'000};
    settings.memory = 1_GiB;
    settings.runtime = "simulated";
    return settings;
  }
  void start() {
    app = std::make_unique<ExecutorApp>(loop.executor(), store, runtime, clock, settings());
    const auto started = loop.run(app->start());
    ASSERT_TRUE(started) << started.error().message;
    tasks.spawn("app", app->run());
  }
  void stop() {
    loop.run(app->stop());
    loop.run(tasks.join());
    app.reset();
  }
  std::vector<ContainerState> containers() { return loop.run(runtime.list("test", executor_name)).value(); }
  void until_no_container_is_left() {
    loop.run_until([&] { return containers().empty(); });
  }
  void until_running(JobId id) {
    run_until(id, [](const Job& job) { return job.status == JobStatus::running; });
  }

  RegisteredExecutor registered() { return loop.run(memory.executors()).value().at(0); }

  test::MachineTree machine;
  test::FakeNvml nvml{""};
  std::optional<std::vector<Gpu>> declared;
  TaskGroup tasks{loop.executor()};
  std::unique_ptr<ExecutorApp> app;
};

TEST_F(ExecutorAppTest, it_registers_with_what_it_was_told_to_offer) {
  const auto executors = loop.run(memory.executors()).value();
  ASSERT_EQ(executors.size(), 1u);
  EXPECT_EQ(executors[0].info.capacity.cpu, Millicores{4'000});
  EXPECT_EQ(executors[0].info.runtime.name, "simulated");
}

TEST_F(ExecutorAppTest, it_offers_the_gpus_it_finds_and_tells_when_one_falls_ill_and_recovers) {
  EXPECT_TRUE(registered().info.capacity.gpus.empty());
  EXPECT_TRUE(registered().info.runtime.disk);
  stop();
  nvml.say("GPU-1|Tesla T4|1024|0\nGPU-2|Tesla T4|1024|15\n");
  start();
  const auto info = registered().info;
  ASSERT_EQ(info.capacity.gpus.size(), 2u);
  EXPECT_EQ(info.capacity.gpus[0], (Gpu{"nvidia/t4", "GPU-1", Bytes{1024}}));
  const std::vector<UnhealthyGpu> second_is_lost{{"GPU-2", "NVML: GPU is lost"}};
  EXPECT_EQ(info.runtime.unhealthy_gpus, second_is_lost) << "already when it registers";
  nvml.say("GPU-1|Tesla T4|1024|15\nGPU-2|Tesla T4|1024|0\n");
  const std::vector<UnhealthyGpu> first_is_lost{{"GPU-1", "NVML: GPU is lost"}};
  loop.run_until([&] { return registered().info.runtime.unhealthy_gpus == first_is_lost; });
  EXPECT_TRUE(registered().info.runtime.healthy);
}

TEST_F(ExecutorAppTest, declared_gpus_replace_the_measured_ones) {
  stop();
  nvml.say("GPU-1|Tesla T4|1024|0\n");
  declared = std::vector{Gpu{"x/y", "declared-x/y-0", {}}};
  start();
  EXPECT_EQ(registered().info.capacity.gpus, *declared);
}

TEST_F(ExecutorAppTest, an_attempt_whose_gpu_is_not_here_is_refused) {
  auto wants_gpu = definition();
  const auto admitted = loop.run(memory.admit({wants_gpu}, std::nullopt, "test")).value();
  change(admitted.ids.front(), lifecycle::Assigned{executor_name, {"GPU-9"}});
  const auto ended = finished(admitted.ids.front());
  EXPECT_EQ(ended.cause, Cause::start);
  EXPECT_THAT(ended.message, HasSubstr("doesn't offer the GPU GPU-9"));
}

TEST_F(ExecutorAppTest, jobs_end_with_their_own_codes_and_leave_nothing) {
  const auto good = assign(definition("0s", "0"));
  const auto bad = assign(definition("5ms", "7"));
  EXPECT_EQ(finished(good.id).status, JobStatus::succeeded);
  const auto failed = finished(bad.id);
  EXPECT_EQ(failed.status, JobStatus::failed);
  EXPECT_EQ(failed.cause, Cause::exit);
  EXPECT_EQ(failed.exit_code, 7);
  EXPECT_TRUE(failed.started_at);
  until_no_container_is_left();
}

TEST_F(ExecutorAppTest, its_output_is_in_the_store_when_it_has_ended) {
  auto chatty = definition();
  chatty.env["SIMULATE_OUTPUT"] = "200000";
  const auto job = assign(chatty);
  const auto ended = finished(job.id);
  const AttemptOutput all{200'000, sha256_hex(std::string(200'000, '.'))};
  EXPECT_EQ(ended.attempts.back().output, all);
  std::uint64_t bytes = 0;
  std::uint64_t after = 0;
  while (true) {
    const auto pieces = loop.run(memory.read_log(job.id, 1, after)).value();
    if (pieces.empty()) break;
    for (const auto& piece : pieces) bytes += piece.bytes.size();
    after = pieces.back().end;
  }
  EXPECT_EQ(bytes, 200'000u);
}

TEST_F(ExecutorAppTest, an_abort_ends_a_running_job) {
  const auto job = assign(definition("1h"));
  until_running(job.id);
  change(job.id, lifecycle::AbortRequested{"enough"});
  const auto ended = finished(job.id);
  EXPECT_EQ(ended.status, JobStatus::aborted);
  EXPECT_EQ(ended.signal, "SIGTERM");
  EXPECT_EQ(ended.message, "enough");
  until_no_container_is_left();
}

TEST_F(ExecutorAppTest, a_job_aborted_before_the_executor_saw_it_never_runs) {
  stop();
  const auto job = assign(definition("1h"));
  change(job.id, lifecycle::AbortRequested{"enough"});
  start();
  const auto ended = finished(job.id);
  EXPECT_EQ(ended.status, JobStatus::aborted);
  EXPECT_FALSE(ended.started_at);
}

// An abort that is acknowledged while the word of it can't come through stands in the record, which is asked
// last.
TEST_F(ExecutorAppTest, a_job_aborted_while_its_container_is_made_does_not_begin) {
  runtime.on_create = [this](JobId id) {
    store.hides_inbox = true;
    return abort(id);
  };
  const auto job = assign(definition("1h"));
  const auto ended = finished(job.id);
  EXPECT_EQ(ended.status, JobStatus::aborted);
  EXPECT_FALSE(ended.started_at);
}

TEST_F(ExecutorAppTest, a_running_job_whose_abort_was_not_told_is_stopped_after_the_next_look) {
  const auto job = assign(definition("1h"));
  until_running(job.id);
  store.hides_inbox = true;
  change(job.id, lifecycle::AbortRequested{"enough"});
  EXPECT_EQ(finished(job.id).status, JobStatus::aborted);
}

TEST_F(ExecutorAppTest, a_timeout_is_the_cause_of_its_ending) {
  auto slow = definition("1h");
  slow.timeout = std::chrono::milliseconds{30};
  const auto ended = finished(assign(slow).id);
  EXPECT_EQ(ended.status, JobStatus::failed);
  EXPECT_EQ(ended.cause, Cause::timeout);
}

TEST_F(ExecutorAppTest, a_new_process_takes_over_what_runs_and_tells_what_has_ended) {
  const auto runs = assign(definition("1h"));
  const auto ends = assign(definition("1s", "3"));
  until_running(runs.id);
  until_running(ends.id);
  stop();
  EXPECT_EQ(containers().size(), 2u) << "they outlive the process";
  start();
  const auto ended = finished(ends.id);
  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_EQ(ended.attempt, 1u) << "the same attempt";
  EXPECT_EQ(record(runs.id).status, JobStatus::running);
  change(runs.id, lifecycle::AbortRequested{"enough"});
  EXPECT_EQ(finished(runs.id).status, JobStatus::aborted);
  until_no_container_is_left();
}

// What is being pulled is told by the records, never remembered.
TEST_F(ExecutorAppTest, a_pull_that_a_restart_interrupted_is_begun_again) {
  runtime.has_images = false;
  const auto job = assign(definition("0s", "3"));
  run_until(job.id, [](const Job& record) { return record.reason == Reason::pulling; });
  stop();
  runtime.has_images = true;
  start();
  const auto ended = finished(job.id);
  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_EQ(ended.attempt, 1u);
  until_no_container_is_left();
}

TEST_F(ExecutorAppTest, an_inbox_entry_that_is_delivered_twice_begins_nothing_twice) {
  store.repeats_inbox = true;
  const auto first = assign(definition());
  finished(first.id);
  until_no_container_is_left();
  const auto second = assign(definition("20ms"));  // brings the first one's entry once more
  finished(second.id);
  until_no_container_is_left();
  EXPECT_EQ(runtime.creates, 2);
}

// The inbox only makes it faster: whatever became of an entry, the records say whose job it is.
TEST_F(ExecutorAppTest, a_job_whose_inbox_entry_was_lost_is_found_by_the_next_look) {
  const auto id = loop.run(memory.admit({definition("0s", "3")}, std::nullopt, "test")).value().ids.front();
  auto before = record(id);
  auto after = lifecycle::apply(before, lifecycle::Assigned{executor_name}, clock.wall()).value();
  before.reason = Reason::assigned;  // to the store this is no news for its executor
  before.attempt = after.attempt;
  const std::vector<Change> changes{{before, after, "job.assigned", "test"}};
  ASSERT_TRUE(loop.run(memory.transition(changes, std::nullopt)));
  ASSERT_EQ(loop.run(memory.inbox_end(executor_name)).value(), "0-0");
  EXPECT_EQ(finished(id).exit_code, 3);
}

// A failover may lose what was acknowledged. The executor that saw the ending tells it once more.
TEST_F(ExecutorAppTest, an_ending_that_the_store_forgot_is_told_again_and_the_job_runs_no_second_time) {
  auto chatty = definition("50ms", "3");
  chatty.env["SIMULATE_OUTPUT"] = "2000";
  const auto job = assign(chatty);
  until_running(job.id);
  const auto running = record(job.id);
  auto ended = finished(job.id).attempts.front();
  ASSERT_TRUE(ended.output->sha256);
  until_no_container_is_left();
  ended.output->sha256.reset();  // some of the output may be forgotten too
  for (const auto& earlier : {running, job}) {
    memory.go_back_to(earlier);
    EXPECT_EQ(finished(job.id).attempts.front(), ended);
  }
  EXPECT_EQ(runtime.creates, 1);
}

TEST_F(ExecutorAppTest, a_running_job_whose_start_the_store_forgot_runs_on) {
  const auto job = assign(definition("7s", "3"));
  until_running(job.id);
  const auto began = record(job.id).started_at;
  memory.go_back_to(job);
  until_running(job.id);
  EXPECT_EQ(record(job.id).started_at, began);
  EXPECT_EQ(finished(job.id).exit_code, 3);
  EXPECT_EQ(runtime.creates, 1);
}

TEST_F(ExecutorAppTest, a_number_that_is_given_anew_is_given_back_and_the_next_one_runs) {
  const auto queued =
      record(loop.run(memory.admit({definition("1h")}, std::nullopt, "test")).value().ids.front());
  const auto assign_anew = [&] {
    clock.step_wall(Milliseconds{1});
    change(queued.id, lifecycle::Assigned{executor_name});
  };
  assign_anew();
  until_running(queued.id);
  for (const bool is_driven : {true, false}) {
    SCOPED_TRACE(is_driven);
    memory.go_back_to(queued);
    assign_anew();
    run_until(queued.id, [](const Job& job) { return job.infrastructure_retries == 1; });
    EXPECT_THAT(record(queued.id).attempts.back().message, HasSubstr("has had an attempt of this number"));
    EXPECT_TRUE(containers().empty());
  }
  change(queued.id, lifecycle::BackoffElapsed{});
  assign_anew();
  until_running(queued.id);
  EXPECT_EQ(record(queued.id).attempt, 2u);
  EXPECT_EQ(runtime.creates, 2);
}

TEST_F(ExecutorAppTest, a_wall_clock_stepped_by_ten_minutes_ends_nothing) {
  for (const auto step : {std::chrono::minutes{10}, std::chrono::minutes{-10}}) {
    auto patient = definition("1h");
    patient.timeout = std::chrono::minutes{5};
    const auto job = assign(patient);
    until_running(job.id);
    const auto began = record(job.id);
    clock.step_wall(step);
    stop();
    start();
    const auto brief = assign(definition("50ms", "3"));  // lives through looks and heartbeats
    EXPECT_EQ(finished(brief.id).exit_code, 3);
    EXPECT_EQ(record(job.id).version, began.version) << "nothing happened to it";
    EXPECT_EQ(record(job.id).reason, Reason::executing);
    change(job.id, lifecycle::AbortRequested{"enough"});
    EXPECT_EQ(finished(job.id).status, JobStatus::aborted);
  }
}

TEST_F(ExecutorAppTest, a_container_that_vanished_while_nobody_looked_ends_unknown) {
  const auto job = assign(definition("1h"));
  until_running(job.id);
  stop();
  const ContainerIdentity identity{"test", executor_name, job.id, 1};
  ASSERT_TRUE(loop.run(runtime.remove(identity)));
  start();
  EXPECT_EQ(finished(job.id).cause, Cause::exit_unknown);
}

TEST_F(ExecutorAppTest, a_container_without_a_live_attempt_goes) {
  const auto job = assign(definition("1h"));
  until_running(job.id);
  stop();
  change(job.id, lifecycle::ExecutorLost{"silent"});
  start();
  until_no_container_is_left();
}

TEST_F(ExecutorAppTest, declared_lost_while_it_lives_it_kills_its_container_and_reports_nothing) {
  const auto job = assign(definition("1h"));
  until_running(job.id);
  const auto lost = change(job.id, lifecycle::ExecutorLost{"silent"});
  until_no_container_is_left();  // by the reconciling sweep
  EXPECT_EQ(record(job.id).version, lost.version);
}

TEST_F(ExecutorAppTest, a_volume_that_is_not_allowed_ends_the_job_with_the_reason) {
  auto curious = definition();
  curious.volumes = {{"/etc", "/in", true}};
  const auto ended = finished(assign(curious).id);
  EXPECT_EQ(ended.cause, Cause::start);
  EXPECT_THAT(ended.message, HasSubstr("isn't allowed"));
}

TEST_F(ExecutorAppTest, an_outage_of_the_store_costs_time_and_no_ending) {
  const auto job = assign(definition("50ms", "5"));
  until_running(job.id);
  memory.break_down(unavailable("connection refused"));
  loop.run(sleep_until(deadline_in(std::chrono::milliseconds{150})));  // the process ends meanwhile
  memory.repair();
  EXPECT_EQ(finished(job.id).exit_code, 5);
  until_no_container_is_left();
}

TEST_F(ExecutorAppTest, another_executor_of_the_same_name_ends_it_and_says_so) {
  ExecutorInfo other;
  other.name = executor_name;
  ASSERT_TRUE(loop.run(memory.register_executor(other, 1)));
  loop.run(tasks.join());
  ASSERT_TRUE(app->failure());
  EXPECT_THAT(app->failure()->message, HasSubstr("--name"));
}

TEST_F(ExecutorAppTest, a_second_of_its_name_is_refused_while_it_lives) {
  ExecutorApp second(loop.executor(), store, runtime, clock, settings());
  const auto started = loop.run(second.start());
  loop.run(second.stop());
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message, HasSubstr("--name"));
  EXPECT_FALSE(app->failure()) << "the first is unharmed";
}

// A machine was replaced by another under the same name: what still runs on the old one must end first.
TEST_F(ExecutorAppTest, a_name_from_another_machine_is_taken_only_after_that_ones_lease) {
  ExecutorInfo before;
  before.name = "node2";
  before.runtime.id = "another daemon";
  before.lease = Milliseconds{1'000};
  const auto incarnation = loop.run(memory.register_executor(before, 0)).value();
  ASSERT_TRUE(loop.run(memory.leave_executor("node2", incarnation)));
  auto here = settings();
  here.name = "node2";
  ExecutorApp second(loop.executor(), store, runtime, clock, here);
  const auto began = clock.monotonic();
  const auto started = loop.run(second.start());
  EXPECT_TRUE(started) << started.error().message;
  EXPECT_GE(clock.monotonic() - began, limits::lost_after(before.lease));
  loop.run(second.stop());
}

TEST_F(ExecutorAppTest, a_drain_whose_deadline_has_passed_stops_what_runs) {
  const auto job = assign(definition("1h"));
  until_running(job.id);
  ASSERT_TRUE(loop.run(memory.drain_executor(executor_name, "new disk", Milliseconds{0}, "api")));
  run_until(job.id, [](const Job& record) { return record.reason == Reason::backoff; });
  const auto records = loop.run(memory.jobs(std::vector<JobId>{job.id})).value();
  EXPECT_EQ(records.at(0)->attempts.at(0).cause, Cause::executor_lost);
  EXPECT_THAT(records.at(0)->attempts.at(0).message, HasSubstr("new disk"));
  until_no_container_is_left();
}

TEST_F(ExecutorAppTest, a_thousand_jobs_at_once_all_end_right_in_few_calls) {
  std::vector<JobDefinition> definitions;
  for (int i = 0; i < 1'000; ++i) definitions.push_back(definition("0s", std::to_string(i % 3)));
  const auto jobs = assign(std::move(definitions));
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    ASSERT_EQ(finished(jobs[i].id).exit_code, static_cast<int>(i % 3));
  }
  until_no_container_is_left();
  EXPECT_LT(static_cast<std::size_t>(store.transition_calls), store.changes * 3 / 4) << "changes go together";
}

}  // namespace
}  // namespace berth
