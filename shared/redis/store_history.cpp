// Noticing a store that went back in time: a failover to a replica that had missed writes, a disk that lost
// what it had confirmed, a backup that was put back. Berth can't undo that; it says so, and lets its readers
// start over.
#include "shared/redis/redis_store.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace berth {

using redis::Command;
using redis::Reply;

void RedisStore::remember(std::uint64_t seq, std::string_view body) {
  if (seq < newest_seen_) return;
  newest_seen_ = seq;
  newest_body_ = body;
}

Task<> RedisStore::watch_history() {
  for (;;) {
    co_await reconnected_.wait();
    co_await check_history();
  }
}

Task<> RedisStore::check_history() {
  const auto seen = newest_seen_;
  const auto body = newest_body_;
  if (seen == 0) co_return;
  const auto id = std::to_string(seen) + "-0";
  std::vector<Command> reads;
  reads.emplace_back("GET", keys_.seq());
  reads.emplace_back("XRANGE", keys_.events(), id, id);
  auto replies = co_await calls_.pipeline(std::move(reads), deadline_in(limits::store_call));
  // One that is loading, busy, or doesn't let us look tells nothing of its past.
  if (!replies || first_failure(*replies)) {
    reconnected_.notify();  // it has gone again: look when it is back
    co_await sleep_until(deadline_in(limits::store_first_retry));
    co_return;
  }
  const auto end = replies->at(0).number().value_or(0);
  const auto& entries = replies->at(1).items();
  if (end < seen) {
    spdlog::error(
        "Redis at {} went back in time: event {} had been stored, and its last one is {} now. At least {} "
        "changes that "
        "had been acknowledged are lost: jobs may be missing, or run again. See \"What a failover can cost\" "
        "in "
        "docs/operations.md.",
        calls_.url(), seen, end, seen - end);
    newest_seen_ = end;
    newest_body_.clear();
    ++history_;
    co_return;
  }
  // The same number, and another event: the lost ones have been overtaken already.
  const bool is_other = !body.empty() && !entries.empty() && entries[0].items().size() == 2 &&
                        entries[0].items()[1].items().size() == 2 &&
                        entries[0].items()[1].items()[1].text() != body;
  if (is_other) {
    spdlog::error(
        "Redis at {} went back in time: event {} isn't the one that had been stored under this number. An "
        "unknown number "
        "of acknowledged changes up to it is lost. See \"What a failover can cost\" in docs/operations.md.",
        calls_.url(), seen);
    newest_body_.clear();
    ++history_;
    co_return;
  }
  spdlog::info("Redis at {} is back, with all that was seen here (event {})", calls_.url(), seen);
}

Task<Result<bool>> RedisStore::has_gone_back(std::string stream, std::string_view position) {
  const auto at = parse_integer<std::uint64_t>(position.substr(0, position.find('-'))).value_or(0);
  const auto verified = verified_.find(stream);
  if (at == 0 || (verified != verified_.end() && verified->second == connections_)) co_return false;
  Command get("GET", keys_.seq());
  auto reply = co_await calls_.call(std::move(get), deadline_in(limits::store_call));
  if (!reply) co_return reply.error();
  const bool has_gone = at > reply->number().value_or(0);
  // The one who is told must come back with another position.
  if (!has_gone) verified_[stream] = connections_;
  co_return has_gone;
}

}  // namespace berth
