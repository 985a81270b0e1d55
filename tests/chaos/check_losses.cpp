// A machine is given up only when something happened to it, or to the Redis that its heartbeats go to: not
// because the wall clock stepped, a scheduler died, or somebody killed a job.
#include "tests/chaos/checker_checks.hpp"

#include <fmt/core.h>

namespace berth::chaos {
namespace {

bool can_silence(const Fault& fault) {
  return fault.kind != "clock-step" && fault.kind != "kill-init" && fault.kind != "redis-oom";
}

void check_attempt(const Facts& facts, const Job& job, const Attempt& attempt, Verdict& verdict) {
  verdict.looked_for(Wrong::false_loss);
  if (attempt.cause != Cause::executor_lost) return;
  const auto reasons =
      facts.disturbances(attempt.executor, facts.span_of_attempt(job.id.value, attempt.number), can_silence);
  for (const auto& reason : reasons) ++verdict.losses[reason];
  if (!reasons.empty()) return;
  ++verdict.losses["nothing"];
  verdict.found(Wrong::false_loss, fmt::format("{}: EXECUTOR_LOST, and nothing had happened to {}: {}",
                                               name_of_attempt(job.id.value, attempt.number),
                                               attempt.executor, attempt.message));
}

}  // namespace

void check_losses(const Facts& facts, Verdict& verdict) {
  for (const auto& [id, job] : facts.jobs) {
    for (const auto& attempt : job->attempts) check_attempt(facts, *job, attempt, verdict);
  }
}

}  // namespace berth::chaos
