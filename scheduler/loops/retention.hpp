// Deletes what is older than the operator wants to keep: jobs that have ended, with their logs. The leader
// does it, in small batches, so that nothing waits behind it.
#pragma once

#include "scheduler/loops/leadership.hpp"
#include "scheduler/settings.hpp"
#include "shared/runtime/async.hpp"
#include "shared/store/store.hpp"

#include <array>
#include <cstdint>

namespace berth {

// How many have ended, of what Store::count_jobs() says.
std::uint64_t ended_jobs_of(const std::array<std::uint64_t, 5>& counts);

class Retention {
 public:
  Retention(Store& store, const Clock& clock, const Leadership& leadership, RetentionRules rules)
      : store_(store), clock_(clock), leadership_(leadership), rules_(rules) {}

  // Looks every limits::retention_period, while this scheduler leads, until cancelled.
  Task<> run();

  // One look: deletes whatever is over the limits now, and returns how many jobs that were.
  Task<Result<std::size_t>> clean_up(Epoch epoch);

  const RetentionRules& rules() const { return rules_; }

 private:
  Store& store_;
  const Clock& clock_;
  const Leadership& leadership_;
  RetentionRules rules_;
};

}  // namespace berth
