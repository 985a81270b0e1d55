// Calls to a store as values: each knows its words for a report, and answers in text, so that two stores'
// answers to it can be compared and shown.
#pragma once

#include "shared/redis/model_text.hpp"
#include "shared/store/store.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace berth::test {

struct Call {
  std::string text;
  std::function<Task<std::string>(Store&)> make;
};

// --- answers in text ---
inline std::string text_of(std::uint64_t number) { return std::to_string(number); }
inline std::string text_of(const std::string& position) { return position; }
inline std::string text_of(JobId id) { return to_string(id); }
inline std::string text_of(Epoch epoch) { return "epoch " + std::to_string(epoch.value); }
inline std::string text_of(const Job& job) { return redis::compact_json(job); }
inline std::string text_of(const Event& event) { return redis::compact_json(event); }

inline std::string text_of(const Changed& changed) {
  return (changed.outcome == Changed::Outcome::done ? "done " : "conflict ") +
         std::to_string(changed.version);
}
inline std::string text_of(const InboxEntry& entry) { return entry.position + " " + text_of(entry.job); }
inline std::string text_of(const HeartbeatReply& heard) { return "stop: " + heard.stop_jobs.value_or("no"); }
inline std::string text_of(const UsageReport& report) { return format_usage(report); }
inline std::string text_of(const Leader& leader) {
  return leader.name + " epoch " + std::to_string(leader.epoch.value) + " beat " +
         std::to_string(leader.beat) + (leader.resigned ? " resigned" : "");
}
inline std::string text_of(const LogPiece& piece) {
  return std::to_string(piece.end) + "-" + std::to_string(piece.stream) + " from " +
         std::to_string(piece.stream_start) + " at " + std::to_string(piece.at.milliseconds) + ": " +
         piece.bytes;
}
inline std::string text_of(const LogSize& size) {
  return std::to_string(size.both) + ": " + std::to_string(size.out) + " and " + std::to_string(size.err);
}
// A drain's instants are the store's own: only the time between them is anybody's word.
inline std::string text_of(const RegisteredExecutor& executor) {
  std::string text = redis::compact_json(executor.info) + " incarnation " +
                     std::to_string(executor.incarnation) + " beat " + std::to_string(executor.beat) +
                     (executor.has_left ? " left" : "");
  const auto& drain = executor.drain;
  if (!drain) return text;
  text += " drain: " + drain->reason;
  return drain->deadline ? text + " within " + to_string(*drain->deadline - drain->since) : text;
}

inline std::string text_of(const std::map<std::string, WebhookProgress>& webhooks) {
  std::string text;
  for (const auto& [target, progress] : webhooks) {
    text += target + " at " + std::to_string(progress.position) + " owed";
    for (const auto seq : progress.owed) text += " " + std::to_string(seq);
    text += "; ";
  }
  return text;
}

template <class T>
std::string text_of(const std::optional<T>& value) {
  return value ? text_of(*value) : "nothing";
}
template <class List>
std::string text_of_each(const List& list) {
  std::string text = "[";
  for (const auto& one : list) text += (text.size() > 1 ? ", " : "") + text_of(one);
  return text + "]";
}
template <class T>
std::string text_of(const std::vector<T>& list) {
  return text_of_each(list);
}
inline std::string text_of(const std::array<std::uint64_t, 5>& counts) { return text_of_each(counts); }
inline std::string text_of(const Admitted& admitted) {
  return (admitted.repeated ? "known " : "new ") + text_of(admitted.ids);
}

// What was answered. Of an error the kind alone: its words are each store's own.
template <class T>
Task<std::string> told(Task<Result<T>> call) {
  auto answer = co_await std::move(call);
  if (!answer) co_return "error " + std::to_string(static_cast<int>(answer.error().kind));
  if constexpr (std::is_void_v<T>) {
    co_return "done";
  } else {
    co_return text_of(*answer);
  }
}

// --- every call that leaves things as they are, of a store with jobs up to `last` ---
inline std::vector<Call> all_reads(std::uint64_t last, const std::vector<std::string>& executors) {
  std::vector<Call> calls;
  std::vector<JobId> ids;
  for (std::uint64_t id = 1; id <= last; ++id) ids.push_back({id});
  calls.push_back({"jobs", [ids](Store& store) { return told(store.jobs(ids)); }});
  JobQuery query;
  query.limit = 1000;
  calls.push_back({"find_jobs", [query](Store& store) { return told(store.find_jobs(query)); }});
  for (const auto status : {JobStatus::pending, JobStatus::running, JobStatus::succeeded, JobStatus::failed,
                            JobStatus::aborted}) {
    query.statuses = {status};
    calls.push_back({"find_jobs " + std::string(to_string(status)),
                     [query](Store& store) { return told(store.find_jobs(query)); }});
  }
  calls.push_back({"count_jobs", [](Store& store) { return told(store.count_jobs()); }});
  calls.push_back({"ended_jobs", [](Store& store) { return told(store.ended_jobs({0}, 1000)); }});
  calls.push_back({"last_event", [](Store& store) { return told(store.last_event()); }});
  calls.push_back(
      {"read_events", [](Store& store) { return told(store.read_events(0, 10'000, deadline_in({}))); }});
  calls.push_back({"executors", [](Store& store) { return told(store.executors()); }});
  calls.push_back({"usage", [executors](Store& store) { return told(store.usage(executors)); }});
  calls.push_back({"leader", [](Store& store) { return told(store.leader()); }});
  calls.push_back({"webhook_progress", [](Store& store) { return told(store.webhook_progress()); }});
  for (const auto& name : executors) {
    calls.push_back(
        {"assigned_jobs " + name, [name](Store& store) { return told(store.assigned_jobs(name)); }});
    calls.push_back({"inbox_end " + name, [name](Store& store) { return told(store.inbox_end(name)); }});
    calls.push_back({"read_inbox " + name,
                     [name](Store& store) { return told(store.read_inbox(name, "0-0", deadline_in({}))); }});
  }
  for (const JobId id : ids) {
    for (std::uint32_t attempt = 1; attempt <= 3; ++attempt) {
      calls.push_back({"read_log " + to_string(id) + " " + std::to_string(attempt),
                       [=](Store& store) { return told(store.read_log(id, attempt, 0)); }});
      calls.push_back({"log_size " + to_string(id) + " " + std::to_string(attempt),
                       [=](Store& store) { return told(store.log_size(id, attempt)); }});
    }
  }
  return calls;
}

}  // namespace berth::test
