// Jobs: admitting, changing, reading, finding.
#include "shared/base/utf8.hpp"
#include "shared/codec/fields.hpp"
#include "shared/redis/job_writes.hpp"
#include "shared/redis/redis_store.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <functional>
#include <span>
#include <utility>

namespace berth {
namespace {

using redis::Command;
using redis::Reply;

constexpr std::array all_statuses{JobStatus::pending, JobStatus::running, JobStatus::succeeded,
                                  JobStatus::failed, JobStatus::aborted};

constexpr std::array terminal_statuses{JobStatus::succeeded, JobStatus::failed, JobStatus::aborted};

std::string upper_bound(const std::optional<JobId>& before) {
  return before ? "(" + to_string(*before) : "+inf";
}

// The newest `limit` ids of a sorted set below a bound.
Command newest(const std::string& key, const std::optional<JobId>& before, std::size_t limit) {
  Command command("ZRANGE", key, upper_bound(before), "-inf", "BYSCORE", "REV", "LIMIT", 0, limit);
  return command;
}

void append_ids(const Reply& reply, std::vector<JobId>& ids) {
  for (const Reply& member : reply.items()) {
    if (const auto id = member.number()) ids.push_back({*id});
  }
}

Result<Job> parse_job(JobId id, const std::vector<Reply>& words) {
  FieldList fields;
  fields.reserve(words.size() / 2);
  for (std::size_t i = 0; i + 1 < words.size(); i += 2)
    fields.emplace_back(words[i].text(), words[i + 1].text());
  auto job = from_fields<Job>(fields);
  if (job) job->id = id;
  return job;
}

// What stands for a record that can't be read, so that one such job holds up none of the others: visible,
// never placed, and free to be aborted. By having no created_at it is known again by its version alone.
Job unreadable_job(JobId id, const std::vector<Reply>& words, const Error& error) {
  Job job;
  job.id = id;
  for (std::size_t i = 0; i + 1 < words.size(); i += 2) {
    const auto name = words[i].text();
    const auto text = words[i + 1].text();
    if (name == "version") job.version = words[i + 1].number().value_or(0);
    if (name == "status") job.status = parse_enum<JobStatus>(text).value_or(JobStatus::pending);
  }
  if (job.status == JobStatus::running) job.reason = Reason::executing;
  if (job.status == JobStatus::pending) job.reason = Reason::held;
  const auto where = error.field.empty() ? std::string() : error.field + ": ";
  job.message = "its record can't be read: " + as_utf8(where + error.message);
  spdlog::error("job {}: {}", to_string(id), job.message);
  return job;
}

// A record leaves out what is at its default, so a present one without a status is PENDING.
bool has_status(const Reply& status_and_version, const std::vector<JobStatus>& wanted) {
  const auto& words = status_and_version.items();
  if (words.size() != 2 || words[1].is_nil()) return false;
  const auto status = words[0].is_nil() ? JobStatus::pending : parse_enum<JobStatus>(words[0].text());
  return status && std::find(wanted.begin(), wanted.end(), *status) != wanted.end();
}

}  // namespace

Task<Result<Admitted>> RedisStore::admit(std::vector<JobDefinition> definitions,
                                         std::optional<IdempotencyKey> key, std::string actor) {
  if (definitions.empty()) co_return Admitted{};
  // One call whatever the size: all or nothing needs that. limits::max_jobs_a_request bounds it.
  Command command = redis::admit_command(keys_, definitions, key, actor, clock_.wall());
  auto reply = co_await send(std::move(command));
  if (!reply) co_return reply.error();
  const auto& answer = reply->items();
  const auto first = answer.size() == 3 ? answer[1].number() : std::nullopt;
  const auto last = answer.size() == 3 ? answer[2].number() : std::nullopt;
  if (!first || !last) co_return broken_contract("an answer of admit");
  Admitted admitted;
  admitted.repeated = answer[0].number() == 1u;
  for (std::uint64_t id = *first; id <= *last; ++id) admitted.ids.push_back({id});
  co_return admitted;
}

Task<Result<std::vector<Changed>>> RedisStore::transition(std::vector<Change> changes,
                                                          std::optional<Epoch> epoch) {
  auto written = co_await write(std::move(changes), epoch, std::nullopt);
  co_return written;
}

Task<Result<std::vector<Changed>>> RedisStore::lose_attempts(std::vector<Change> changes, Epoch epoch,
                                                             Sighting last) {
  auto written = co_await write(std::move(changes), epoch, std::move(last));
  co_return written;
}

Task<Result<std::vector<Changed>>> RedisStore::write(std::vector<Change> changes, std::optional<Epoch> epoch,
                                                     std::optional<Sighting> last) {
  const WallTime now = clock_.wall();
  std::vector<Command> calls;
  for (std::span<Change> rest(changes); !rest.empty();) {
    const std::size_t size = redis::batch_size(rest);
    calls.push_back(redis::transition_command(keys_, rest.first(size), epoch, last, now));
    rest = rest.subspan(size);
  }
  auto replies = co_await send(std::move(calls));
  if (!replies) co_return replies.error();
  std::vector<Changed> results;
  results.reserve(changes.size());
  for (const Reply& reply : *replies) {
    const auto& words = reply.items();
    for (std::size_t i = 0; i + 1 < words.size(); i += 2) {
      const auto outcome = words[i].number() == 1u ? Changed::Outcome::done : Changed::Outcome::conflict;
      results.push_back({outcome, words[i + 1].number().value_or(0)});
    }
  }
  if (results.size() != changes.size()) co_return broken_contract("an answer of transition");
  co_return results;
}

Task<Result<std::vector<std::optional<Job>>>> RedisStore::jobs(std::vector<JobId> ids) {
  std::vector<Command> reads;
  for (const JobId id : ids) reads.emplace_back("HGETALL", keys_.job(id));
  auto replies = co_await send(std::move(reads));
  if (!replies) co_return replies.error();
  std::vector<std::optional<Job>> found;
  found.reserve(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto& words = (*replies)[i].items();
    if (words.empty()) {
      found.push_back(std::nullopt);
      continue;
    }
    auto job = parse_job(ids[i], words);
    found.push_back(job ? std::move(*job) : unreadable_job(ids[i], words, job.error()));
  }
  co_return found;
}

Task<Result<std::vector<JobId>>> RedisStore::find_jobs(JobQuery query) {
  if (query.name) {
    auto named = co_await ids_with_name(std::move(query));
    co_return named;
  }
  auto found = co_await ids_with_status(std::move(query));
  co_return found;
}

Task<Result<std::vector<JobId>>> RedisStore::ids_with_status(JobQuery query) {
  if (query.statuses.empty()) query.statuses.assign(all_statuses.begin(), all_statuses.end());
  std::vector<Command> reads;
  for (const JobStatus status : query.statuses) {
    reads.push_back(newest(keys_.with_status(status), query.before, query.limit));
  }
  auto replies = co_await read_at_once(std::move(reads));
  if (!replies) co_return replies.error();
  std::vector<JobId> ids;
  for (const Reply& reply : *replies) append_ids(reply, ids);
  std::sort(ids.begin(), ids.end(), std::greater<>());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());  // a status may have been named twice
  if (ids.size() > query.limit) ids.resize(query.limit);
  co_return ids;
}

