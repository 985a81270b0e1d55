// Situations of a job that has its executor: on its way, running, ended.
#include "tests/scheduler/core/situation.hpp"

namespace berth {
namespace {

using namespace std::chrono_literals;

class ExplainAttempt : public test::Situation {
 protected:
  void SetUp() override {
    cluster.view.tell_time({WallTime{100'000}, Monotonic{100s}});
    machine("a", 4, 4_GiB);
    ask_about(1);
    ASSERT_EQ(cluster.where(subject), "a");
    is_stuck = true;
  }
  void expect_alone(Obstacle code) {
    expect(code, 1);
    EXPECT_EQ(explain_it().reasons.size(), 1u);
    EXPECT_EQ(explain_it().remedies.size(), 1u);
  }
};

TEST_F(ExplainAttempt, its_executor_has_not_begun) { expect_alone(Obstacle::assigned); }

TEST_F(ExplainAttempt, its_image_is_being_pulled) {
  cluster.apply(subject, lifecycle::Pulling{"43 % of 28MiB"});
  expect_alone(Obstacle::pulling);
  EXPECT_EQ(explain_it().summary, "a pulls x: 43 % of 28MiB");
}

TEST_F(ExplainAttempt, its_pull_is_stuck) {
  cluster.apply(subject, lifecycle::Pulling{});
  cluster.apply(subject, lifecycle::Noted{"the container runtime doesn't answer, trying again: timeout"});
  expect_alone(Obstacle::pulling);
  EXPECT_EQ(explain_it().summary, "a pulls x: the container runtime doesn't answer, trying again: timeout");
}

TEST_F(ExplainAttempt, its_container_is_being_made) {
  cluster.apply(subject, lifecycle::Starting{});
  expect_alone(Obstacle::starting);
}

TEST_F(ExplainAttempt, docker_died_under_it) {
  is_stuck = false;
  cluster.apply(subject, lifecycle::Pulling{});
  machine("a", 4, 4_GiB, [](auto& info) { info.runtime.healthy = false; });
  expect_alone(Obstacle::runtime);
}

TEST_F(ExplainAttempt, its_machine_is_lost) {
  is_stuck = false;
  machine("a", 4, 4_GiB, {}, ExecutorState::lost);
  expect_alone(Obstacle::lost);
}

TEST_F(ExplainAttempt, its_machine_is_lost_and_it_is_tried_again) {
  machine("a", 4, 4_GiB, {}, ExecutorState::lost);
  EXPECT_EQ(explain_it().summary,
            "executor a has it and isn't heard: once its lease is over, the job is tried again");
  has_leader = false;
  EXPECT_EQ(
      explain_it().summary,
      "executor a has it and isn't heard: once its lease is over and a scheduler leads, the job is tried "
      "again");
}

TEST_F(ExplainAttempt, its_machine_is_lost_and_it_may_run_only_once) {
  subject = waiting(1, 64_MiB, [](JobDefinition& d) { d.at_most_once = true; });
  cluster.pass();
  machine("a", 4, 4_GiB, {}, ExecutorState::lost);
  EXPECT_EQ(explain_it().summary,
            "executor a has it and isn't heard: once its lease is over, the job fails, as it may run at most "
            "once");
}

TEST_F(ExplainAttempt, its_machine_is_lost_once_too_often) {
  for (std::uint32_t lost = 0; lost < limits::infrastructure_retries; ++lost) {
    cluster.apply(subject, lifecycle::ExecutorLost{"gone"});
    cluster.apply(subject, lifecycle::BackoffElapsed{});
    cluster.pass();
  }
  machine("a", 4, 4_GiB, {}, ExecutorState::lost);
  EXPECT_EQ(
      explain_it().summary,
      "executor a has it and isn't heard: once its lease is over, the job fails, as it has lost 3 attempts "
      "to machines and pulls before");
  cluster.apply(subject, lifecycle::ExecutorLost{"gone"});
  EXPECT_EQ(cluster.view.find(subject), nullptr) << "so it is";
}

TEST_F(ExplainAttempt, its_machine_is_lost_when_it_was_asked_to_end) {
  cluster.apply(subject, lifecycle::AbortRequested{"enough"});
  machine("a", 4, 4_GiB, {}, ExecutorState::lost);
  const auto said = explain_it();
  EXPECT_EQ(said.reasons[0].code, Obstacle::stopping);
  EXPECT_EQ(
      said.summary,
      "executor a has it and isn't heard: once its lease is over, the job is aborted, as it was asked to");
  EXPECT_TRUE(said.remedies.empty());
}

TEST_F(ExplainAttempt, a_running_job_whose_machine_is_lost) {
  cluster.apply(subject, lifecycle::Starting{});
  cluster.apply(subject, lifecycle::Started{WallTime{5}});
  EXPECT_EQ(explain_it().summary, "runs on a");
  machine("a", 4, 4_GiB, {}, ExecutorState::lost);
  EXPECT_EQ(explain_it().summary, "is on a, which isn't heard") << "whether it runs isn't known";
}

TEST_F(ExplainAttempt, it_was_asked_to_end_before_it_ran) {
  cluster.apply(subject, lifecycle::AbortRequested{"enough"});
  const auto said = explain_it();
  EXPECT_EQ(said.reasons[0].code, Obstacle::stopping);
  EXPECT_TRUE(said.remedies.empty()) << "nobody wants it to run";
}

std::vector<std::string> phases_of(const AttemptStory& story) {
  std::vector<std::string> words;
  for (const auto& phase : story.phases)
    words.push_back(std::string(to_string(phase.name)) + " " + to_string(phase.took) + (phase.to ? "" : "…"));
  return words;
}

TEST_F(ExplainAttempt, a_running_job_tells_why_there_and_what_took_how_long) {
  auto job = *cluster.view.find(subject);
  job.created_at = WallTime{90'000};
  auto& attempt = job.attempts.back();
  attempt.assigned_at = WallTime{92'000};
  attempt.steps = {WallTime{92'100}, WallTime{92'150}, WallTime{95'000}, WallTime{95'200}, {}};
  attempt.started_at = job.started_at = WallTime{95'500};
  job.definition.name = "train";
  job.status = JobStatus::running;
  job.reason = Reason::executing;
  const auto said = explain({cluster.view, cluster.rules, job, WallTime{100'000}});
  EXPECT_EQ(said.summary, "runs on a");
  EXPECT_EQ(said.name, "train");
  ASSERT_EQ(said.attempts.size(), 1u);
  EXPECT_EQ(said.attempts[0].why, "the only executor with room");
  EXPECT_EQ(phases_of(said.attempts[0]),
            (std::vector<std::string>{"queued 2s", "handover 150ms", "pull 2s850ms", "create 200ms",
                                      "start 300ms", "run 4s500ms…"}));
}

TEST_F(ExplainAttempt, a_job_that_ended_tells_what_each_attempt_met) {
  auto job = *cluster.view.find(subject);
  job.created_at = WallTime{90'000};
  auto& attempt = job.attempts.back();
  attempt.assigned_at = WallTime{91'000};
  attempt.finished_at = WallTime{99'000};
  attempt.cause = Cause::executor_lost;
  attempt.message = "executor a is lost";
  auto second = attempt;
  second.number = 2;
  second.executor = "b";
  second.assigned_at = WallTime{100'000};
  second.steps.begun_at = WallTime{99'900};  // its clock is behind
  second.steps.created_at = WallTime{100'300};
  second.started_at = WallTime{100'400};
  second.steps.stop_at = WallTime{101'400};
  second.finished_at = WallTime{102'400};
  second.cause = Cause::timeout;
  second.exit_code = 143;
  second.message = "";
  job.attempts.push_back(second);
  job.status = JobStatus::failed;
  job.reason.reset();
  const auto said = explain({cluster.view, cluster.rules, job, WallTime{100'000}});
  EXPECT_TRUE(said.reasons.empty());
  ASSERT_EQ(said.attempts.size(), 2u);
  EXPECT_EQ(said.attempts[0].ending, "EXECUTOR_LOST: executor a is lost");
  EXPECT_EQ(phases_of(said.attempts[0]), (std::vector<std::string>{"queued 1s", "handover 8s"}));
  EXPECT_EQ(said.attempts[1].ending, "TIMEOUT, exit code 143");
  EXPECT_EQ(phases_of(said.attempts[1]), (std::vector<std::string>{"queued 1s", "handover 0s", "create 400ms",
                                                                   "start 100ms", "run 1s", "stop 1s"}));
}

}  // namespace
}  // namespace berth
