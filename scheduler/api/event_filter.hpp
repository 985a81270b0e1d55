// Which events a client wants to see: ?job=7,9,40-45&status=FAILED,ABORTED.
#pragma once

#include "scheduler/api/query.hpp"
#include "shared/model/event.hpp"

#include <vector>

namespace berth::api {

struct JobRange {
  JobId first;
  JobId last;  // included
  bool operator==(const JobRange&) const = default;
};

// Empty parts don't filter. An event that has no job, or no status, doesn't match where one is asked for.
struct EventFilter {
  std::vector<JobRange> jobs;
  std::vector<JobStatus> statuses;

  bool matches(const Event& event) const;
};

// Asks for `job` and `status`; what can't be read fails the query.
EventFilter parse_event_filter(Query& query);

}  // namespace berth::api
