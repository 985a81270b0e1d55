// Who is there, and who leads.
#include "shared/redis/functions.hpp"
#include "shared/redis/model_text.hpp"
#include "shared/redis/redis_store.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace berth {
namespace {

using redis::Command;
using redis::compact_json;
using redis::parse_model;
using redis::Reply;

constexpr std::array executor_words{"info", "runtime",     "incarnation",  "beat",
                                    "left", "drain_since", "drain_reason", "drain_deadline"};

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

}  // namespace

Task<Result<std::uint64_t>> RedisStore::register_executor(ExecutorInfo info, std::uint64_t seen) {
  const RuntimeInfo runtime = std::exchange(info.runtime, {});
  Command words("FCALL", redis::function_name("register_executor"), 4);
  words.add(keys_.executor(info.name)).add(keys_.executors()).add(keys_.seq()).add(keys_.events());
  words.add(info.name).add(compact_json(info)).add(compact_json(runtime));
  words.add(keys_.status_channel()).add(limits::events_kept);
  words.add(event_of("executor.registered", "executor/" + info.name, info.name, "")).add(seen);
  auto reply = co_await send(std::move(words));
  if (!reply) co_return reply.error();
  const auto incarnation = reply->number();
  if (!incarnation) co_return broken_contract("an answer of register_executor");
  co_return *incarnation;
}

Task<Result<HeartbeatReply>> RedisStore::heartbeat(std::string name, std::uint64_t incarnation,
                                                   std::optional<RuntimeInfo> news) {
  Command words("FCALL", redis::function_name("heartbeat"), 1, keys_.executor(name), incarnation);
  if (news) words.add(compact_json(*news));
  auto reply = co_await send(std::move(words));
  if (!reply) co_return reply.error();
  HeartbeatReply heard;
  if (reply->items().size() > 1) heard.stop_jobs = reply->items()[1].text();
  co_return heard;
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
  Command read("HMGET", keys_.leader(), "name", "epoch", "beat", "resigned");
  auto reply = co_await send(std::move(read));
  if (!reply) co_return reply.error();
  const auto& words = reply->items();
  if (words.size() != 4) co_return broken_contract("the leader's record");
  if (words[1].is_nil()) co_return std::optional<Leader>();
  Leader leader;
  leader.name = words[0].text();
  leader.epoch = {words[1].number().value_or(0)};
  leader.beat = words[2].number().value_or(0);
  leader.resigned = words[3].text() == "1";
  co_return std::optional<Leader>(std::move(leader));
}

Task<Result<Epoch>> RedisStore::take_leadership(std::string name, std::optional<Leader> seen) {
  Command words("FCALL", redis::function_name("take_leadership"), 3);
  words.add(keys_.leader()).add(keys_.seq()).add(keys_.events()).add(name);
  words.add(seen ? std::to_string(seen->epoch.value) : "").add(seen ? std::to_string(seen->beat) : "");
  words.add(keys_.status_channel()).add(limits::events_kept);
  words.add(event_of("leader.elected", "scheduler/" + name, std::nullopt, ""));
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
