// What the reporter tells the store, and what the store's answers make of an attempt.
#include "executor/link/reporter.hpp"

#include "shared/runtime/task_group.hpp"
#include "tests/executor/fixture.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace berth {
namespace {

using test::World;

struct Heard final : ReportListener {
  bool recorded = false;
  bool fenced = false;
  std::string abort;
  void on_ending_recorded() override { recorded = true; }
  void on_fenced_off(const std::string&) override { fenced = true; }
  void on_abort(const std::string& message) override { abort = message; }
};

class ReporterTest : public ::testing::Test, protected World {
 protected:
  void SetUp() override { tasks.spawn("reporter", reporter.run()); }
  void TearDown() override {
    tasks.cancel();
    loop.run(tasks.join());
  }

  AttemptKey track(const Job& job, Heard& heard) {
    reporter.track(job, heard);
    return {job.id, job.attempt};
  }
  bool drain() { return loop.run(reporter.drain(deadline_in(std::chrono::seconds{20}))); }

  lifecycle::Event ended(int code) {
    lifecycle::Outcome outcome;
    outcome.cause = Cause::exit;
    outcome.exit_code = code;
    outcome.finished_at = clock.wall();
    return lifecycle::AttemptEnded{outcome};
  }
  lifecycle::Event started() { return lifecycle::Started{clock.wall()}; }

