// The leader's picture of the cluster: every live job, every executor, and what follows from them (who waits,
// what is free, what is due). Built from a snapshot and kept right by the event feed; it can be thrown away
// and rebuilt.
//
// How long a job has waited is timed on the clock that tell_time() brings, from when the view learns that it
// waits, and however often the same record is put again: the instants in a record were written by other
// machines, whose clocks may be wrong. Only for what is found by a new leader they are all there is: then
// they may shorten a wait, and never lengthen it.
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
  // Forgets all but how long the jobs have waited, until all_is_put(): by then every live job was put again.
  void start_over();
  void all_is_put() { earlier_waits_.clear(); }

  // How the view comes to know a record: it has just changed, or it was there before this scheduler led.
  enum class Learned { changed, found };
  // An instant as this process's two clocks show it.
  struct Now {
    WallTime wall{};
    Monotonic monotonic{};
  };
  // What has a waiting job looked at: the end of a backoff, or of its queue_timeout.
  struct Due {
    JobId job;
    bool backoff_is_over = false;  // else it has waited too long for a place
  };

  // What is put from now on is learned at this instant.
  void tell_time(Now now) { now_ = now; }
  const Now& now() const { return now_; }

  // The record as it was read or written. One that is older than what is known is ignored.
  void put(Job job, Learned how = Learned::changed);
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
  std::optional<Monotonic> next_due() const;
  // Those that are due at the told time: at most `limit`, the longest due first.
  std::vector<Due> due(std::size_t limit) const;

  // Recomputes what is derived and says what differs; empty when all is well. For tests.
  std::string check_invariants() const;

 private:
  // The waits of a job between two attempts, or before its first.
  struct Wait {
    std::uint32_t attempt = 0;                 // the last before it
    std::optional<Monotonic> placeable_since;  // it waits for room, and for nothing else
    std::optional<Monotonic> backoff_ends;
    std::optional<Monotonic> queue_ends;
    Monotonic due() const;  // never: the end of time
  };
  const Wait* known_wait(const Job& job) const;
  std::optional<Wait> wait_of(const Job& job, Learned how) const;
  Monotonic placeable_since(const Job& job, Learned how) const;
  Monotonic end_of(WallTime since, Milliseconds length, Learned how) const;

  std::uint64_t known_version(const Job& job) const;
  void index(const Job& job, const std::optional<Wait>& wait);
  void unindex(const Job& job);

  std::unordered_map<JobId, Job> jobs_;
  std::unordered_map<JobId, std::uint64_t>
      ahead_;  // version of the last event, where it is beyond the record's
  std::map<std::string, ExecutorView> executors_;  // also those that are only known from the jobs they hold
  JobQueue queue_;
  Now now_;
  std::unordered_map<JobId, Wait> waits_;          // of the jobs that hold nothing
  std::unordered_map<JobId, Wait> earlier_waits_;  // from before the view started over
  std::set<std::pair<Monotonic, JobId>> due_;      // of the jobs that must be looked at some day
};

// Whether a place may be found for it.
bool is_placeable(const Job& job);

}  // namespace berth
