// The leader's picture of the cluster: every live job, every executor, and what follows from them (who waits,
// what is free, what is due). Built from a snapshot and kept right by the event feed; it can be thrown away
// and rebuilt.
//
// Invariants: a job is here exactly while it is PENDING or RUNNING; it is in the queue exactly while it could
// be placed (QUEUED or UNSATISFIABLE); what an executor has `allocated`, and which of its GPUs are held, is
// the sum over the jobs here that hold resources on it; no GPU is held by two of them.
#pragma once

#include "scheduler/core/executor_view.hpp"
#include "scheduler/core/job_queue.hpp"
#include "shared/model/event.hpp"
#include "shared/model/job.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace berth {

class ClusterView {
 public:
  // The record as it was read or written. One that is older than what is known is ignored.
  void put(Job job);
  // The job is gone from the store.
  void forget(JobId id);

  // What the feed says of a job. False when the view can't follow from the event alone: read the record, then
  // put() it. An event hasn't all of the record, so the job keeps the version of its record: a change that is
  // made from it is refused by the store, and the record read again.
  bool absorb(const Event& event);

  // Registers an executor or replaces what is known of it; what it holds is kept.
  void put_executor(ExecutorInfo info, ExecutorState state);

  const Job* find(JobId id) const;
  const std::map<std::string, ExecutorView>& executors() const { return executors_; }
  const JobQueue& queue() const { return queue_; }
  const std::unordered_map<JobId, Job>& jobs() const { return jobs_; }

  // The earliest instant at which a waiting job must be looked at: the end of a backoff or of its
  // queue_timeout.
  std::optional<WallTime> next_due() const;
  // At most `limit`, the longest due first.
  std::vector<JobId> due(WallTime now, std::size_t limit) const;

  // Recomputes what is derived and says what differs; empty when all is well. For tests.
  std::string check_invariants() const;

 private:
  std::uint64_t known_version(const Job& job) const;
  void index(const Job& job);
  void unindex(const Job& job);

  std::unordered_map<JobId, Job> jobs_;
  std::unordered_map<JobId, std::uint64_t>
      ahead_;  // version of the last event, where it is beyond the record's
  std::map<std::string, ExecutorView> executors_;  // also those that are only known from the jobs they hold
  JobQueue queue_;
  std::set<std::pair<WallTime, JobId>> due_;
};

// When a waiting job must be looked at, if ever.
std::optional<WallTime> due_at(const Job& job);

// Whether a place may be found for it.
bool is_placeable(const Job& job);

}  // namespace berth
