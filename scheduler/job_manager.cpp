#include "scheduler/job_manager.hpp"

#include "shared/base/guards.hpp"
#include "shared/base/limits.hpp"
#include "shared/model/job_lifecycle.hpp"

#include <algorithm>

namespace berth {
namespace {

constexpr std::size_t scan_limit = 20'000;  // records that one list request looks at
constexpr int abort_tries = 20;             // a job changes a handful of times in its life

bool matches(const Job& job, const JobFilter& filter) {
  const auto has_label = [&](const auto& wanted) {
    const auto found = job.definition.labels.find(wanted.first);
    return found != job.definition.labels.end() && found->second == wanted.second;
  };
  // The indexes are read before the records: a job may have moved on in between.
  if (!filter.statuses.empty() &&
      std::find(filter.statuses.begin(), filter.statuses.end(), job.status) == filter.statuses.end()) {
    return false;
  }
  if (filter.executor && job.executor != filter.executor) return false;
  if (filter.since && job.created_at < *filter.since) return false;
  return std::all_of(filter.labels.begin(), filter.labels.end(), has_label);
}

}  // namespace

Task<Result<Admitted>> JobManager::submit(std::vector<JobDefinition> definitions,
                                          std::optional<IdempotencyKey> key) {
  std::string actor = "api";
  if (key && !is_on(Guard::idempotency)) {
    auto unguarded = co_await submit_unguarded(std::move(definitions), key->key);
    co_return unguarded;
  }
  auto admitted = co_await store_.admit(std::move(definitions), std::move(key), std::move(actor));
  co_return admitted;
}

// The key is looked at outside of the step that stores: what peers do, and lose by.
Task<Result<Admitted>> JobManager::submit_unguarded(std::vector<JobDefinition> definitions, std::string key) {
  if (const auto known = seen_keys_.find(key); known != seen_keys_.end()) co_return known->second;
  std::string actor = "api";
  auto admitted = co_await store_.admit(std::move(definitions), std::nullopt, std::move(actor));
  if (admitted) seen_keys_.emplace(std::move(key), *admitted);
  co_return admitted;
}

Task<Result<Job>> JobManager::get(JobId id) {
  const std::vector<JobId> ids{id};
  auto found = co_await store_.jobs(ids);
  if (!found) co_return found.error();
  auto& job = found->front();
  if (!job) co_return Error{ErrorKind::not_found, "there is no job " + to_string(id)};
  co_return std::move(*job);
}

Task<Result<JobPage>> JobManager::list(JobFilter filter, std::optional<JobId> before, std::size_t limit) {
  JobPage page;
  const bool is_selective = !filter.labels.empty() || filter.executor || filter.since;
  JobQuery query;
  query.statuses = filter.statuses;
  query.name = filter.name;
  query.before = before;
  query.limit = is_selective ? limits::max_page : limit + 1;
  for (std::size_t scanned = 0; scanned < scan_limit;) {
    const auto ids = co_await store_.find_jobs(query);
    if (!ids) co_return ids.error();
    auto jobs = co_await store_.jobs(*ids);
    if (!jobs) co_return jobs.error();
    for (std::size_t i = 0; i < ids->size(); ++i) {
      auto& job = (*jobs)[i];
      if (!job || !matches(*job, filter)) continue;
      if (page.jobs.size() == limit) {
        page.next = page.jobs.back().id;
        co_return page;
      }
      page.jobs.push_back(std::move(*job));
    }
    // Ids fall from page to page, so that created_at does too.
    const bool is_before_since =
        filter.since && !jobs->empty() && jobs->back() && jobs->back()->created_at < *filter.since;
    if (ids->size() < query.limit || is_before_since) {
      page.next.reset();  // the end
      co_return page;
    }
    query.before = ids->back();
    scanned += ids->size();
  }
  page.next = query.before;  // enough was looked at for one request
  co_return page;
}

Task<Result<Job>> JobManager::abort(JobId id, std::string message) {
  for (int tries = 0; tries < abort_tries; ++tries) {
    auto job = co_await get(id);
    if (!job || is_terminal(job->status) || job->abort_requested_at) co_return job;
    const lifecycle::Event event = lifecycle::AbortRequested{message};
    auto after = lifecycle::apply(*job, event, clock_.wall());
    if (!after) co_return after.error();
    std::vector<Change> changes;
    changes.push_back({*job, *after, lifecycle::feed_type(event, *after), "api"});
    const auto results = co_await store_.transition(std::move(changes), std::nullopt);
    if (!results) co_return results.error();
    if (results->front().outcome == Changed::Outcome::done) {
      after->version = results->front().version;
      co_return after;
    }
  }
  co_return Error{ErrorKind::conflict, "job " + to_string(id) + " keeps changing; ask again"};
}

}  // namespace berth
