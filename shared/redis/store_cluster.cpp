// Who is there, and who leads.
#include "shared/base/wire_version.hpp"
#include "shared/redis/functions.hpp"
#include "shared/redis/model_text.hpp"
#include "shared/redis/redis_store.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <utility>

namespace berth {
namespace {

using redis::Command;
using redis::compact_json;
using redis::parse_model;
using redis::Reply;

constexpr std::array executor_words{"info",        "runtime",      "incarnation",    "beat", "left",
                                    "drain_since", "drain_reason", "drain_deadline", "wire", "oldest_wire"};

// Absent words are those of a build from before there was a number.
Wire wire_of(const Reply& version, const Reply& oldest) {
  const auto word = [](const Reply& reply) { return static_cast<std::uint32_t>(reply.number().value_or(0)); };
  return {word(version), word(oldest)};
}

// It gets nothing, and whoever looks at it sees why.
void refuse(ExecutorInfo& executor, Wire wire) {
  executor.runtime.healthy = false;
  executor.runtime.message = why_not_together("it runs Berth " + executor.version + ", which", wire);
}

// From the answer to HMGET of executor_words.
Result<RegisteredExecutor> parse_executor(const std::vector<Reply>& words) {
  auto info = parse_model<ExecutorInfo>(words[0].text());
  if (!info) return info.error();
  auto runtime = parse_model<RuntimeInfo>(words[1].text());
  if (!runtime) return runtime.error();
  RegisteredExecutor executor;
  executor.info = std::move(*info);
  executor.info.runtime = std::move(*runtime);
  executor.incarnation = words[2].number().value_or(0);
  executor.beat = words[3].number().value_or(0);
  executor.has_left = !words[4].is_nil();
  if (const Wire wire = wire_of(words[8], words[9]); !work_together(own_wire, wire))
    refuse(executor.info, wire);
  const auto time_of = [](const Reply& word) {
    return WallTime{static_cast<std::int64_t>(word.number().value_or(0))};
  };
  if (words[5].is_nil()) return executor;
  Drain drain;
  drain.since = time_of(words[5]);
  drain.reason = words[6].text();
  if (!words[7].is_nil()) drain.deadline = time_of(words[7]);
  executor.drain = std::move(drain);
  return executor;
}

// From the answer to HMGET of beat, usage_beat and usage. An executor of an older version that holds the name
// now leaves the words of the one before, but beats on. What can't be read is as good as not told.
std::optional<UsageReport> parse_present_usage(const std::vector<Reply>& words) {
  const auto beat = words[0].number();
  const auto told_at = words[1].number();
  if (!beat || !told_at || *beat - *told_at >= limits::usage_beats) return std::nullopt;
  return parse_usage(words[2].text());
}

}  // namespace

Task<Result<std::uint64_t>> RedisStore::register_executor(ExecutorInfo info, std::uint64_t seen) {
  const RuntimeInfo runtime = std::exchange(info.runtime, {});
  Command words("FCALL", redis::function_name("register_executor"), 5);
  words.add(keys_.executor(info.name)).add(keys_.executors()).add(keys_.seq()).add(keys_.events());
  words.add(keys_.leader());
  words.add(info.name).add(compact_json(info)).add(compact_json(runtime));
  words.add(keys_.status_channel()).add(limits::events_kept);
  words.add(event_of("executor.registered", "executor/" + info.name, info.name, "")).add(seen);
  words.add(own_wire.version).add(own_wire.oldest);
  auto reply = co_await send(std::move(words));
  if (!reply) co_return reply.error();
  const auto incarnation = reply->number();
  if (!incarnation) co_return broken_contract("an answer of register_executor");
  co_return *incarnation;
}

Task<Result<HeartbeatReply>> RedisStore::heartbeat(std::string name, std::uint64_t incarnation,
                                                   std::optional<RuntimeInfo> news,
                                                   std::optional<UsageReport> usage) {
  Command words("FCALL", redis::function_name("heartbeat"), 1, keys_.executor(name), incarnation);
  words.add(news ? compact_json(*news) : std::string());
  words.add(usage ? format_usage(*usage) : std::string());
  auto reply = co_await send(std::move(words));
  if (!reply) co_return reply.error();
  HeartbeatReply heard;
  if (reply->items().size() > 1) heard.stop_jobs = reply->items()[1].text();
  co_return heard;
}

Task<Result<std::vector<std::optional<UsageReport>>>> RedisStore::usage(std::vector<std::string> executors) {
  std::vector<Command> reads;
  for (const auto& name : executors)
    reads.emplace_back("HMGET", keys_.executor(name), "beat", "usage_beat", "usage");
  auto records = co_await send(std::move(reads));
  if (!records) co_return records.error();
  std::vector<std::optional<UsageReport>> found;
  for (const Reply& record : *records) {
    const auto& words = record.items();
    if (words.size() != 3) co_return broken_contract("what an executor's containers use");
    found.push_back(parse_present_usage(words));
  }
  co_return found;
}

Task<Result<>> RedisStore::leave_executor(std::string name, std::uint64_t incarnation) {
  Command words("FCALL", redis::function_name("leave_executor"), 1, keys_.executor(name), incarnation);
  auto reply = co_await send(std::move(words));
  if (!reply) co_return reply.error();
  co_return Result<>();
}

Task<Result<>> RedisStore::drain_executor(std::string name, std::string reason,
                                          std::optional<Milliseconds> deadline, std::string actor) {
  Command words("FCALL", redis::function_name("drain_executor"), 3, keys_.executor(name));
  words.add(keys_.seq()).add(keys_.events()).add(reason);
  words.add(deadline ? std::to_string(deadline->count()) : "");
  words.add(keys_.status_channel()).add(limits::events_kept);
  words.add(event_of("executor.draining", std::move(actor), name, reason));
  auto reply = co_await send(std::move(words));
  if (!reply) co_return reply.error();
  co_return Result<>();
}

Task<Result<>> RedisStore::resume_executor(std::string name, std::string actor) {
  Command words("FCALL", redis::function_name("resume_executor"), 3, keys_.executor(name));
  words.add(keys_.seq()).add(keys_.events()).add(keys_.status_channel()).add(limits::events_kept);
  words.add(event_of("executor.resumed", std::move(actor), name, ""));
  auto reply = co_await send(std::move(words));
  if (!reply) co_return reply.error();
  co_return Result<>();
}

Task<Result<std::vector<RegisteredExecutor>>> RedisStore::executors() {
  Command members("SMEMBERS", keys_.executors());
  auto names = co_await send(std::move(members));
  if (!names) co_return names.error();
  std::vector<Command> reads;
  for (const Reply& name : names->items()) {
    Command& read = reads.emplace_back("HMGET", keys_.executor(name.text()));
    for (const auto* word : executor_words) read.add(word);
  }
  auto records = co_await send(std::move(reads));
  if (!records) co_return records.error();
  std::vector<RegisteredExecutor> found;
  for (const Reply& record : *records) {
    const auto& words = record.items();
    if (words.size() != executor_words.size()) co_return broken_contract("an executor's record");
    if (words[2].is_nil()) continue;  // removed since its name was read
    auto executor = parse_executor(words);
    if (!executor) co_return broken_contract("an executor's record, " + executor.error().message);
    found.push_back(std::move(*executor));
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.info.name < b.info.name; });
  co_return found;
}

