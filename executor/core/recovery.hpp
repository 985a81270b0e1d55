// What to do about every difference between the store's records and the containers that are really there.
// Used when an executor starts, and again every limits::reconcile_period, so that nothing waits on a message
// alone. Pure.
#pragma once

#include "executor/core/container_view.hpp"
#include "executor/core/ended_attempts.hpp"
#include "shared/model/job.hpp"

#include <map>
#include <optional>
#include <vector>

namespace berth {

// Attempts that this process drives, and when each was assigned.
using DrivenAttempts = std::map<AttemptKey, std::optional<WallTime>>;

// What was looked at, in this order: the attempts driven and ended, then the containers, then the store's
// live records, then the attempts driven again. An attempt that comes or goes while the others are being read
// is then never taken for lost.
struct Observed {
  DrivenAttempts driven_before;
  std::uint64_t ended_before = 0;         // EndedAttempts::count()
  std::vector<ContainerView> containers;  // of this executor, in whatever state
  std::vector<Job> live;                  // records that hold resources here
  DrivenAttempts driven;
};

struct RecoveryPlan {
  struct Adoption {
    Job job;
    ContainerView container;
  };
  std::vector<Adoption> adopt;  // live record, container there: go on with it
  struct Forgotten {
    Job job;
    lifecycle::Outcome outcome;
  };
  std::vector<Forgotten> forgotten;  // has ended so, and the store went back to before that: tell it again
  std::vector<Job> reused;           // of a number that was driven here: give it back
  std::vector<Job> begin;            // live record that never ran, no container: begin
  std::vector<Job> vanished;       // record says RUNNING, no container: EXIT_UNKNOWN, never blindly run again
  std::vector<AttemptKey> remove;  // container without a live attempt
  std::vector<Job>
      driven;  // live records of what is driven: an abort may not have come, a start be forgotten
  std::vector<AttemptKey> fenced;     // driven, but its record may have moved on
  std::vector<ContainerView> exited;  // driven, and its container has ended: a wait for that may hang
};

RecoveryPlan plan_recovery(const Observed& observed, const EndedAttempts& ended);

}  // namespace berth
