// G11: after the fault heals, a leader in 5 s, and a job that fits begins in 30 s; a machine that is cut off
// is decided about in 20 s.
#include "tests/chaos/checker_checks.hpp"

#include <fmt/core.h>

#include <limits>

namespace berth::chaos {
namespace {

constexpr Seconds leader_in = 5;
constexpr Seconds decided_in = 20;
constexpr Seconds moved_in = 30;
constexpr Seconds never = std::numeric_limits<Seconds>::infinity();

void compare(const Recovery& recovery, Wrong wrong, Seconds time, Seconds limit, Verdict& verdict) {
  verdict.looked_for(wrong);
  if (time <= limit) return;
  verdict.found(wrong, fmt::format("after {} of {}, healed at {}: {}, and {} are promised", recovery.kind,
                                   recovery.target, in_seconds(recovery.healed),
                                   time == never ? "never" : in_seconds(time), in_seconds(limit)));
}

}  // namespace

void check_recovery(const Facts& facts, Verdict& verdict) {
  const auto patience = facts.history.run.patience;
  for (const auto& recovery : facts.history.recoveries) {
    auto& times = verdict.recovery[recovery.kind];
    times.leader.push_back(recovery.leader.value_or(never));
    times.moved.push_back(recovery.moved.value_or(never));
    compare(recovery, Wrong::slow_leader, times.leader.back(), patience * leader_in, verdict);
    compare(recovery, Wrong::slow_move, times.moved.back(), patience * moved_in, verdict);
    if (!recovery.decided) continue;
    times.decided.push_back(*recovery.decided);
    compare(recovery, Wrong::slow_loss, *recovery.decided, patience * decided_in, verdict);
  }
}

}  // namespace berth::chaos