Task<Result<std::optional<Leader>>> RedisStore::leader() {
  Command read("HMGET", keys_.leader(), "name", "epoch", "beat", "resigned", "wire", "oldest_wire",
               "version");
  auto reply = co_await send(std::move(read));
  if (!reply) co_return reply.error();
  const auto& words = reply->items();
  if (words.size() != 7) co_return broken_contract("the leader's record");
  if (words[1].is_nil()) co_return std::optional<Leader>();
  Leader leader;
  leader.name = words[0].text();
  leader.epoch = {words[1].number().value_or(0)};
  leader.beat = words[2].number().value_or(0);
  leader.resigned = words[3].text() == "1";
  const Wire wire = wire_of(words[4], words[5]);
  leader_wire_ = wire.version;
  if (work_together(own_wire, wire)) {
    stranger_.reset();
    why_strange_.clear();
  } else {
    const auto who = "the leading scheduler " + leader.name + " (Berth " + std::string(words[6].text()) + ")";
    note_stranger(leader, why_not_together(who, wire));
  }
  co_return std::optional<Leader>(std::move(leader));
}

// Whoever is gone harms nobody: only one whose beat moves is a stranger that matters.
void RedisStore::note_stranger(const Leader& leader, std::string why) {
  const auto before = std::exchange(stranger_, leader);
  if (!before || leader.resigned || (before->epoch == leader.epoch && before->beat == leader.beat)) return;
  if (why_strange_.empty()) spdlog::error("{}", why);
  why_strange_ = std::move(why);
}

Task<Result<>> RedisStore::check_leader() {
  const auto before = co_await leader();
  if (!before) co_return before.error();
  if (!stranger_ || stranger_->resigned) co_return Result<>();
  co_await sleep_until(deadline_in(limits::leader_lost_after));
  const auto after = co_await leader();
  if (!after) co_return after.error();
  if (why_strange_.empty()) co_return Result<>();
  co_return Error{ErrorKind::refused, why_strange_};
}

Task<Result<Epoch>> RedisStore::take_leadership(std::string name, std::optional<Leader> seen) {
  Command words("FCALL", redis::function_name("take_leadership"), 3);
  words.add(keys_.leader()).add(keys_.seq()).add(keys_.events()).add(name);
  words.add(seen ? std::to_string(seen->epoch.value) : "").add(seen ? std::to_string(seen->beat) : "");
  words.add(keys_.status_channel()).add(limits::events_kept);
  words.add(event_of("leader.elected", "scheduler/" + name, std::nullopt, ""));
  words.add(own_wire.version).add(own_wire.oldest).add(BERTH_VERSION);
  auto reply = co_await send(std::move(words));
  if (!reply) co_return reply.error();
  const auto epoch = reply->number();
  if (!epoch) co_return broken_contract("an answer of take_leadership");
  co_return Epoch{*epoch};
}

Task<Result<>> RedisStore::renew_leadership(Epoch epoch) {
  Command words("FCALL", redis::function_name("renew_leadership"), 1, keys_.leader(), epoch.value);
  auto reply = co_await send(std::move(words));
  if (!reply) co_return reply.error();
  co_return Result<>();
}

Task<Result<>> RedisStore::resign_leadership(std::string name, Epoch epoch) {
  Command words("FCALL", redis::function_name("resign_leadership"), 3);
  words.add(keys_.leader()).add(keys_.seq()).add(keys_.events()).add(epoch.value);
  words.add(keys_.status_channel()).add(limits::events_kept);
  words.add(event_of("leader.resigned", "scheduler/" + name, std::nullopt, ""));
  auto reply = co_await send(std::move(words));
  if (!reply) co_return reply.error();
  co_return Result<>();
}

}  // namespace berth
