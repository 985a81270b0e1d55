// A machine is given up only when something silenced it for its lease: not because the wall clock stepped,
// Redis or a scheduler was away, or somebody killed a job.
#include "tests/chaos/checker_checks.hpp"

#include <fmt/core.h>

#include <string>

namespace berth::chaos {
namespace {

// How much less than a lease may lie between a fault's beginning and its end: what was killed has to come
// back.
constexpr Seconds on_its_way = 10;

// Who wrote that the attempt is over.
std::string teller(const Facts& facts, const Job& job, const Attempt& attempt) {
  const auto events = facts.events.find(job.id.value);
  if (events == facts.events.end()) return {};
  bool has_held = false;
  for (const auto* event : events->second) {
    if (event->attempt != attempt.number) continue;
    if (has_held && !holds_resources(*event)) return event->actor;
    has_held |= holds_resources(*event);
  }
  return {};
}

// An executor says itself that something was lost: containers whose lease ended while Redis or Docker was
// away. The leader may do that only to one that was silent for its lease; and not while Redis is, when all
// are.
bool explains(const Facts& facts, const Fault& fault, bool is_by_leader) {
  if (fault.kind == "clock-step" || fault.kind == "kill-init" || fault.kind == "redis-oom") return false;
  if (!is_by_leader) return true;
  const bool is_only_docker = fault.kind.ends_with("-docker") && fault.kind != "kill-executor-and-docker";
  const auto length = fault.ended - fault.began + facts.history.run.patience * on_its_way;
  return fault.target != "redis" && !is_only_docker && length >= facts.history.run.lease;
}

void check_attempt(const Facts& facts, const Job& job, const Attempt& attempt, Verdict& verdict) {
  verdict.looked_for(Wrong::false_loss);
  if (attempt.cause != Cause::executor_lost) return;
  const bool is_by_leader = teller(facts, job, attempt).starts_with("scheduler/");
  const auto counts = [&](const Fault& fault) { return explains(facts, fault, is_by_leader); };
  const auto reasons =
      facts.disturbances(attempt.executor, facts.span_of_attempt(job.id.value, attempt.number), counts);
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
