// What to do about every difference between the store's records and the containers that are really there.
// Used when an executor starts, and again every limits::reconcile_period, so that nothing waits on a message
// alone. Pure.
#pragma once

#include "executor/core/container_view.hpp"
#include "shared/model/job.hpp"

#include <set>
#include <unordered_set>
#include <vector>

namespace berth {

// What was looked at, in this order: the containers, then the attempts driven, then the store's live records,
// then the attempts driven again. An attempt that comes or goes while the others are being read is then never
// taken for lost.
struct Observed {
  std::vector<ContainerView> containers;  // of this executor, in whatever state
  std::set<AttemptKey> driven_before;
  std::vector<Job> live;  // records that hold resources here
  std::set<AttemptKey> driven;
};

struct RecoveryPlan {
  struct Adoption {
    Job job;
    ContainerView container;
  };
  std::vector<Adoption> adopt;     // live record, container there: go on with it
  std::vector<Job> begin;          // live record that never ran, no container: begin
  std::vector<Job> vanished;       // record says RUNNING, no container: EXIT_UNKNOWN, never blindly run again
  std::vector<AttemptKey> remove;  // container without a live attempt
  std::vector<Job> aborted;        // driven, and a person asked it to end: the word of it may have been lost
  std::vector<AttemptKey> fenced;  // driven, but its record may have moved on
  std::vector<ContainerView> exited;  // driven, and its container has ended: a wait for that may hang
};

// `ended` are attempts that this process has brought to their end: a record that was read just before still
// calls them live, and they are never begun again.
RecoveryPlan plan_recovery(const Observed& observed, const std::unordered_set<AttemptKey>& ended);

}  // namespace berth
