// Output of attempts: a stream each, whose ids are the offsets behind the pieces. With a log directory the
// bytes are in files, and the stream has one entry that says how much of them counts.
#include "shared/base/wire_version.hpp"
#include "shared/redis/compression.hpp"
#include "shared/redis/functions.hpp"
#include "shared/redis/redis_store.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace berth {
namespace {

using redis::Command;
using redis::Reply;

// "<end>-<stream>": Redis takes only rising ids, and so refuses what it has already.
std::string id_of(const LogPiece& piece) {
  return std::to_string(piece.end) + "-" + std::to_string(piece.stream);
}

// An entry of a log's stream: a piece, or how much lies in a file. Then the piece is without bytes, stands at
// their end, and there is only one such entry, the last.
struct LogEntry {
  LogPiece piece;
  std::uint64_t filed = 0;  // pieces in the file
};

std::optional<LogEntry> parse_entry(const Reply& reply) {
  const auto& parts = reply.items();
  if (parts.size() != 2) return std::nullopt;
  const auto id = parts[0].text();
  const auto dash = id.find('-');
  const auto& words = parts[1].items();
  if (dash == std::string_view::npos || (words.size() != 6 && words.size() != 8)) return std::nullopt;
  const auto end = parse_integer<std::uint64_t>(id.substr(0, dash));
  const auto stream = parse_integer<std::uint8_t>(id.substr(dash + 1));
  const auto start = words[1].number();
  const auto at = parse_integer<std::int64_t>(words[3].text());
  if (!end || !stream || !start || !at) return std::nullopt;
  LogEntry entry;
  entry.piece = LogPiece{*end, *stream, *start, {*at}, {}};
  const auto field = words[4].text();
  const auto value = words[5].text();
  if (words.size() == 6) {
    entry.piece.bytes = value;
    return entry;
  }
  if (field == "filed") {
    entry.filed = words[5].number().value_or(0);
    if (entry.filed == 0) return std::nullopt;
    return entry;
  }
  const auto size = words[7].number();
  if (field != "zstd" || !size) return std::nullopt;
  auto bytes = redis::decompressed(value, *size);
  if (!bytes) return std::nullopt;
  entry.piece.bytes = std::move(*bytes);
  return entry;
}

// How many entries to ask for first: of the largest size they make up the read.
std::size_t first_count(std::size_t most) { return std::max<std::size_t>(most / limits::log_chunk, 1); }

// How many more, given what those read so far weighed.
std::size_t next_count(std::size_t most, std::size_t entries, std::size_t bytes) {
  const std::size_t left = most - bytes;
  return std::clamp<std::size_t>(left * entries / std::max<std::size_t>(bytes, 1), 1, 2 * entries);
}

}  // namespace

Task<Result<>> RedisStore::append_log(JobId job, std::uint32_t attempt, std::vector<LogPiece> pieces,
                                      std::vector<LogPiece> drop) {
  if (pieces.empty() && drop.empty()) co_return Result<>();
  if (files_) {
    auto filed = co_await append_to_files(job, attempt, std::move(pieces));
    co_return filed;
  }
  const bool may_compress = leader_wire_ >= wire_with_compressed_output;
  Command append("FCALL", redis::function_name("append_log"), 2, keys_.log(job, attempt), keys_.leader());
  append.add(keys_.log_channel(job)).add(attempt).add(pieces.size());
  for (const LogPiece& piece : pieces) {
    append.add(id_of(piece)).add(piece.stream_start).add(piece.at.milliseconds);
    const auto packed = may_compress ? redis::compressed(piece.bytes) : std::nullopt;
    if (packed) {
      append.add("zstd").add(*packed).add(piece.bytes.size());
    } else {
      append.add("bytes").add(piece.bytes).add("");
    }
  }
  for (const LogPiece& piece : drop) append.add(id_of(piece));
  auto appended = co_await send_append(std::move(append));
  co_return appended;
}

Task<Result<>> RedisStore::send_append(Command append) {
  auto reply = co_await send(std::move(append));
  if (!reply) co_return reply.error();
  leader_wire_ = static_cast<std::uint32_t>(reply->number().value_or(0));
  co_return Result<>();
}

