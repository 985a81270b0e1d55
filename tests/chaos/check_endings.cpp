// G3: one ending, for ever; and that every job has one.
#include "tests/chaos/checker_checks.hpp"

#include <fmt/core.h>

namespace berth::chaos {
namespace {

std::string name_of_event(const Event& event) { return fmt::format("event {} ({})", event.seq, event.type); }

void check_events(std::uint64_t job, const std::vector<const Event*>& events, Verdict& verdict) {
  const Event* ending = nullptr;
  for (const auto* event : events) {
    if (!event->status) continue;
    if (ending != nullptr)
      verdict.found(Wrong::second_ending, name_of_job(job) + " had ended with " + name_of_event(*ending) +
                                              ", and then came " + name_of_event(*event));
    if (ending == nullptr && is_terminal(*event->status)) ending = event;
  }
}

// The record is as the last event left it. While a job lives, it may have moved on between the two readings.
void compare_record(const Job& job, const std::vector<const Event*>& events, Verdict& verdict) {
  const auto& last = *events.back();
  const bool has_ended = is_terminal(job.status) || (last.status && is_terminal(*last.status));
  if (!has_ended) return;
  if (job.status == last.status && job.cause == last.cause && job.attempt == last.attempt &&
      job.version == last.version)
    return;
  verdict.found(Wrong::second_ending,
                fmt::format("{} is {}, version {}; its {} said {}, version {}", name_of_job(job.id.value),
                            to_string(job.status), job.version, name_of_event(last),
                            last.status ? to_string(*last.status) : "nothing", last.version));
}

void check_end(const Job& job, Verdict& verdict) {
  verdict.looked_for(Wrong::stuck);
  if (is_terminal(job.status)) return;
  verdict.found(Wrong::stuck, fmt::format("{} is {} {} since attempt {}: {}", name_of_job(job.id.value),
                                          to_string(job.status), job.reason ? to_string(*job.reason) : "",
                                          job.attempt, job.message));
}

}  // namespace

void check_endings(const Facts& facts, Verdict& verdict) {
  for (const auto& [id, events] : facts.events) {
    verdict.looked_for(Wrong::second_ending);
    check_events(id, events, verdict);
    const auto job = facts.jobs.find(id);
    if (job != facts.jobs.end()) compare_record(*job->second, events, verdict);
  }
  for (const auto& [id, job] : facts.jobs) check_end(*job, verdict);
}

}  // namespace berth::chaos
