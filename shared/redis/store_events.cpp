// Streams that are waited on: the event feed and the executors' inboxes.
#include "shared/base/utf8.hpp"
#include "shared/redis/job_writes.hpp"
#include "shared/redis/model_text.hpp"
#include "shared/redis/redis_store.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace berth {
namespace {

using redis::Command;
using redis::parse_model;
using redis::Reply;

constexpr std::size_t inbox_read = 500;

// An entry of a stream with one field: its id, and the field's value.
struct Entry {
  std::string_view id;
  std::string_view value;
};

std::optional<Entry> single_field(const Reply& entry) {
  const auto& parts = entry.items();
  if (parts.size() != 2 || parts[1].items().size() != 2) return std::nullopt;
  return Entry{parts[0].text(), parts[1].items()[1].text()};
}

// The sequence number in an id "<seq>-0".
std::optional<std::uint64_t> seq_of(std::string_view id) {
  return parse_integer<std::uint64_t>(id.substr(0, id.find('-')));
}

}  // namespace

std::string RedisStore::event_of(std::string type, std::string actor, std::optional<std::string> executor,
                                 std::string message) const {
  Event event;
  event.at = clock_.wall();
  event.type = std::move(type);
  event.actor = std::move(actor);
  event.executor = std::move(executor);
  event.message = as_utf8(message);
  return redis::event_body(event);
}

Task<RedisStore::Replies> RedisStore::read_stream(std::string key, std::string position, std::size_t limit,
                                                  bool forget, Deadline deadline) {
  const auto gone_back = co_await has_gone_back(key, position);
  if (!gone_back) co_return gone_back.error();
  if (*gone_back) {
    co_return Error{ErrorKind::conflict,
                    "The store went back in time: it has nothing as new as " + position + "."};
  }
  for (;;) {
    const auto left = std::chrono::duration_cast<Milliseconds>(deadline - std::chrono::steady_clock::now());
    const auto block = std::min(left, limits::store_block);
    Command read("XREAD", "COUNT", limit);
    if (block.count() > 0) read.add("BLOCK").add(block.count());  // BLOCK 0 would be for ever
    read.add("STREAMS").add(key).add(position);
    std::vector<Command> commands;
    // Position "5-0" is the id of the last entry that was read, and ids count up by the part before the dash.
    if (forget)
      commands.emplace_back("XTRIM", key, "MINID", std::to_string(seq_of(position).value_or(0) + 1) + "-0");
    commands.push_back(std::move(read));
    const Deadline answer_by =
        std::chrono::steady_clock::now() + std::max(block, Milliseconds{0}) + limits::store_call;
    auto replies = co_await blocking_.pipeline(std::move(commands), answer_by);
    auto failure = replies ? first_failure(*replies) : std::optional<Error>(replies.error());
    if (failure) {
      verified_.erase(key);
      count_failure(*failure);
      co_return *failure;
    }
    forget = false;
    const Reply& streams = replies->back();
    if (!streams.is_nil()) {
      // [[key, [entry …]]]
      const auto& pairs = streams.items();
      if (pairs.size() != 1 || pairs[0].items().size() != 2) co_return broken_contract("the stream " + key);
      co_return pairs[0].items()[1].items();
    }
    if (std::chrono::steady_clock::now() >= deadline) co_return std::vector<Reply>();
  }
}

Task<Result<std::uint64_t>> RedisStore::last_event() {
  Command get("GET", keys_.seq());
  auto reply = co_await send(std::move(get));
  if (!reply) co_return reply.error();
  co_return reply->number().value_or(0);
}

Task<Result<std::vector<Event>>> RedisStore::read_events(std::uint64_t seq, std::size_t limit,
                                                         Deadline deadline) {
  auto entries = co_await read_stream(keys_.events(), std::to_string(seq) + "-0", limit, false, deadline);
  if (!entries) co_return entries.error();
  std::vector<Event> events;
  events.reserve(entries->size());
  for (const Reply& reply : *entries) {
    const auto entry = single_field(reply);
    if (!entry) co_return broken_contract("the event stream");
    auto event = parse_model<Event>(entry->value);
    if (!event) {
      // Stepped over: readers who stopped here would never get past it.
      spdlog::error("event {} can't be read: {}", entry->id, event.error().message);
      event = Event{};
      event->type = unreadable_event;
    }
    event->seq = seq_of(entry->id).value_or(0);
    if (&reply == &entries->back()) remember(event->seq, entry->value);
    events.push_back(std::move(*event));
  }
  co_return events;
}

Task<Result<std::string>> RedisStore::inbox_end(std::string executor) {
  Command newest("XREVRANGE", keys_.inbox(executor), "+", "-", "COUNT", 1);
  auto reply = co_await send(std::move(newest));
  if (!reply) co_return reply.error();
  if (reply->items().empty()) co_return std::string("0-0");
  const auto entry = single_field(reply->items().front());
  if (!entry) co_return broken_contract("the inbox of " + executor);
  co_return std::string(entry->id);
}

Task<Result<std::vector<InboxEntry>>> RedisStore::read_inbox(std::string executor, std::string position,
                                                             Deadline deadline) {
  const std::string key = keys_.inbox(executor);
  const bool forget = seq_of(position).value_or(0) > 0;
  auto entries = co_await read_stream(key, std::move(position), inbox_read, forget, deadline);
  if (!entries) co_return entries.error();
  std::vector<InboxEntry> found;
  found.reserve(entries->size());
  for (const Reply& reply : *entries) {
    const auto entry = single_field(reply);
    if (!entry) co_return broken_contract("the inbox of " + executor);
    auto job = parse_model<Job>(entry->value);
    if (!job) {
      spdlog::error("entry {} of the inbox of {} can't be read: {}", entry->id, executor,
                    job.error().message);
      job = Job{};  // asks for nothing; the executor's look at its records finds what it missed
    }
    remember(seq_of(entry->id).value_or(0), "");
    found.push_back({std::string(entry->id), std::move(*job)});
  }
  co_return found;
}

}  // namespace berth