// First the files, then the entry in Redis that makes them count, in place of the one before. Whoever dies in
// between, or doesn't hear the answer, looks at that entry and goes on from there.
Task<Result<>> RedisStore::append_to_files(JobId job, std::uint32_t attempt, std::vector<LogPiece> pieces) {
  constexpr std::size_t most_known = 4'096;
  const redis::LogDirectory::Log log{job, attempt};
  FiledLog before;
  if (const auto known = filed_.find(log); known != filed_.end()) {
    before = known->second;
  } else {
    Command last("XREVRANGE", keys_.log(job, attempt), "+", "-", "COUNT", 1);
    auto reply = co_await send(std::move(last));
    if (!reply) co_return reply.error();
    if (!reply->items().empty()) {
      const auto entry = parse_entry(reply->items().front());
      if (!entry) co_return broken_contract("the output of job " + to_string(job));
      before = FiledLog{entry->piece.end, entry->piece.stream, entry->filed};
    }
  }
  std::erase_if(pieces, [&](const LogPiece& piece) { return piece.end <= before.end; });
  if (pieces.empty()) co_return Result<>();
  const LogPiece& newest = pieces.back();
  const FiledLog after{newest.end, newest.stream, before.count + pieces.size()};
  Command append("FCALL", redis::function_name("append_log"), 2, keys_.log(job, attempt), keys_.leader());
  append.add(keys_.log_channel(job)).add(attempt).add(1);
  append.add(id_of(newest)).add(newest.stream_start + newest.bytes.size()).add(newest.at.milliseconds);
  append.add("filed").add(after.count).add(after.end);
  if (before.count > 0) append.add(std::to_string(before.end) + "-" + std::to_string(before.stream));
  auto written = co_await files_->write(log, before.count, std::move(pieces));
  if (!written) co_return written;
  filed_.erase(log);  // until the answer nobody knows
  auto appended = co_await send_append(std::move(append));
  if (!appended) co_return appended;
  if (filed_.size() >= most_known) filed_.clear();
  filed_.emplace(log, after);
  co_return appended;
}

Task<Result<std::vector<LogPiece>>> RedisStore::read_files(JobId job, std::uint32_t attempt,
                                                           std::uint64_t count, std::uint64_t after,
                                                           std::size_t most) {
  if (!files_) {
    co_return Error{ErrorKind::refused,
                    "the output of job " + to_string(job) +
                        " is in files, and this process doesn't know where: start it with "
                        "the --log-dir that the job's executor has"};
  }
  const redis::LogDirectory::Log log{job, attempt};
  auto pieces = co_await files_->read(log, count, after, most);
  if (pieces) co_return pieces;
  Error error = pieces.error();
  error.message = "the output of job " + to_string(job) + " is in files: " + error.message;
  co_return error;
}

// Of those among `jobs` whose records are gone: so many were forgotten.
Task<> RedisStore::remove_files(std::vector<Job> jobs, std::size_t forgotten) {
  if (forgotten < jobs.size()) {
    std::vector<Command> looks;
    for (const Job& job : jobs) looks.emplace_back("EXISTS", keys_.job(job.id));
    const auto found = co_await send(std::move(looks));
    if (!found) co_return;
    std::vector<Job> gone;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      if ((*found)[i].number() == 0u) gone.push_back(std::move(jobs[i]));
    }
    jobs = std::move(gone);
  }
  std::vector<redis::LogDirectory::Log> logs;
  for (const Job& job : jobs) {
    for (std::uint32_t attempt = 1; attempt <= job.attempt; ++attempt) logs.emplace_back(job.id, attempt);
  }
  const auto removed = co_await files_->remove(std::move(logs));
  if (!removed) spdlog::warn("output of jobs that were deleted is left: {}", removed.error().message);
}

Task<> RedisStore::sweep_again_and_again() {
  auto pause = limits::log_sweep_delay;
  for (;;) {
    co_await sleep_until(deadline_in(pause));
    pause = limits::log_sweep_period;
    const auto swept = co_await sweep_log_dir();
    if (!swept) spdlog::warn("can't look for output of jobs that were deleted: {}", swept.error().message);
    if (swept && *swept > 0) spdlog::info("deleted output of jobs that are gone: {} logs", *swept);
  }
}

