// How far deliveries to webhooks are.
#include "shared/redis/functions.hpp"
#include "shared/redis/redis_store.hpp"

#include <algorithm>
#include <utility>

namespace berth {
namespace {

using redis::Command;
using redis::Reply;

// "POSITION", and behind it a space and a number for each event that is owed.
std::string progress_text(const WebhookProgress& progress) {
  std::string text = std::to_string(progress.position);
  for (const auto seq : progress.owed) text += ' ' + std::to_string(seq);
  return text;
}

std::optional<WebhookProgress> parse_progress(std::string_view text) {
  WebhookProgress progress;
  for (bool is_first = true; is_first || !text.empty(); is_first = false) {
    const auto end = std::min(text.find(' '), text.size());
    const auto number = parse_integer<std::uint64_t>(text.substr(0, end));
    if (!number) return std::nullopt;
    if (is_first) {
      progress.position = *number;
    } else {
      progress.owed.push_back(*number);
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return progress;
}

}  // namespace

Task<Result<std::map<std::string, WebhookProgress>>> RedisStore::webhook_progress() {
  Command read("HGETALL", keys_.webhooks());
  auto reply = co_await send(std::move(read));
  if (!reply) co_return reply.error();
  std::map<std::string, WebhookProgress> all;
  const auto& words = reply->items();
  for (std::size_t i = 0; i + 1 < words.size(); i += 2) {
    auto progress = parse_progress(words[i + 1].text());
    if (!progress) co_return broken_contract("the progress of a webhook");
    all.emplace(words[i].text(), std::move(*progress));
  }
  co_return all;
}

Task<Result<>> RedisStore::note_webhooks(std::vector<WebhookNote> notes, Epoch epoch) {
  Command set;
  Command forgotten;
  std::size_t set_words = 0;
  for (const auto& note : notes) {
    if (note.progress) {
      set.add(note.target).add(progress_text(*note.progress));
      set_words += 2;
    } else {
      forgotten.add(note.target);
    }
  }
  Command words("FCALL", redis::function_name("note_webhooks"), 2, keys_.leader(), keys_.webhooks());
  words.add(epoch.value).add(set_words).append(set).append(forgotten);
  auto reply = co_await send(std::move(words));
  if (!reply) co_return reply.error();
  co_return Result<>();
}

}  // namespace berth
