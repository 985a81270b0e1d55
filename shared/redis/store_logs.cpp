// Output of attempts: a stream each, whose ids are the offsets behind the pieces.
#include "shared/base/wire_version.hpp"
#include "shared/redis/compression.hpp"
#include "shared/redis/functions.hpp"
#include "shared/redis/redis_store.hpp"

#include <algorithm>
#include <utility>

namespace berth {
namespace {

using redis::Command;
using redis::Reply;

constexpr std::size_t read_size = 1u << 20;  // bytes a read_log returns, about
constexpr std::size_t first_read = 16;       // entries: of the largest size they make up one read

// "<end>-<stream>": Redis takes only rising ids, and so refuses what it has already.
std::string id_of(const LogPiece& piece) {
  return std::to_string(piece.end) + "-" + std::to_string(piece.stream);
}

// Of the fields behind the first four words: "bytes", or "zstd" and "size".
std::optional<std::string> bytes_of(const std::vector<Reply>& words) {
  if (words.size() == 6) return std::string(words[5].text());
  const auto size = words[7].number();
  if (words[4].text() != "zstd" || !size) return std::nullopt;
  return redis::decompressed(words[5].text(), *size);
}

std::optional<LogPiece> parse_piece(const Reply& entry) {
  const auto& parts = entry.items();
  if (parts.size() != 2) return std::nullopt;
  const auto id = parts[0].text();
  const auto dash = id.find('-');
  const auto& words = parts[1].items();
  if (dash == std::string_view::npos || (words.size() != 6 && words.size() != 8)) return std::nullopt;
  const auto end = parse_integer<std::uint64_t>(id.substr(0, dash));
  const auto stream = parse_integer<std::uint8_t>(id.substr(dash + 1));
  const auto start = words[1].number();
  const auto at = parse_integer<std::int64_t>(words[3].text());
  auto bytes = bytes_of(words);
  if (!end || !stream || !start || !at || !bytes) return std::nullopt;
  return LogPiece{*end, *stream, *start, {*at}, std::move(*bytes)};
}

// How many more entries to ask for, given what those read so far weighed.
std::size_t next_count(std::size_t entries, std::size_t bytes) {
  const std::size_t left = read_size - bytes;
  return std::clamp<std::size_t>(left * entries / std::max<std::size_t>(bytes, 1), 1, 2 * entries);
}

}  // namespace

Task<Result<>> RedisStore::append_log(JobId job, std::uint32_t attempt, std::vector<LogPiece> pieces,
                                      std::vector<LogPiece> drop) {
  if (pieces.empty() && drop.empty()) co_return Result<>();
  const bool may_compress = leader_wire_ >= wire_with_compressed_output;
  Command append("FCALL", redis::function_name("append_log"), 2, keys_.log(job, attempt), keys_.leader());
  append.add(keys_.log_channel(job)).add(attempt).add(pieces.size());
  for (const LogPiece& piece : pieces) {
    const auto packed = may_compress ? redis::compressed(piece.bytes) : std::nullopt;
    append.add(id_of(piece)).add(piece.stream_start).add(piece.at.milliseconds);
    append.add(packed ? *packed : piece.bytes).add(packed ? std::to_string(piece.bytes.size()) : "");
  }
  for (const LogPiece& piece : drop) append.add(id_of(piece));
  auto reply = co_await send(std::move(append));
  if (!reply) co_return reply.error();
  leader_wire_ = static_cast<std::uint32_t>(reply->number().value_or(0));
  co_return Result<>();
}

Task<Result<std::vector<LogPiece>>> RedisStore::read_log(JobId job, std::uint32_t attempt,
                                                         std::uint64_t after) {
  const std::string key = keys_.log(job, attempt);
  std::vector<LogPiece> pieces;
  std::string from = std::to_string(after + 1) + "-0";
  std::size_t bytes = 0;
  for (std::size_t count = first_read; bytes < read_size; count = next_count(pieces.size(), bytes)) {
    Command range("XRANGE", key, from, "+", "COUNT", count);
    auto reply = co_await send(std::move(range));
    if (!reply) co_return reply.error();
    for (const Reply& entry : reply->items()) {
      auto piece = parse_piece(entry);
      if (!piece) co_return broken_contract("the output of job " + to_string(job));
      bytes += piece->bytes.size();
      pieces.push_back(std::move(*piece));
    }
    if (reply->items().size() < count) break;
    from = "(" + id_of(pieces.back());
  }
  co_return pieces;
}

Task<Result<LogSize>> RedisStore::log_size(JobId job, std::uint32_t attempt) {
  Command last("XREVRANGE", keys_.log(job, attempt), "+", "-", "COUNT", 1);
  auto reply = co_await send(std::move(last));
  if (!reply) co_return reply.error();
  if (reply->items().empty()) co_return LogSize{};
  const auto piece = parse_piece(reply->items().front());
  if (!piece) co_return broken_contract("the output of job " + to_string(job));
  co_return size_up_to(*piece);
}

std::unique_ptr<LogWatch> RedisStore::watch_log(JobId job) { return log_hints_.watch(job); }

}  // namespace berth