Task<Result<std::size_t>> RedisStore::sweep_log_dir() {
  std::size_t swept = 0;
  if (!files_) co_return swept;
  const auto folders = co_await files_->folders();
  if (!folders) co_return folders.error();
  for (const auto folder : *folders) {
    auto logs = co_await files_->logs_in(folder);
    if (!logs) co_return logs.error();
    const auto forgotten = co_await forgotten_of(std::move(*logs));
    if (!forgotten) co_return forgotten.error();
    for (std::size_t at = 0; at < forgotten->size(); at += limits::log_sweep_batch) {
      const auto begin = forgotten->begin() + static_cast<std::ptrdiff_t>(at);
      const auto size = std::min(limits::log_sweep_batch, forgotten->size() - at);
      std::vector<redis::LogDirectory::Log> some(begin, begin + static_cast<std::ptrdiff_t>(size));
      const auto removed = co_await files_->remove(std::move(some));
      if (!removed) co_return removed.error();
      swept += size;
    }
  }
  co_return swept;
}

// The newest number and the records in one look. While a backup is put back there is no number yet.
Task<Result<std::vector<redis::LogDirectory::Log>>> RedisStore::forgotten_of(
    std::vector<redis::LogDirectory::Log> logs) {
  std::vector<redis::LogDirectory::Log> forgotten;
  std::vector<Command> reads;
  reads.emplace_back("GET", keys_.last_job());
  for (const auto& [job, attempt] : logs) reads.emplace_back("EXISTS", keys_.job(job));
  const auto found = co_await read_at_once(std::move(reads));
  if (!found) co_return found.error();
  const auto newest = found->front().number().value_or(0);
  for (std::size_t i = 0; i < logs.size(); ++i) {
    const bool was_given = logs[i].first.value <= newest;
    if (was_given && (*found)[i + 1].number() == 0u) forgotten.push_back(logs[i]);
  }
  co_return forgotten;
}

Task<Result<std::vector<LogPiece>>> RedisStore::read_log_page(JobId job, std::uint32_t attempt,
                                                              std::uint64_t after, std::size_t most) {
  const std::string key = keys_.log(job, attempt);
  std::vector<LogPiece> pieces;
  std::string from = std::to_string(after + 1) + "-0";
  std::size_t bytes = 0;
  for (auto count = first_count(most); bytes < most; count = next_count(most, pieces.size(), bytes)) {
    Command range("XRANGE", key, from, "+", "COUNT", count);
    auto reply = co_await send(std::move(range));
    if (!reply) co_return reply.error();
    for (const Reply& item : reply->items()) {
      auto entry = parse_entry(item);
      if (!entry) co_return broken_contract("the output of job " + to_string(job));
      if (entry->filed > 0) {
        if (!pieces.empty()) co_return pieces;
        auto read = co_await read_files(job, attempt, entry->filed, after, most);
        co_return read;
      }
      bytes += entry->piece.bytes.size() + limits::log_piece_cost;
      pieces.push_back(std::move(entry->piece));
    }
    if (reply->items().size() < count) break;
    from = "(" + id_of(pieces.back());
  }
  co_return pieces;
}

// A log that is in Redis is short.
Task<Result<std::uint64_t>> RedisStore::seek_log(JobId job, std::uint32_t attempt, LogStart start) {
  std::uint64_t all = 0;
  if (!files_) co_return all;
  Command last("XREVRANGE", keys_.log(job, attempt), "+", "-", "COUNT", 1);
  auto reply = co_await send(std::move(last));
  if (!reply) co_return reply.error();
  if (reply->items().empty()) co_return all;
  const auto entry = parse_entry(reply->items().front());
  if (!entry) co_return broken_contract("the output of job " + to_string(job));
  if (entry->filed == 0) co_return all;
  const redis::LogDirectory::Log log{job, attempt};
  auto found = co_await files_->seek(log, entry->filed, start);
  if (found) co_return found;
  Error error = found.error();
  error.message = "the output of job " + to_string(job) + " is in files: " + error.message;
  co_return error;
}

Task<Result<LogSize>> RedisStore::log_size(JobId job, std::uint32_t attempt) {
  Command last("XREVRANGE", keys_.log(job, attempt), "+", "-", "COUNT", 1);
  auto reply = co_await send(std::move(last));
  if (!reply) co_return reply.error();
  if (reply->items().empty()) co_return LogSize{};
  const auto entry = parse_entry(reply->items().front());
  if (!entry) co_return broken_contract("the output of job " + to_string(job));
  co_return size_up_to(entry->piece);
}

std::unique_ptr<LogWatch> RedisStore::watch_log(JobId job) { return log_hints_.watch(job); }

}  // namespace berth
