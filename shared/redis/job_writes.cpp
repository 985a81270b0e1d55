#include "shared/redis/job_writes.hpp"

#include "shared/codec/fields.hpp"
#include "shared/redis/functions.hpp"
#include "shared/redis/model_text.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace berth::redis {
namespace {

// The keys that a transition call refers to by their place, each once.
class KeyTable {
 public:
  explicit KeyTable(const std::vector<std::string>& first) {
    for (const auto& key : first) place_of(key);
  }

  long place_of(const std::string& key) {
    const auto [found, is_new] = places_.try_emplace(key, static_cast<long>(all_.size()) + 1);
    if (is_new) all_.push_back(key);
    return found->second;
  }
  const std::vector<std::string>& all() const { return all_; }

 private:
  std::unordered_map<std::string, long> places_;
  std::vector<std::string> all_;
};

// Words that differ between two records.
struct Difference {
  std::vector<std::pair<std::string, std::string>> set;
  std::vector<std::string> deleted;
};

FieldList::const_iterator find(const FieldList& list, std::string_view name) {
  return std::find_if(list.begin(), list.end(), [&](const auto& field) { return field.first == name; });
}

std::string text_of(const FieldList& list, std::string_view name) {
  const auto found = find(list, name);
  return found == list.end() ? std::string() : found->second;
}

// By these words a record is known again, whatever a store that went back in time has given anew.
void add_as_read(const FieldList& record, std::uint64_t version, Command& words) {
  words.add(version);
  for (const auto* name : {"status", "created_at", "scheduled_at"}) words.add(text_of(record, name));
}

Difference difference(const FieldList& old_fields, FieldList new_fields) {
  Difference result;
  for (const auto& [name, text] : old_fields) {
    if (find(new_fields, name) == new_fields.end()) result.deleted.push_back(name);
  }
  for (auto& field : new_fields) {
    const auto old_field = find(old_fields, field.first);
    if (old_field == old_fields.end() || old_field->second != field.second)
      result.set.push_back(std::move(field));
  }
  return result;
}

std::optional<std::string> holder(const Job& job) {
  return holds_resources(job) ? job.executor : std::nullopt;
}

void add_moves(const Keys& keys, const Job& before, const Job& after, KeyTable& table, Command& words) {
  std::vector<long> moves;
  if (before.status != after.status) {
    moves.push_back(-table.place_of(keys.with_status(before.status)));
    moves.push_back(table.place_of(keys.with_status(after.status)));
  }
  const auto was = holder(before);
  const auto is = holder(after);
  if (was != is) {
    if (was) moves.push_back(-table.place_of(keys.assigned(*was)));
    if (is) moves.push_back(table.place_of(keys.assigned(*is)));
  }
  words.add(moves.size());
  for (const long move : moves) words.add(move);
}

void add_change(const Keys& keys, Change& change, WallTime now, KeyTable& table, Command& words) {
  const std::string body = event_body(event_of(change, now));
  auto& [before, after, type, actor] = change;
  const auto told = told_executor(before, after);
  after.version = before.version + 1;
  const std::string entry = told ? compact_json(after) : std::string();
  // The definition never changes in practice, and is most of the record: don't encode it twice to find that
  // out. The version is a word of its own.
  if (before.definition == after.definition) before.definition = after.definition = {};
  const auto version = before.version;
  before.version = after.version = 0;
  const FieldList known = to_fields(before);
  const Difference changed = difference(known, to_fields(after));
  words.add(after.id.value);
  add_as_read(known, version, words);
  words.add(version + 1);
  words.add(changed.set.size() * 2);
  for (const auto& [name, text] : changed.set) words.add(name).add(text);
  words.add(changed.deleted.size());
  for (const auto& name : changed.deleted) words.add(name);
  add_moves(keys, before, after, table, words);
  words.add(told ? table.place_of(keys.inbox(*told)) : 0).add(entry).add(body);
}

}  // namespace

std::string event_body(const Event& event) { return compact_json(event).substr(1); }

