#include "shared/backup/restoration.hpp"

#include "shared/base/limits.hpp"
#include "shared/codec/fields.hpp"
#include "shared/model/job_lifecycle.hpp"
#include "shared/redis/functions.hpp"
#include "shared/redis/job_writes.hpp"
#include "shared/redis/scan.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <random>
#include <utility>

namespace berth::backup {
namespace {

using redis::Command;

constexpr std::size_t most_commands = 500;
constexpr std::size_t most_bytes = 1u << 20;

// Added to the versions of live jobs: whoever changed them after the backup, and still believes to, knows
// none of these.
constexpr std::uint64_t unknown_versions = 1'000'000;

std::string random_token() {
  std::random_device device;
  return std::to_string(device()) + "-" + std::to_string(device());
}

FieldList fields_of(const Words& words) {
  FieldList fields;
  for (std::size_t i = 0; i + 1 < words.size(); i += 2) fields.emplace_back(words[i], words[i + 1]);
  return fields;
}

std::string word_of(const FieldList& fields, std::string_view name) {
  for (const auto& [found, text] : fields) {
    if (found == name) return text;
  }
  return {};
}

// A member of a sorted set that is scored by id.
Words id_twice(JobId id) { return {to_string(id), to_string(id)}; }

// The fields with those of a record that was changed; what a newer Berth has written beside them stays.
FieldList replaced(FieldList fields, const Job& before, const Job& after) {
  for (const auto& [name, text] : to_fields(before)) {
    std::erase_if(fields, [&](const auto& field) { return field.first == name; });
  }
  for (auto& field : to_fields(after)) fields.push_back(std::move(field));
  return fields;
}

}  // namespace

Job restored(Job job, WallTime at) {
  if (is_terminal(job.status)) return job;
  if (holds_resources(job)) {
    const lifecycle::Event lost =
        lifecycle::ExecutorLost{"the cluster was restored from a backup that was taken while it ran"};
    auto ended = lifecycle::apply(job, lost, at);
    if (ended) job = std::move(*ended);
    if (job.reason == Reason::backoff) {
      const lifecycle::Event over = lifecycle::BackoffElapsed{};
      auto queued = lifecycle::apply(job, over, at);
      if (queued) job = std::move(*queued);
    }
  }
  job.version += unknown_versions;
  return job;
}

Task<Result<>> Restoration::put_back(Contents contents) {
  contents_ = std::move(contents);
  token_ = random_token();
  auto begun = co_await begin();
  if (!begun) co_return begun.error();
  auto written = co_await write_lines();
  if (!written) co_return written.error();
  auto ended = co_await end();
  co_return ended;
}

Task<Result<bool>> Restoration::is_unfinished() {
  Command look("HEXISTS", store_.keys().leader(), "restoring");
  auto reply = co_await store_.send(std::move(look));
  if (!reply) co_return reply.error();
  co_return reply->number() == 1u;
}

// Counts all keys of the cluster but the leader's record, and removes them.
Task<Result<std::uint64_t>> Restoration::sweep(bool remove) {
  std::uint64_t found = 0;
  redis::Scan scan(store_.keys().root());
  while (!scan.is_done()) {
    Command next = scan.next();
    auto reply = co_await store_.send(std::move(next));
    if (!reply) co_return reply.error();
    auto names = scan.take(*reply);
    if (!names) co_return store_.broken_contract("an answer of SCAN");
    std::erase(*names, store_.keys().leader());
    found += names->size();
    if (!remove || names->empty()) continue;
    Command unlink("UNLINK");
    for (const auto& name : *names) unlink.add(name);
    auto removed = co_await store_.send(std::move(unlink));
    if (!removed) co_return removed.error();
  }
  co_return found;
}

Task<Result<>> Restoration::begin() {
  const auto& keys = store_.keys();
  const auto unfinished = co_await is_unfinished();
  if (!unfinished) co_return unfinished.error();
  if (!*unfinished) {
    const auto found = co_await sweep(false);
    if (!found) co_return found.error();
    if (*found > 0) {
      co_return Error{ErrorKind::conflict, "it has " + std::to_string(*found) + " keys already"};
    }
  }
  Command call("FCALL", redis::function_name("begin_restore"));
  const std::array vital{keys.leader(), keys.last_job(), keys.seq(), keys.events(), keys.executors()};
  call.add(vital.size());
  for (const auto& key : vital) call.add(key);
  call.add(token_);
  auto reply = co_await store_.send(std::move(call));
  if (!reply) co_return reply.error();
  if (reply->number() != 1u) co_return Result<>();
  spdlog::warn("an earlier restore into this cluster was cut off: beginning again");
  const auto removed = co_await sweep(true);
  if (!removed) co_return removed.error();
  co_return Result<>();
}

Task<Result<>> Restoration::write_lines() {
  for (;;) {
    auto line = reader_.next();
    if (!line) co_return line.error();
    if (*line) add(**line);
    if (*line && command_count_ < most_commands && bytes_ < most_bytes) continue;
    auto flushed = co_await flush();
    if (!flushed) co_return flushed.error();
    if (!*line) co_return Result<>();
  }
}

void Restoration::add(const Line& line) {
  const auto& keys = store_.keys();
  if (const auto* job = std::get_if<JobRecord>(&line)) {
    const bool is_newest = contents_.newest[job->id] == reader_.line_number();
    if (is_newest && !contents_.gone.contains(job->id)) add_job(*job);
  } else if (const auto* event = std::get_if<EventEntry>(&line)) {
    Words words{event->id};
    words.insert(words.end(), event->words.begin(), event->words.end());
    add_command("XADD", keys.events(), words);
  } else if (const auto* piece = std::get_if<LogEntry>(&line)) {
    if (contents_.gone.contains(piece->job)) return;
    Words words{piece->id};
    words.insert(words.end(), piece->words.begin(), piece->words.end());
    add_command("XADD", keys.log(piece->job, piece->attempt), words);
  } else if (const auto* request = std::get_if<KnownRequest>(&line)) {
    add_command("SET", keys.idempotency(request->key),
                {request->jobs, "PX", std::to_string(std::max<std::int64_t>(request->left.count(), 1))});
  } else if (const auto* order = std::get_if<DrainOrder>(&line)) {
    add_command("HSET", keys.executor(order->executor), order->words);
  }
}

void Restoration::add_job(const JobRecord& record) {
  const auto& keys = store_.keys();
  FieldList fields = fields_of(record.words);
  auto job = from_fields<Job>(fields);
  std::string status;
  if (job) {
    const Job after = restored(*job, contents_.end.at);
    if (holds_resources(*job)) ++interrupted_;
    if (after != *job) fields = replaced(std::move(fields), *job, after);
    status = to_string(after.status);
    if (after.definition.name)
      add_command("ZADD", keys.with_name(*after.definition.name), id_twice(record.id));
  } else {
    // As a cluster treats such a record: it is there, and harms no other.
    spdlog::error("job {}: its record can't be read, and is restored as it is: {}", to_string(record.id),
                  job.error().message);
    status = word_of(fields, "status");
  }
  const auto known = parse_enum<JobStatus>(status).value_or(JobStatus::pending);
  Words words;
  for (auto& [name, text] : fields) {
    words.push_back(std::move(name));
    words.push_back(std::move(text));
  }
  add_command("HSET", keys.job(record.id), words);
  add_command("ZADD", keys.with_status(known), id_twice(record.id));
}

void Restoration::add_command(std::string_view name, const std::string& key, const Words& words) {
  const auto place = std::find(keys_.begin(), keys_.end(), key);
  const auto index = place - keys_.begin() + 2;  // the first is the leader's
  if (place == keys_.end()) keys_.push_back(key);
  commands_.add(name).add(index).add(words.size());
  for (const auto& word : words) {
    commands_.add(word);
    bytes_ += word.size();
  }
  ++command_count_;
}

Task<Result<>> Restoration::flush() {
  if (command_count_ == 0) co_return Result<>();
  Command call("FCALL", redis::function_name("write_restored"), keys_.size() + 1, store_.keys().leader());
  for (const auto& key : keys_) call.add(key);
  call.add(token_).append(commands_);
  keys_.clear();
  commands_ = Command();
  command_count_ = bytes_ = 0;
  auto reply = co_await store_.send(std::move(call));
  if (!reply) co_return reply.error();
  co_return Result<>();
}

Task<Result<>> Restoration::end() {
  const auto& keys = store_.keys();
  const auto& end = contents_.end;
  Event event;
  event.at = SystemClock().wall();
  event.type = "cluster.restored";
  event.actor = "restore";
  event.message = std::to_string(end.jobs) + " jobs, as they were at " + to_string(end.at);
  Command call("FCALL", redis::function_name("end_restore"), 4);
  call.add(keys.leader()).add(keys.seq()).add(keys.events()).add(keys.last_job());
  call.add(token_).add(std::max(end.last_job, ids_above_)).add(end.seq).add(end.epoch);
  call.add(keys.status_channel()).add(limits::events_kept).add(redis::event_body(event));
  auto reply = co_await store_.send(std::move(call));
  if (!reply) co_return reply.error();
  co_return Result<>();
}

}  // namespace berth::backup
