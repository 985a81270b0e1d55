// What the leader knows of the cluster: from records, from events that tell less, and how long its jobs have
// waited.
#include "scheduler/core/cluster_view.hpp"

#include "shared/base/limits.hpp"
#include "shared/model/job_lifecycle.hpp"

#include <gtest/gtest.h>

namespace berth {
namespace {

using namespace std::chrono_literals;

Job queued(std::uint64_t id) {
  Job job;
  job.id = JobId{id};
  job.definition.image = "x";
  job.reason = Reason::queued;
  job.version = 1;
  return job;
}

Job after(Job job, const lifecycle::Event& event, WallTime now = {}) {
  auto changed = lifecycle::apply(job, event, now).value();
  ++changed.version;
  return changed;
}

Event event_of(const Job& job) {
  Event event;
  event.job = job.id;
  event.status = job.status;
  event.reason = job.reason;
  event.attempt = job.attempt;
  event.version = job.version;
  return event;
}

// --- events ---

// An event has no attempts[]: a change written from what it left of the record would lose when the process
// started.
TEST(ClusterView,
     a_record_that_an_event_has_moved_on_keeps_its_version_so_that_no_change_is_written_from_it) {
  ClusterView view;
  const auto assigned = after(queued(1), lifecycle::Assigned{"m1"});
  const auto running = after(after(assigned, lifecycle::Starting{}), lifecycle::Started{WallTime{7}});
  view.put(assigned);
  auto starting = assigned;
  starting.reason = Reason::starting;
  ++starting.version;
  EXPECT_TRUE(view.absorb(event_of(starting)));
  EXPECT_TRUE(view.absorb(event_of(running)));
  EXPECT_EQ(view.find({1})->status, JobStatus::running);
  EXPECT_EQ(view.find({1})->version, assigned.version);
  EXPECT_TRUE(view.absorb(event_of(starting))) << "an older event changes nothing";
  EXPECT_EQ(view.find({1})->status, JobStatus::running);

  view.put(assigned);  // a read that was overtaken
  EXPECT_EQ(view.find({1})->status, JobStatus::running);
  view.put(running);
  EXPECT_EQ(*view.find({1}), running);
  EXPECT_EQ(view.check_invariants(), "");
}

// --- waiting ---

class Waiting : public ::testing::Test {
 protected:
  // Time passes.
  void advance(Milliseconds span) {
    now.wall = now.wall + span;
    now.monotonic += span;
    view.tell_time(now);
  }
  // A job whose first attempt has ended, and is to be repeated in a second. Its executor's clock is off by
  // `skew`.
  Job in_backoff(std::uint64_t id, Milliseconds skew) const {
    auto job = queued(id);
    job.definition.retries.max = 3;
    job.definition.retries.backoff = 1s;
    lifecycle::Outcome failed;
    failed.cause = Cause::exit;
    failed.exit_code = 1;
    failed.finished_at = now.wall + skew;
    return after(after(job, lifecycle::Assigned{"m1"}), lifecycle::AttemptEnded{failed});
  }
  Job impatient(std::uint64_t id, Milliseconds skew) const {
    auto job = queued(id);
    job.created_at = now.wall + skew;
    job.definition.queue_timeout = 10s;
    return job;
  }
  std::vector<std::uint64_t> due(std::size_t limit = 100) const {
    std::vector<std::uint64_t> ids;
    for (const auto& entry : view.due(limit)) ids.push_back(entry.job.value);
    return ids;
  }