std::optional<std::string> told_executor(const Job& before, const Job& after) {
  const bool is_assigned = after.reason == Reason::assigned &&
                           (before.reason != Reason::assigned || before.attempt != after.attempt);
  const bool is_to_end = after.abort_requested_at && !before.abort_requested_at && holds_resources(after);
  return is_assigned || is_to_end ? after.executor : std::nullopt;
}

Event event_of(const Change& change, WallTime now) {
  const Job& after = change.after;
  Event event;
  event.at = now;
  event.type = change.event;
  event.job = after.id;
  event.status = after.status;
  event.reason = after.reason;
  event.cause = after.cause;
  event.attempt = after.attempt;
  event.executor = after.executor;
  event.actor = change.actor;
  event.message = after.message;
  event.version = change.before.version + 1;
  event.webhooks = !after.definition.webhooks.empty();
  return event;
}

Job new_job(WallTime now) {
  Job job;
  job.status = JobStatus::pending;
  job.reason = Reason::queued;
  job.created_at = now;
  job.version = 1;
  return job;
}

Command admit_command(const Keys& keys, const std::vector<JobDefinition>& definitions,
                      const std::optional<IdempotencyKey>& key, const std::string& actor, WallTime now) {
  const Job job = new_job(now);
  Event event;
  event.at = now;
  event.type = "job.submitted";
  event.status = job.status;
  event.reason = job.reason;
  event.actor = actor;
  event.version = job.version;
  FieldList common = to_fields(job);
  std::erase_if(common, [](const auto& field) { return field.first == "definition" || field.first == "id"; });

  Command words("FCALL", function_name("admit"));
  words.add(key ? 6 : 5);
  words.add(keys.last_job()).add(keys.seq()).add(keys.events()).add(keys.with_status(JobStatus::pending));
  words.add(keys.leader());
  if (key) words.add(keys.idempotency(key->key));
  words.add(keys.job_prefix()).add(keys.name_prefix()).add(keys.status_channel()).add(limits::events_kept);
  words.add(key ? key->body_hash : std::string())
      .add(limits::idempotency_retention.count())
      .add(event_body(event));
  words.add(common.size() * 2);
  for (const auto& [name, text] : common) words.add(name).add(text);
  for (const auto& definition : definitions) {
    words.add(definition.name.value_or(std::string())).add(compact_json(definition));
    words.add(definition.webhooks.empty() ? "" : R"("webhooks":true,)");
  }
  return words;
}

std::size_t batch_size(std::span<const Change> changes) {
  std::unordered_set<JobId> jobs;
  std::size_t size = 0;
  while (size < changes.size() && size < limits::max_batch && jobs.insert(changes[size].after.id).second)
    ++size;
  return size;
}

Command transition_command(const Keys& keys, std::span<Change> changes, std::optional<Epoch> epoch,
                           const std::optional<Sighting>& last, WallTime now) {
  KeyTable table({keys.seq(), keys.events(), keys.leader()});
  Command tail;
  if (last) {
    tail.add(table.place_of(keys.executor(last->executor))).add(last->incarnation).add(last->beat);
  } else {
    tail.add(0u).add("").add("");
  }
  for (Change& change : changes) add_change(keys, change, now, table, tail);
  Command words("FCALL", function_name("transition"));
  words.add(table.all().size());
  for (const auto& key : table.all()) words.add(key);
  words.add(epoch ? std::to_string(epoch->value) : std::string());
  words.add(keys.job_prefix()).add(keys.status_channel()).add(limits::events_kept);
  words.append(tail);
  return words;
}

Command forget_command(const Keys& keys, const std::vector<Job>& jobs, Epoch epoch) {
  KeyTable table({keys.leader()});
  Command tail;
  for (const Job& job : jobs) {
    tail.add(job.id.value);
    add_as_read(to_fields(job), job.version, tail);
    tail.add(table.place_of(keys.with_status(job.status)));
    tail.add(job.definition.name.value_or(std::string())).add(job.attempt);
  }
  Command words("FCALL", function_name("forget_jobs"));
  words.add(table.all().size());
  for (const auto& key : table.all()) words.add(key);
  words.add(epoch.value).add(keys.job_prefix()).add(keys.name_prefix()).add(keys.log_prefix());
  words.append(tail);
  return words;
}

}  // namespace berth::redis
