// Coordinates the life of jobs between the API and the store.
#pragma once

#include "shared/base/result.hpp"
#include "shared/model/job.hpp"
#include "shared/runtime/async.hpp"
#include "shared/store/store.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace berth {

// Which jobs a list shows. Empty parts don't filter.
struct JobFilter {
  std::vector<JobStatus> statuses;
  std::optional<std::string> name;
  std::vector<std::pair<std::string, std::string>> labels;  // all must match
  std::optional<std::string> executor;
  std::optional<WallTime> since;  // created at or after
};

struct JobPage {
  std::vector<Job> jobs;      // newest first
  std::optional<JobId> next;  // continue below this id; absent at the end
};

class JobManager {
 public:
  JobManager(Store& store, const Clock& clock) : store_(store), clock_(clock) {}

  Task<Result<Admitted>> submit(std::vector<JobDefinition> definitions, std::optional<IdempotencyKey> key);
  // Error not_found: no such job.
  Task<Result<Job>> get(JobId id);
  // The newest `limit` jobs below `before` that match. A page may hold fewer and still have a next one: a
  // filter that matches little is answered in parts, so that no request scans the whole store.
  Task<Result<JobPage>> list(JobFilter filter, std::optional<JobId> before, std::size_t limit);
  // Asks a job to end. Idempotent: a job that has ended, or was asked before, is returned as it is.
  Task<Result<Job>> abort(JobId id, std::string message);

 private:
  Task<Result<Admitted>> submit_unguarded(std::vector<JobDefinition> definitions, std::string key);

  Store& store_;
  const Clock& clock_;
  std::map<std::string, Admitted> seen_keys_;  // only without Guard::idempotency
};

}  // namespace berth