Task<Result<std::vector<JobId>>> RedisStore::ids_with_name(JobQuery query) {
  const std::string key = keys_.with_name(*query.name);
  std::vector<JobId> ids;
  while (ids.size() < query.limit) {
    Command read = newest(key, query.before, query.limit);
    auto page = co_await send(std::move(read));
    if (!page) co_return page.error();
    std::vector<JobId> named;
    append_ids(*page, named);
    if (named.empty()) break;
    query.before = named.back();
    std::vector<Command> reads;
    if (!query.statuses.empty()) {
      for (const JobId id : named) reads.emplace_back("HMGET", keys_.job(id), "status", "version");
    }
    auto statuses = co_await send(std::move(reads));
    if (!statuses) co_return statuses.error();
    for (std::size_t i = 0; i < named.size() && ids.size() < query.limit; ++i) {
      if (query.statuses.empty() || has_status((*statuses)[i], query.statuses)) ids.push_back(named[i]);
    }
  }
  co_return ids;
}

Task<Result<std::array<std::uint64_t, 5>>> RedisStore::count_jobs() {
  std::vector<Command> reads;
  for (const JobStatus status : all_statuses) reads.emplace_back("ZCARD", keys_.with_status(status));
  auto sizes = co_await read_at_once(std::move(reads));
  if (!sizes) co_return sizes.error();
  std::array<std::uint64_t, 5> counts{};
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] = (*sizes)[i].number().value_or(0);
  co_return counts;
}

Task<Result<std::vector<JobId>>> RedisStore::ended_jobs(JobId after, std::size_t limit) {
  std::vector<Command> reads;
  for (const JobStatus status : terminal_statuses) {
    reads.emplace_back("ZRANGE", keys_.with_status(status), "(" + to_string(after), "+inf", "BYSCORE",
                       "LIMIT", 0, limit);
  }
  auto replies = co_await read_at_once(std::move(reads));
  if (!replies) co_return replies.error();
  std::vector<JobId> ids;
  for (const Reply& reply : *replies) append_ids(reply, ids);
  std::sort(ids.begin(), ids.end());
  if (ids.size() > limit) ids.resize(limit);
  co_return ids;
}

Task<Result<std::size_t>> RedisStore::forget_jobs(std::vector<Job> jobs, Epoch epoch) {
  Command command = redis::forget_command(keys_, jobs, epoch);
  auto reply = co_await send(std::move(command));
  if (!reply) co_return reply.error();
  const auto forgotten = reply->number();
  if (!forgotten) co_return broken_contract("an answer of forget_jobs");
  if (files_) co_await remove_files(std::move(jobs), static_cast<std::size_t>(*forgotten));
  co_return static_cast<std::size_t>(*forgotten);
}

Task<Result<std::vector<Job>>> RedisStore::assigned_jobs(std::string executor) {
  Command range("ZRANGE", keys_.assigned(executor), 0, -1);
  auto reply = co_await send(std::move(range));
  if (!reply) co_return reply.error();
  std::vector<JobId> ids;
  append_ids(*reply, ids);
  auto records = co_await jobs(std::move(ids));
  if (!records) co_return records.error();
  std::vector<Job> live;
  for (auto& job : *records) {
    // Read after the index: it may have ended, or moved on, in between.
    if (job && holds_resources(*job) && job->executor == executor) live.push_back(std::move(*job));
  }
  co_return live;
}

}  // namespace berth
