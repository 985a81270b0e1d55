#include "cli/resolve.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace berth::cli {
namespace {

Task<Result<std::vector<JobId>>> newest_job(Client& client) {
  JobFilter all;
  auto page = co_await client.jobs(std::move(all), 1, std::nullopt);
  if (!page) co_return page.error();
  if (page->jobs.empty())
    co_return Error{ErrorKind::not_found, "there are no jobs yet: start one with `berth run`"};
  std::vector<JobId> ids;
  ids.push_back(page->jobs.front().job.id);
  co_return ids;
}

Task<Result<std::vector<JobId>>> jobs_named(Client& client, std::string name) {
  std::vector<JobId> ids;
  std::optional<std::string> cursor;
  do {
    JobFilter filter;
    filter.name = name;
    auto page = co_await client.jobs(std::move(filter), limits::max_page, cursor);
    if (!page) co_return page.error();
    for (const auto& record : page->jobs) ids.push_back(record.job.id);
    cursor = std::move(page->next);
  } while (cursor);
  if (ids.empty()) co_return Error{ErrorKind::not_found, "no job is named \"" + name + "\""};
  std::reverse(ids.begin(), ids.end());
  co_return ids;
}

}  // namespace

Result<std::vector<JobReference>> parse_job_references(const std::vector<std::string>& texts) {
  std::vector<JobReference> references;
  for (const auto& text : texts) {
    auto reference = parse_job_reference(text);
    if (!reference) return reference.error();
    references.push_back(std::move(*reference));
  }
  return references;
}

Task<Result<std::vector<JobId>>> resolve(Client& client, std::vector<JobReference> references) {
  std::vector<JobId> result;
  std::unordered_set<JobId> seen;
  for (auto& reference : references) {
    Result<std::vector<JobId>> ids = std::vector<JobId>{};
    if (auto* list = std::get_if<std::vector<JobId>>(&reference)) {
      ids = std::move(*list);
    } else if (auto* named = std::get_if<JobsNamed>(&reference)) {
      ids = co_await jobs_named(client, named->name);
    } else {
      ids = co_await newest_job(client);
    }
    if (!ids) co_return ids.error();
    for (const auto id : *ids) {
      if (seen.insert(id).second) result.push_back(id);
    }
  }
  co_return result;
}

}  // namespace berth::cli