  ClusterView view;
  ClusterView::Now now{WallTime{1'700'000'000'000}, Monotonic{} + 1h};
  Waiting() { view.tell_time(now); }
};

TEST_F(Waiting, a_backoff_lasts_as_long_as_it_should_whatever_the_executors_clock_says) {
  view.put(in_backoff(1, -1h));
  view.put(in_backoff(2, 1h));
  EXPECT_EQ(view.next_due(), now.monotonic + 1s);
  EXPECT_EQ(due(), std::vector<std::uint64_t>{});
  advance(1s);
  EXPECT_EQ(due(), (std::vector<std::uint64_t>{1, 2}));
  EXPECT_TRUE(view.due(1).front().backoff_is_over);
}

TEST_F(Waiting, a_queue_timeout_is_immune_to_clocks_too_and_to_steps_of_our_own) {
  view.put(impatient(1, -1h));
  view.put(impatient(2, 1h));
  now.wall = now.wall + 24h;
  advance(9s);
  EXPECT_EQ(due(), std::vector<std::uint64_t>{});
  advance(1s);
  EXPECT_EQ(due(), (std::vector<std::uint64_t>{1, 2}));
  EXPECT_FALSE(view.due(1).front().backoff_is_over);
}

TEST_F(Waiting, a_change_on_the_way_does_not_start_the_wait_anew) {
  const auto job = impatient(1, 0s);
  view.put(job);
  advance(9s);
  view.put(after(job, lifecycle::Unsatisfiable{"too large"}));
  advance(1s);
  EXPECT_EQ(due(), std::vector<std::uint64_t>{1});
}

TEST_F(Waiting, the_wait_for_a_place_begins_again_with_each_attempt) {
  auto job = impatient(1, 0s);
  view.put(job);
  advance(9s);
  job = after(job, lifecycle::Assigned{"m1"});
  view.put(job);
  EXPECT_EQ(view.next_due(), std::nullopt) << "it doesn't wait";
  advance(9s);
  view.put(after(job, lifecycle::ExecutorLost{"silent"}, now.wall));
  advance(9s);
  ASSERT_EQ(due(), std::vector<std::uint64_t>{1});
  EXPECT_TRUE(view.due(1).front().backoff_is_over);
}

TEST_F(Waiting, to_a_new_leader_the_records_instants_may_shorten_a_wait_and_never_lengthen_it) {
  view.put(impatient(1, -4s), ClusterView::Learned::found);
  view.put(impatient(2, 1h), ClusterView::Learned::found);
  view.put(impatient(3, -1h), ClusterView::Learned::found);
  EXPECT_EQ(due(), std::vector<std::uint64_t>{3});
  advance(6s);
  EXPECT_EQ(due(), (std::vector<std::uint64_t>{3, 1}));
  advance(4s);
  EXPECT_EQ(due(), (std::vector<std::uint64_t>{3, 1, 2}));
}

TEST_F(Waiting, a_view_that_starts_over_still_knows_how_long_it_has_seen_its_jobs_wait) {
  const auto early = impatient(1, -1h);
  view.put(early);
  advance(4s);
  view.start_over();
  EXPECT_EQ(view.find({1}), nullptr);
  view.start_over();  // the store went away before the job was read
  view.tell_time(now);
  view.put(early, ClusterView::Learned::found);
  EXPECT_EQ(view.next_due(), now.monotonic + 6s);
}

// The leader's sweep reads records again whether they have changed or not, and every verdict is a change.
TEST_F(Waiting, a_job_has_waited_for_room_no_less_when_its_record_is_read_again_or_its_verdict_changes) {
  auto job = queued(1);
  view.put(job);
  const auto since = now.monotonic;
  advance(61s);
  view.put(job);
  EXPECT_EQ(view.queue().since({1}), since);
  job = after(job, lifecycle::Unsatisfiable{"too large"});
  view.put(job);
  advance(1s);
  view.put(after(job, lifecycle::Satisfiable{}));
  EXPECT_EQ(view.queue().since({1}), since);
  view.start_over();
  view.tell_time(now);
  view.put(after(job, lifecycle::Satisfiable{}), ClusterView::Learned::found);
  EXPECT_EQ(view.queue().since({1}), since) << "nor when the leader reads everything again";
  EXPECT_EQ(view.check_invariants(), "");
}

TEST_F(Waiting, to_a_new_leader_a_job_has_waited_as_its_record_says_and_no_longer_than_counts) {
  view.put(impatient(1, -20s), ClusterView::Learned::found);
  view.put(impatient(2, -24h), ClusterView::Learned::found);
  view.put(impatient(3, 1h), ClusterView::Learned::found);
  EXPECT_EQ(view.queue().since({1}), now.monotonic - 20s);
  EXPECT_EQ(view.queue().since({2}), now.monotonic - limits::reserve_after);
  EXPECT_EQ(view.queue().since({3}), now.monotonic);
}

TEST_F(Waiting, a_job_whose_backoff_is_over_begins_to_wait_for_room) {
  const auto job = in_backoff(1, 0s);
  view.put(job);
  EXPECT_FALSE(view.queue().contains({1}));
  advance(1s);
  view.put(after(job, lifecycle::BackoffElapsed{}));
  EXPECT_EQ(view.queue().since({1}), now.monotonic);
  EXPECT_EQ(view.check_invariants(), "");
}

TEST_F(Waiting, a_pass_takes_so_many_and_the_longest_due_first) {
  for (std::uint64_t id = 1; id <= 10; ++id) {
    view.put(impatient(11 - id, 0s));
    advance(1ms);
  }
  advance(1h);
  EXPECT_EQ(due(3), (std::vector<std::uint64_t>{10, 9, 8}));
}

}  // namespace
}  // namespace berth