  Reporter reporter{loop.executor(), store, clock, World::executor_name};
  TaskGroup tasks{loop.executor()};
};

TEST_F(ReporterTest, tells_a_life_in_order) {
  Heard heard;
  const auto job = assign(definition());
  const auto key = track(job, heard);
  reporter.report(key, started());
  reporter.report(key, ended(0));
  ASSERT_TRUE(drain());
  EXPECT_TRUE(heard.recorded);
  const auto after = record(job.id);
  EXPECT_EQ(after.status, JobStatus::succeeded);
  EXPECT_EQ(after.version, job.version + 2);
}

TEST_F(ReporterTest, progress_that_has_not_left_is_superseded) {
  Heard heard;
  const auto job = assign(definition());
  const auto key = track(job, heard);
  reporter.report(key, lifecycle::Pulling{"1 of 2"});
  reporter.report(key, lifecycle::Pulling{"2 of 2"});
  reporter.report(key, lifecycle::Starting{});
  reporter.report(key, started());
  ASSERT_TRUE(drain());
  EXPECT_EQ(store.changes, 1u);
  EXPECT_EQ(record(job.id).status, JobStatus::running);
}

TEST_F(ReporterTest, many_jobs_share_one_call) {
  const auto jobs = assign(std::vector<JobDefinition>(200, definition()));
  std::vector<std::unique_ptr<Heard>> heard;
  for (const auto& job : jobs) {
    heard.push_back(std::make_unique<Heard>());
    reporter.report(track(job, *heard.back()), started());
  }
  ASSERT_TRUE(drain());
  EXPECT_EQ(store.transition_calls, 1);
  EXPECT_EQ(store.changes, 200u);
}

TEST_F(ReporterTest, an_abort_that_came_first_is_passed_on_and_the_start_is_not_told) {
  Heard heard;
  const auto job = assign(definition());
  const auto key = track(job, heard);
  change(job.id, lifecycle::AbortRequested{"enough"});
  reporter.report(key, started());
  ASSERT_TRUE(drain());
  EXPECT_EQ(heard.abort, "enough");
  EXPECT_EQ(record(job.id).status, JobStatus::pending);
  reporter.report(key, ended(1));
  ASSERT_TRUE(drain());
  EXPECT_TRUE(heard.recorded);
  EXPECT_EQ(record(job.id).status, JobStatus::aborted);
}

TEST_F(ReporterTest, an_attempt_whose_record_moved_on_is_fenced_off_and_changes_nothing) {
  Heard heard;
  const auto job = assign(definition());
  const auto key = track(job, heard);
  const auto moved = change(job.id, lifecycle::ExecutorLost{"silent"});
  reporter.report(key, started());
  reporter.report(key, ended(0));
  ASSERT_TRUE(drain());
  EXPECT_TRUE(heard.fenced);
  EXPECT_FALSE(heard.recorded);
  EXPECT_EQ(record(job.id).version, moved.version);
}

// By a store that went back in time.
TEST_F(ReporterTest, an_attempt_whose_number_was_given_anew_is_fenced_off) {
  Heard heard;
  const auto queued =
      record(loop.run(memory.admit({definition()}, std::nullopt, "test")).value().ids.front());
  const auto key = track(change(queued.id, lifecycle::Assigned{World::executor_name}), heard);
  clock.step_wall(Milliseconds{1});
  memory.go_back_to(queued);
  const auto anew = change(queued.id, lifecycle::Assigned{World::executor_name});
  ASSERT_EQ(anew.attempt, key.number);
  reporter.report(key, ended(0));
  ASSERT_TRUE(drain());
  EXPECT_TRUE(heard.fenced);
  EXPECT_EQ(record(queued.id).version, anew.version);
}

TEST_F(ReporterTest, an_attempt_of_the_same_number_is_not_forgotten_with_the_one_before) {
  Heard before;
  Heard after;
  const auto job = assign(definition());
  const auto key = track(job, before);
  reporter.verify(key);  // still in line when the next one comes
  track(job, after);
  reporter.forget(key, before);
  reporter.report(key, started());
  reporter.report(key, ended(0));
  ASSERT_TRUE(drain());
  EXPECT_TRUE(after.recorded);
  EXPECT_FALSE(before.recorded);
}

TEST_F(ReporterTest, a_start_that_the_store_forgot_is_told_again) {
  Heard heard;
  const auto job = assign(definition());
  const auto key = track(job, heard);
  reporter.report(key, lifecycle::Starting{});
  ASSERT_TRUE(drain());
  const auto starting = record(job.id);
  reporter.report(key, started());
  reporter.report(key, lifecycle::Noted{"so far so good"});
  ASSERT_TRUE(drain());
  const auto began = record(job.id).started_at;
  ASSERT_TRUE(began);
  memory.go_back_to(starting);
  reporter.refresh(starting);
  ASSERT_TRUE(drain());
  EXPECT_EQ(record(job.id).status, JobStatus::running);
  EXPECT_EQ(record(job.id).started_at, began);
}

TEST_F(ReporterTest, a_lost_answer_is_looked_up_and_nothing_is_written_twice) {
  Heard heard;
  const auto job = assign(definition());
  const auto key = track(job, heard);
  store.lose_answers = 2;
  reporter.report(key, started());
  ASSERT_TRUE(drain());
  reporter.report(key, ended(7));
  ASSERT_TRUE(drain());
  EXPECT_TRUE(heard.recorded) << "its own ending isn't another's";
  EXPECT_FALSE(heard.fenced);
  EXPECT_EQ(record(job.id).version, job.version + 2);
}

TEST_F(ReporterTest, nothing_is_lost_while_the_store_is_away) {
  Heard heard;
  const auto job = assign(definition());
  const auto key = track(job, heard);
  memory.break_down(unavailable("connection refused"));
  reporter.report(key, started());
  reporter.report(key, ended(0));
  EXPECT_FALSE(loop.run(reporter.drain(deadline_in(std::chrono::milliseconds{300}))));
  memory.repair();
  ASSERT_TRUE(drain());
  EXPECT_TRUE(heard.recorded);
  EXPECT_EQ(record(job.id).status, JobStatus::succeeded);
}

TEST_F(ReporterTest, verifying_tells_an_attempt_that_it_was_fenced_off_without_a_report) {
  Heard heard;
  const auto job = assign(definition());
  const auto key = track(job, heard);
  reporter.verify(key);
  ASSERT_TRUE(drain());
  EXPECT_FALSE(heard.fenced);
  change(job.id, lifecycle::ExecutorLost{"silent"});
  reporter.verify(key);
  ASSERT_TRUE(drain());
  EXPECT_TRUE(heard.fenced);
}

}  // namespace
}  // namespace berth
