// G4: at most one live attempt. G5: again when a machine is lost, but not when it mustn't, nor too often.
#include "shared/base/limits.hpp"
#include "tests/chaos/checker_checks.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace berth::chaos {
namespace {

void compare_lives(std::uint64_t job, const Life& one, const Life& other, Verdict& verdict) {
  const auto& earlier = one.first <= other.first ? one : other;
  const auto& later = one.first <= other.first ? other : one;
  if (earlier.last < later.first) return;
  const auto length = std::min(earlier.last, later.last) - later.first;
  verdict.longest_overlap = std::max(verdict.longest_overlap, length);
  verdict.found(Wrong::overlap, fmt::format("{} still lived at {}, and attempt {} had begun at {}",
                                            name_of_attempt(job, earlier.attempt), in_seconds(earlier.last),
                                            later.attempt, in_seconds(later.first)));
}

std::size_t count(const Job& job, bool (*is_such)(const Attempt&)) {
  return static_cast<std::size_t>(std::count_if(job.attempts.begin(), job.attempts.end(), is_such));
}

bool is_infrastructure_failure(const Attempt& attempt) {
  return attempt.cause == Cause::executor_lost || attempt.cause == Cause::image_pull;
}

// After an attempt whose machine was lost there is no other, and none after one that began and whose end is
// anything but the job's own doing.
void check_at_most_once(const Facts& facts, const Job& job, Verdict& verdict) {
  for (const auto& attempt : job.attempts) {
    if (attempt.number == job.attempts.back().number || is_own_failure(attempt)) continue;
    const bool has_begun = facts.life(job.id.value, attempt.number) != nullptr;
    if (has_begun || attempt.cause == Cause::executor_lost)
      verdict.found(Wrong::run_again, fmt::format("{} ended with {}, and another began: at_most_once",
                                                  name_of_attempt(job.id.value, attempt.number),
                                                  attempt.cause ? to_string(*attempt.cause) : "nothing"));
  }
}

void check_retries(const Job& job, Verdict& verdict) {
  const auto own = count(job, is_own_failure);
  const auto infrastructure = count(job, is_infrastructure_failure);
  const std::size_t most_own = job.definition.retries.max + 1;
  constexpr std::size_t most_infrastructure = limits::infrastructure_retries + 1;
  if (own > most_own || infrastructure > most_infrastructure)
    verdict.found(
        Wrong::run_again,
        fmt::format("{} failed {} times by itself (at most {}) and {} times by its machines (at most {})",
                    name_of_job(job.id.value), own, most_own, infrastructure, most_infrastructure));
  if (job.status != JobStatus::failed || job.attempts.empty()) return;
  const auto& last = job.attempts.back();
  const bool own_left = is_own_failure(last) && own < most_own;
  const bool others_left = is_infrastructure_failure(last) && infrastructure < most_infrastructure &&
                           !(job.definition.at_most_once && last.cause == Cause::executor_lost);
  if (own_left || others_left)
    verdict.found(Wrong::gave_up,
                  fmt::format("{} is FAILED after {} failures of its own and {} of its machines",
                              name_of_job(job.id.value), own, infrastructure));
}

}  // namespace

void check_lives(const Facts& facts, Verdict& verdict) {
  for (const auto& [job, lives] : facts.lives) {
    verdict.looked_for(Wrong::overlap, lives.size());
    for (auto one = lives.begin(); one != lives.end(); ++one) {
      for (auto other = std::next(one); other != lives.end(); ++other)
        compare_lives(job, *one, *other, verdict);
    }
  }
}

void check_repetition(const Facts& facts, Verdict& verdict) {
  for (const auto& [job, lives] : facts.lives) {
    for (const auto& life : lives) {
      verdict.looked_for(Wrong::run_again);
      if (life.begins > 1)
        verdict.found(Wrong::run_again,
                      fmt::format("{} began {} times", name_of_attempt(job, life.attempt), life.begins));
    }
  }
  for (const auto& [id, job] : facts.jobs) {
    verdict.looked_for(Wrong::gave_up);
    if (job->definition.at_most_once) check_at_most_once(facts, *job, verdict);
    check_retries(*job, verdict);
  }
}

}  // namespace berth::chaos
