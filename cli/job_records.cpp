#include "cli/job_records.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

namespace berth::cli {
namespace {

using Records = std::vector<std::optional<JobRecord>>;

constexpr std::uint64_t calls_a_page = 20;  // that a page costs as much as

Task<Result<Records>> read_singly(Client& client, std::vector<JobId> ids) {
  Records records;
  for (const auto id : ids) {
    auto record = co_await client.job(id);
    if (record) {
      records.emplace_back(std::move(*record));
    } else if (record.error().kind == ErrorKind::not_found) {
      records.emplace_back(std::nullopt);
    } else {
      co_return record.error();
    }
  }
  co_return records;
}

// From the newest of them down to the oldest, with whatever is in between.
Task<Result<Records>> read_pages(Client& client, std::vector<JobId> ids, JobId oldest, JobId newest) {
  std::unordered_map<JobId, std::size_t> places;
  for (std::size_t i = 0; i < ids.size(); ++i) places.emplace(ids[i], i);
  Records records(ids.size());
  const auto span = newest.value - oldest.value + 1;
  const auto limit = static_cast<std::size_t>(std::min<std::uint64_t>(span, limits::max_page));
  std::optional<std::string> cursor = std::to_string(newest.value + 1);
  bool is_past = false;
  while (cursor && !is_past) {
    JobFilter all;
    auto page = co_await client.jobs(std::move(all), limit, cursor);
    if (!page) co_return page.error();
    for (auto& record : page->jobs) {
      is_past = is_past || record.job.id <= oldest;
      const auto place = places.find(record.job.id);
      if (place != places.end()) records[place->second] = std::move(record);
    }
    cursor = std::move(page->next);
  }
  co_return records;
}

// That hold all from the oldest to the newest of them.
std::uint64_t pages_around(JobId oldest, JobId newest) {
  return (newest.value - oldest.value) / limits::max_page + 1;
}

}  // namespace

std::uint64_t cost_of_reading(const std::vector<JobId>& ids) {
  if (ids.empty()) return 0;
  const auto [oldest, newest] = std::minmax_element(ids.begin(), ids.end());
  return std::min<std::uint64_t>(ids.size(), pages_around(*oldest, *newest) * calls_a_page);
}

Task<Result<Records>> read_records(Client& client, std::vector<JobId> ids) {
  if (ids.empty()) co_return Records{};
  const auto [least, most] = std::minmax_element(ids.begin(), ids.end());
  const auto oldest = *least;
  const auto newest = *most;
  if (ids.size() <= pages_around(oldest, newest) * calls_a_page) {
    auto records = co_await read_singly(client, std::move(ids));
    co_return records;
  }
  auto records = co_await read_pages(client, std::move(ids), oldest, newest);
  co_return records;
}

Error no_such_job(JobId id) { return {ErrorKind::not_found, "there is no job " + to_string(id)}; }

}  // namespace berth::cli
