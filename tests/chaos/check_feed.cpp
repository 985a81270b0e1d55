// The feed tells everything once, in order, and without holes.
#include "tests/chaos/checker_checks.hpp"

#include <fmt/core.h>

namespace berth::chaos {
namespace {

void check_numbers(const Facts& facts, Verdict& verdict) {
  std::uint64_t last = 0;
  for (const auto& line : facts.history.feed) {
    if (const auto* gap = std::get_if<FeedGap>(&line)) {
      verdict.found(Wrong::feed, fmt::format("it says itself that it has nothing from event {} to {}",
                                             gap->after + 1, gap->next - 1));
      last = gap->next - 1;
      continue;
    }
    const auto seq = std::get<Event>(line).seq;
    verdict.looked_for(Wrong::feed);
    if (seq != last + 1) verdict.found(Wrong::feed, fmt::format("event {} came after event {}", seq, last));
    last = seq;
  }
}

// Every change of a job raises its version by one, and has its event.
void check_versions(std::uint64_t job, const std::vector<const Event*>& events, Verdict& verdict) {
  const Event* before = nullptr;
  for (const auto* event : events) {
    if (before != nullptr && event->version != before->version + 1)
      verdict.found(Wrong::feed,
                    fmt::format("{}: event {} makes version {}, and event {} had made {}", name_of_job(job),
                                event->seq, event->version, before->seq, before->version));
    before = event;
  }
}

void check_presence(const Facts& facts, Verdict& verdict) {
  for (const auto& [id, job] : facts.jobs) {
    if (!facts.events.contains(id)) verdict.found(Wrong::feed, "it never told of " + name_of_job(id));
  }
}

}  // namespace

void check_feed(const Facts& facts, Verdict& verdict) {
  check_numbers(facts, verdict);
  if (facts.has_gaps) return;
  for (const auto& [id, events] : facts.events) check_versions(id, events, verdict);
  check_presence(facts, verdict);
}

}  // namespace berth::chaos
