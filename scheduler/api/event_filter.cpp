#include "scheduler/api/event_filter.hpp"

#include "shared/base/limits.hpp"

#include <algorithm>

namespace berth::api {
namespace {

// "7" or "40-45".
std::optional<JobRange> parse_range(std::string_view text) {
  const auto dash = text.find('-');
  const auto first = parse_job_id(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : parse_job_id(text.substr(dash + 1));
  if (!first || !last || *last < *first) return std::nullopt;
  return JobRange{*first, *last};
}

std::vector<JobRange> parse_ranges(Query& query) {
  std::vector<JobRange> ranges;
  for (const auto& part : query.list("job")) {
    if (const auto range = parse_range(part)) {
      ranges.push_back(*range);
    } else {
      query.fail("job",
                 "must be ids (7), ranges that go upward (40-45) or a list of them, got \"" + part + '"');
    }
  }
  if (ranges.size() > limits::max_job_ranges) {
    query.fail("job", "names more than " + std::to_string(limits::max_job_ranges) +
                          " jobs and ranges: name fewer, or filter what comes");
  }
  return ranges;
}

}  // namespace

bool EventFilter::matches(const Event& event) const {
  const auto holds = [&](const JobRange& range) {
    return range.first <= *event.job && *event.job <= range.last;
  };
  if (!jobs.empty() && (!event.job || std::none_of(jobs.begin(), jobs.end(), holds))) return false;
  if (statuses.empty()) return true;
  return event.status && std::find(statuses.begin(), statuses.end(), *event.status) != statuses.end();
}

EventFilter parse_event_filter(Query& query) {
  EventFilter filter;
  filter.jobs = parse_ranges(query);
  filter.statuses = parse_statuses(query);
  return filter;
}

}  // namespace berth::api
