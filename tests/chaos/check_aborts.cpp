// G8: an abort holds. Once it is acknowledged no attempt begins; the job ends ABORTED unless it had ended or
// ends well by itself, and its process is gone soon.
#include "tests/chaos/checker_checks.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>

namespace berth::chaos {
namespace {

constexpr Seconds after_grace = 5;  // promised
constexpr Seconds slack = 3;        // for a machine that is busy with being broken

// Of each job, the first that was acknowledged.
std::map<std::uint64_t, const Call*> acknowledged_aborts(const History& history) {
  std::map<std::uint64_t, const Call*> aborts;
  for (const auto& call : history.calls) {
    if (call.op != Operation::abort || call.outcome != CallOutcome::ok || !call.job) continue;
    const auto [place, is_new] = aborts.try_emplace(*call.job, &call);
    if (!is_new && call.ended < place->second->ended) place->second = &call;
  }
  return aborts;
}

// By when its process must be gone. Its executor may be cut off, and then its lease ends it; but while Docker
// itself hangs, nobody can stop a container whose lease is renewed.
Seconds must_be_gone_by(const Facts& facts, const Job& job, Seconds aborted) {
  const Seconds grace = std::chrono::duration<double>(job.definition.stop_grace).count();
  const auto& executor = job.executor.value_or("");
  const Interval span{aborted, aborted + grace + after_grace};
  const auto any = [](const Fault& fault) { return fault.kind != "clock-step"; };
  const bool is_broken = !facts.disturbances(executor, span, any).empty();
  auto from = aborted;
  for (const auto& fault : facts.history.faults) {
    const bool hangs = fault.kind.find("docker") != std::string::npos && fault.target == executor;
    if (hangs && fault.began <= span.to) from = std::max(from, fault.ended);
  }
  return from + grace + facts.history.run.patience * (after_grace + slack) +
         (is_broken ? facts.history.run.lease : 0);
}

void check_process(const Facts& facts, const Job& job, Seconds aborted, Verdict& verdict) {
  const auto found = facts.lives.find(job.id.value);
  if (found == facts.lives.end()) return;
  const auto limit = must_be_gone_by(facts, job, aborted);
  for (const auto& life : found->second) {
    // Its executor asks the store at the last moment. One that is stopped over the answer may begin it when
    // it goes on.
    if (life.first > aborted + facts.history.run.patience * slack + facts.history.run.lease)
      verdict.found(Wrong::wrong_abort,
                    fmt::format("{} began {} after its abort", name_of_attempt(job.id.value, life.attempt),
                                in_seconds(life.first - aborted)));
    if (life.last > limit)
      verdict.found(Wrong::wrong_abort, fmt::format("{} still lived {} after its abort",
                                                    name_of_attempt(job.id.value, life.attempt),
                                                    in_seconds(life.last - aborted)));
  }
}

// The order of the feed is the order of what happened: an assignment that came after the answer did is one
// that came after something which happened later than the answer.
void check_assignments(const Facts& facts, const Job& job, Seconds aborted, Verdict& verdict) {
  const auto found = facts.events.find(job.id.value);
  if (found == facts.events.end()) return;
  bool is_requested = false;
  for (const auto* event : found->second) {
    // Stopped for a person: by the API, before or in place of its end.
    is_requested |= event->actor == "api" && event->type == "job.stopping";
    if (event->type == "job.assigned" && (is_requested || facts.when(*event).from > aborted))
      verdict.found(Wrong::wrong_abort,
                    name_of_attempt(job.id.value, event->attempt) + " was assigned after its abort");
  }
}

void check_status(const Facts& facts, const Job& job, Seconds aborted, Verdict& verdict) {
  if (!is_terminal(job.status) || job.status == JobStatus::aborted) return;
  if (job.abort_requested_at) {
    // It may exit with 0 by itself before the signal comes.
    if (job.status != JobStatus::succeeded)
      verdict.found(Wrong::wrong_abort, name_of_job(job.id.value) + " was aborted, and ended " +
                                            std::string(to_string(job.status)));
    return;
  }
  // Then it must have ended before.
  const auto events = facts.events.find(job.id.value);
  if (events == facts.events.end()) return;
  for (const auto* event : events->second) {
    if (event->status && is_terminal(*event->status) && facts.when(*event).from <= aborted) return;
  }
  verdict.found(Wrong::wrong_abort,
                name_of_job(job.id.value) + " knows nothing of its abort, and had not ended before");
}

// Nobody aborts but clients, though one may never have learnt that it did.
void check_unasked(const Facts& facts, Verdict& verdict) {
  std::set<std::uint64_t> wanted;
  for (const auto& call : facts.history.calls) {
    if (call.op == Operation::abort && call.job) wanted.insert(*call.job);
  }
  for (const auto& [id, job] : facts.jobs) {
    if (job->status == JobStatus::aborted && !wanted.contains(id))
      verdict.found(Wrong::wrong_abort, name_of_job(id) + " is ABORTED, and nobody asked for it");
  }
}

}  // namespace

void check_aborts(const Facts& facts, Verdict& verdict) {
  for (const auto& [id, call] : acknowledged_aborts(facts.history)) {
    verdict.looked_for(Wrong::wrong_abort);
    const auto job = facts.jobs.find(id);
    if (job == facts.jobs.end()) continue;  // lost, which is said elsewhere
    check_process(facts, *job->second, call->ended, verdict);
    check_assignments(facts, *job->second, call->ended, verdict);
    check_status(facts, *job->second, call->ended, verdict);
  }
  check_unasked(facts, verdict);
}

}  // namespace berth::chaos
