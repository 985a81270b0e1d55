// What an executor does about differences between the records and the containers that it finds.
#include "executor/core/recovery.hpp"

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
  observed.driven_before = observed.driven = {key(1)};
  const auto plan = plan_recovery(observed, {});
  EXPECT_TRUE(plan.adopt.empty() && plan.begin.empty() && plan.vanished.empty() && plan.remove.empty() &&
              plan.fenced.empty());
}

TEST(Recovery, an_abort_whose_word_was_lost_is_found_in_the_record) {
  Observed observed;
  observed.live = {executing(1), executing(2)};
  observed.live[1].abort_requested_at = WallTime{};
  observed.driven_before = observed.driven = {key(1), key(2)};
  const auto plan = plan_recovery(observed, {});
  ASSERT_EQ(plan.aborted.size(), 1u);
  EXPECT_EQ(plan.aborted[0].id, JobId{2});
}

TEST(Recovery, a_driven_attempt_is_told_that_its_container_has_ended) {
  Observed observed;
  observed.live = {executing(1), executing(2)};
  observed.containers = {container(1), container(2)};
  observed.containers[0].phase = ContainerView::Phase::exited;
  observed.containers[1].phase = ContainerView::Phase::running;
  observed.driven_before = observed.driven = {key(1), key(2)};
  const auto plan = plan_recovery(observed, {});
  ASSERT_EQ(plan.exited.size(), 1u);
  EXPECT_EQ(plan.exited[0].attempt, key(1));
}

TEST(Recovery, a_driven_attempt_whose_record_moved_on_is_looked_at) {
  Observed observed;
  observed.driven_before = observed.driven = {key(1)};
  EXPECT_EQ(plan_recovery(observed, {}).fenced, std::vector{key(1)});
}

TEST(Recovery, an_attempt_that_began_while_the_records_were_read_is_not_lost) {
  Observed observed;
  observed.driven = {key(1)};
  observed.containers = {container(1)};
  const auto plan = plan_recovery(observed, {});
  EXPECT_TRUE(plan.fenced.empty());
  EXPECT_TRUE(plan.remove.empty());
}

// nomad#5945: finished jobs run again after a restart of the agent.
TEST(Recovery, an_attempt_that_ended_while_the_records_were_read_is_not_begun_again) {
  Observed observed;
  observed.live = {executing(1), assigned(2)};
  const auto plan = plan_recovery(observed, {key(1), key(2)});
  EXPECT_TRUE(plan.vanished.empty());
  EXPECT_TRUE(plan.begin.empty());
}

}  // namespace
}  // namespace berth
