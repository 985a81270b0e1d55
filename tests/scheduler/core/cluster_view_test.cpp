// What the leader knows of the cluster: from records, from events that tell less, and how long its jobs have
// waited.
#include "scheduler/core/cluster_view.hpp"

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

// --- events
// ----------------------------------------------------------------------------------------------------------

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

}  // namespace
}  // namespace berth
