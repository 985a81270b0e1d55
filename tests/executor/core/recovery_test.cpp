// What an executor does about differences between the records and the containers that it finds.
#include "executor/core/recovery.hpp"

#include "shared/base/limits.hpp"

#include <gtest/gtest.h>

namespace berth {
namespace {

Job job(std::uint64_t id, std::uint32_t attempt, JobStatus status, Reason reason) {
  Job job;
  job.id = JobId{id};
  job.attempt = attempt;
  job.status = status;
  job.reason = reason;
  return job;
}
Job assigned(std::uint64_t id, std::uint32_t attempt = 1) {
  return job(id, attempt, JobStatus::pending, Reason::assigned);
}
Job executing(std::uint64_t id) { return job(id, 1, JobStatus::running, Reason::executing); }

ContainerView container(std::uint64_t id, std::uint32_t attempt = 1) {
  ContainerView view;
  view.attempt = {JobId{id}, attempt};
  return view;
}
AttemptKey key(std::uint64_t id, std::uint32_t attempt = 1) { return {JobId{id}, attempt}; }
DrivenAttempts driven(std::initializer_list<std::uint64_t> ids) {
  DrivenAttempts driven;
  for (const auto id : ids) driven.emplace(key(id), std::nullopt);
  return driven;
}

TEST(Recovery, after_a_restart_every_difference_has_its_answer) {
  Observed observed;
  observed.live = {executing(1), executing(2), assigned(3)};
  observed.containers = {container(1), container(9)};
  const auto plan = plan_recovery(observed, {});
  ASSERT_EQ(plan.adopt.size(), 1u);
  EXPECT_EQ(plan.adopt[0].job.id, JobId{1});
  ASSERT_EQ(plan.vanished.size(), 1u) << "it ran, and nobody saw how it ended";
  EXPECT_EQ(plan.vanished[0].id, JobId{2});
  ASSERT_EQ(plan.begin.size(), 1u);
  EXPECT_EQ(plan.begin[0].id, JobId{3});
  EXPECT_EQ(plan.remove, std::vector{key(9)});
  EXPECT_TRUE(plan.fenced.empty());
}

TEST(Recovery, the_container_of_an_earlier_attempt_goes_and_the_live_one_begins) {
  Observed observed;
  observed.live = {assigned(1, 2)};
  observed.containers = {container(1, 1)};
  const auto plan = plan_recovery(observed, {});
  EXPECT_EQ(plan.remove, std::vector{key(1, 1)});
  ASSERT_EQ(plan.begin.size(), 1u);
}

TEST(Recovery, what_is_driven_is_left_alone) {
  Observed observed;
  observed.live = {executing(1)};
  observed.containers = {container(1)};
  observed.driven_before = observed.driven = driven({1});
  const auto plan = plan_recovery(observed, {});
  EXPECT_TRUE(plan.adopt.empty() && plan.begin.empty() && plan.vanished.empty() && plan.remove.empty() &&
              plan.fenced.empty());
}

TEST(Recovery, an_abort_whose_word_was_lost_is_found_in_the_record) {
  Observed observed;
  observed.live = {executing(1), executing(2)};
  observed.live[1].abort_requested_at = WallTime{};
  observed.driven_before = observed.driven = driven({1, 2});
  EXPECT_EQ(plan_recovery(observed, {}).driven, observed.live);
}

TEST(Recovery, a_driven_attempt_is_told_that_its_container_has_ended) {
  Observed observed;
  observed.live = {executing(1), executing(2)};
  observed.containers = {container(1), container(2)};
  observed.containers[0].phase = ContainerView::Phase::exited;
  observed.containers[1].phase = ContainerView::Phase::running;
  observed.driven_before = observed.driven = driven({1, 2});
  const auto plan = plan_recovery(observed, {});
  ASSERT_EQ(plan.exited.size(), 1u);
  EXPECT_EQ(plan.exited[0].attempt, key(1));
}

TEST(Recovery, a_driven_attempt_whose_record_moved_on_is_looked_at) {
  Observed observed;
  observed.driven_before = observed.driven = driven({1});
  EXPECT_EQ(plan_recovery(observed, {}).fenced, std::vector{key(1)});
}

TEST(Recovery, an_attempt_that_began_while_the_records_were_read_is_not_lost) {
  Observed observed;
  observed.driven = driven({1});
  observed.containers = {container(1)};
  const auto plan = plan_recovery(observed, {});
  EXPECT_TRUE(plan.fenced.empty());
  EXPECT_TRUE(plan.remove.empty());
}

// nomad#5945: finished jobs run again after a restart of the agent.
TEST(Recovery, an_attempt_that_ended_while_the_records_were_read_is_not_begun_again) {
  Observed observed;
  observed.live = {executing(1), assigned(2)};
  EndedAttempts ended;
  ended.add(key(1), std::nullopt, lifecycle::Outcome{});
  ended.add(key(2), std::nullopt, std::nullopt);
  const auto plan = plan_recovery(observed, ended);
  EXPECT_TRUE(plan.vanished.empty());
  EXPECT_TRUE(plan.begin.empty());
  EXPECT_TRUE(plan.forgotten.empty());
}

// A failover that lost acknowledged writes: the records say what they said before, and numbers are given
// anew.
class RecoveryAfterTheStoreWentBack : public testing::Test {
 protected:
  static constexpr WallTime first{1'000};
  static constexpr WallTime second{2'000};

  static Job at(Job job, WallTime scheduled_at) {
    job.scheduled_at = scheduled_at;
    return job;
  }

  EndedAttempts ended_;
  Observed observed_;
};

TEST_F(RecoveryAfterTheStoreWentBack, an_ending_that_it_had_acknowledged_is_told_again) {
  lifecycle::Outcome failure;
  failure.cause = Cause::exit;
  failure.exit_code = 3;
  ended_.add(key(1), first, failure);
  ended_.add(key(2), first, failure);
  observed_.ended_before = ended_.count();
  observed_.live = {at(executing(1), first), at(assigned(2), first)};
  const auto plan = plan_recovery(observed_, ended_);
  ASSERT_EQ(plan.forgotten.size(), 2u);
  EXPECT_EQ(plan.forgotten[0].outcome.exit_code, 3);
  EXPECT_TRUE(plan.vanished.empty() && plan.begin.empty());
}

TEST_F(RecoveryAfterTheStoreWentBack, a_number_that_was_driven_here_is_given_back) {
  ended_.add(key(1), first, lifecycle::Outcome{});
  ended_.add(key(2), first, std::nullopt);
  ended_.add(key(3), first, std::nullopt);
  observed_.ended_before = ended_.count();
  observed_.live = {at(assigned(1), second), at(executing(2), second), at(assigned(3), first)};
  observed_.containers = {container(1)};
  const auto plan = plan_recovery(observed_, ended_);
  EXPECT_EQ(plan.reused, observed_.live);
  EXPECT_TRUE(plan.begin.empty() && plan.adopt.empty() && plan.vanished.empty());
}

TEST_F(RecoveryAfterTheStoreWentBack, what_is_driven_under_a_number_given_anew_goes_first) {
  observed_.driven_before = observed_.driven = {{key(1), first}};
  observed_.live = {at(assigned(1), second)};
  observed_.containers = {container(1)};
  const auto plan = plan_recovery(observed_, ended_);
  EXPECT_EQ(plan.fenced, std::vector{key(1)});
  EXPECT_TRUE(plan.begin.empty() && plan.adopt.empty() && plan.remove.empty());
}

TEST(EndedAttempts, remember_the_last_ones_whatever_their_keys) {
  EndedAttempts ended;
  ended.add(key(1), std::nullopt, std::nullopt);
  for (std::size_t i = 1; i < limits::attempts_remembered; ++i) ended.add(key(2), std::nullopt, std::nullopt);
  EXPECT_TRUE(ended.find(key(1)));
  ended.add(key(1), std::nullopt, std::nullopt);
  EXPECT_TRUE(ended.find(key(1))) << "the first entry has gone, not the newer one";
  for (std::size_t i = 0; i < limits::attempts_remembered; ++i) ended.add(key(2), std::nullopt, std::nullopt);
  EXPECT_FALSE(ended.find(key(1)));
  EXPECT_TRUE(ended.find(key(2)));
}

}  // namespace
}  // namespace berth
