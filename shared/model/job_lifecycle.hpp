// The life of a job: which change is legal in which state, and what it makes of the record. Written once,
// here, and pure; scheduler and executor both apply it, and the store only compares and sets. Drawn in
// docs/job-lifecycle.md.
#pragma once

#include "shared/model/job.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace berth::lifecycle {

// Status and reason as one word. ABORTING is the state of an attempt that was asked to end before its process
// ran: the record keeps saying PENDING and how far it is, and nothing new starts.
enum class State {
  queued,
  unsatisfiable,
  backoff,
  held,
  assigned,
  pulling,
  starting,
  aborting,
  executing,
  stopping,
  succeeded,
  failed,
  aborted,
};
inline constexpr std::size_t state_count = 13;

State state_of(const Job& job);
std::string_view to_string(State state);

// How an attempt ended, as its executor saw it.
struct Outcome {
  Cause cause = Cause::exit_unknown;
  std::optional<int> exit_code;
  std::optional<std::string> signal;
  bool oom_killed = false;
  std::optional<Bytes> peak_memory;
  std::optional<Milliseconds> cpu_time;
  std::string message;
  std::optional<WallTime> started_at;  // more exact than when Started was told; absent: that stands
  WallTime finished_at{};
  Steps steps{};  // what is absent here stands as it was told before
  std::optional<AttemptOutput> output{};
  bool operator==(const Outcome&) const = default;
};

// --- what can happen to a job; by whom ---
struct Assigned {
  std::string executor;
  std::vector<std::string> gpus = {};  // uuids
  std::string why = {};                // there
};                                     // scheduler: placed
struct Unsatisfiable {
  std::string message;
};                         // scheduler: no executor could run it even when idle
struct Satisfiable {};     // scheduler: one could, it waits in the queue again
struct BackoffElapsed {};  // scheduler: time for the next attempt
struct QueueTimedOut {
  std::string message;
};  // scheduler: not placed for too long
struct ExecutorLost {
  std::string message;
};  // scheduler: its machine fell silent
struct AbortRequested {
  std::string message;
};  // API: a person asked for it
struct Pulling {
  std::string message;
};                   // executor: the image is being pulled; again: progress
struct Starting {};  // executor: the container is being made
struct Started {
  WallTime at{};
  Steps steps{};
};  // executor: the process runs
struct Stopping {
  std::string message;
};  // executor: it was asked to end (timeout)
struct Noted {
  std::string message;
};  // executor: something a person wants to know; changes no state
struct AttemptEnded {
  Outcome outcome;
};  // executor: it's over

using Event = std::variant<Assigned, Unsatisfiable, Satisfiable, BackoffElapsed, QueueTimedOut, ExecutorLost,
                           AbortRequested, Pulling, Starting, Started, Stopping, Noted, AttemptEnded>;
inline constexpr std::size_t event_count = std::variant_size_v<Event>;

std::string_view event_name(const Event& event);

// Whether the event may happen in the state: the table.
bool is_legal(State state, const Event& event);

// The record after the event, its version still the old one (the store sets it). Error conflict when the
// event isn't legal in the record's state; the record is then as it was. `now` stamps what the event itself
// doesn't.
Result<Job> apply(const Job& job, const Event& event, WallTime now);

// The type under which the change is published: "job.started", "job.failed", "job.backoff" …
std::string feed_type(const Event& event, const Job& after);

// How long the given retry waits: `backoff` doubled from one to the next, at most limits::longest_backoff.
// `retry` counts from 1.
Milliseconds retry_delay(Milliseconds backoff, std::uint32_t retry);

}  // namespace berth::lifecycle
