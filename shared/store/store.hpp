// The port to the truth: jobs, events, executors, leadership, webhooks, logs. Redis stands behind it; tests
// and the simulation have a fake that is held to the same contract (tests/contract).
//
// Every function is atomic and durable when it returns success. Errors: unavailable and timeout leave the
// outcome unknown (repeat it if it is idempotent, else read); refused means that the store declined (out of
// memory, read-only).
#pragma once

#include "shared/base/limits.hpp"
#include "shared/base/result.hpp"
#include "shared/model/event.hpp"
#include "shared/model/executor_info.hpp"
#include "shared/model/job.hpp"
#include "shared/model/usage.hpp"
#include "shared/runtime/async.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace berth {

// Proof of leadership: every write of a leader carries it, and is refused once a later leader has been
// elected.
struct Epoch {
  std::uint64_t value = 0;
  auto operator<=>(const Epoch&) const = default;
};

// A client's promise that equal keys mean the same request. `body_hash` tells a repeated request from a
// misused key.
struct IdempotencyKey {
  std::string key;
  std::string body_hash;
};

struct Admitted {
  std::vector<JobId> ids;  // in the order of the request
  bool repeated = false;   // the key was known: these are the jobs of the first request
};

// One change of one job: the record as the caller read it, and as it shall be. `after.version` is set by the
// store.
struct Change {
  Job before;
  Job after;
  std::string event;  // its type, "job.started"
  std::string actor;
};

// What became of one change.
struct Changed {
  enum class Outcome {
    done,  // `version` is the record's new version
    // Nothing was written: the record has another version (`version`), is gone (0), or is that of another job
    // or assignment to which a store that went back in time gave the same numbers.
    conflict,
  };
  Outcome outcome = Outcome::done;
  std::uint64_t version = 0;
};

// What an executor finds in its inbox: the record as of then. An entry may come twice; number and version
// tell.
struct InboxEntry {
  std::string position;  // where it stands in the inbox
  Job job;               // ASSIGNED: run it. abort_requested_at set: end it
};

struct JobQuery {
  std::vector<JobStatus> statuses;  // empty: all
  std::optional<std::string> name;  // exact
  std::optional<JobId> before;      // only ids below this
  std::size_t limit = 100;
};

struct RegisteredExecutor {
  ExecutorInfo info;
  std::optional<Drain> drain;     // as operators set it; kept over registrations
  std::uint64_t incarnation = 0;  // rises with every registration
  std::uint64_t beat = 0;         // rises with every heartbeat
  bool has_left = false;          // it stopped in order: nobody runs under this name
};

// What was last seen of an executor.
struct Sighting {
  std::string executor;
  std::uint64_t incarnation = 0;
  std::uint64_t beat = 0;
};

// What an executor hears with its heartbeat.
struct HeartbeatReply {
  std::optional<std::string> stop_jobs;  // its drain's deadline has passed: the operator's words
};

// Who leads, and a counter that the leader alone raises: when it stands still, the leader has gone.
struct Leader {
  std::string name;
  Epoch epoch;
  std::uint64_t beat = 0;
  bool resigned = false;
};

// How far deliveries to one target are.
struct WebhookProgress {
  std::uint64_t position = 0;       // every event up to this one has been looked at for it
  std::vector<std::uint64_t> owed;  // of these, the ones that are still to be delivered, rising
  bool operator==(const WebhookProgress&) const = default;
};
struct WebhookNote {
  std::string target;                       // whatever the leader calls it
  std::optional<WebhookProgress> progress;  // absent: forget it
};

// One piece of an attempt's output. `end` is the offset behind it in both streams together: its key, rising.
struct LogPiece {
  std::uint64_t end = 0;
  std::uint8_t stream = 1;         // 1 stdout, 2 stderr
  std::uint64_t stream_start = 0;  // offset of its first byte in its own stream
  WallTime at{};
  std::string bytes;
};

// How many bytes of an attempt's output there are up to some point, kept or not.
struct LogSize {
  std::uint64_t both = 0;  // of both streams together
  std::uint64_t out = 0;
  std::uint64_t err = 0;
  bool operator==(const LogSize&) const = default;
};
// Up to the end of a piece: what isn't of its stream is of the other.
inline LogSize size_up_to(const LogPiece& piece) {
  const auto own = piece.stream_start + piece.bytes.size();
  const auto other = piece.end - own;
  return piece.stream == 1 ? LogSize{piece.end, own, other} : LogSize{piece.end, other, own};
}

// Of `stream`, or of both without it.
inline std::uint64_t chosen_of(const LogSize& size, std::optional<std::uint8_t> stream) {
  if (!stream) return size.both;
  return *stream == 1 ? size.out : size.err;
}

// From where somebody wants a log.
struct LogStart {
  std::optional<std::uint8_t> stream;  // whose `offset` it is; absent: of both together
  std::uint64_t offset = 0;            // unless there is an instant
  std::optional<WallTime> since;
};

// Says when a job's log has grown. A hint: it may come for nothing, or not at all when the connection broke.
class LogWatch {
 public:
  virtual ~LogWatch() = default;
  // Returns when append_log was called for the job since the watch began or since the last wait(), or at the
  // deadline.
  virtual Task<> wait(Deadline deadline) = 0;
};

class Store {
 public:
  virtual ~Store() = default;

  // Calls that failed since the store was made, for its operator; a conflict is an answer, not a failure.
  virtual std::uint64_t failed_calls() const { return 0; }

  // --- jobs ---
  // Gives each definition an id and stores it as PENDING(QUEUED): all or none. With a key that is known,
  // nothing new is stored; another hash under the same key is a conflict.
  virtual Task<Result<Admitted>> admit(std::vector<JobDefinition> definitions,
                                       std::optional<IdempotencyKey> key, std::string actor) = 0;
  // Writes each change whose `before.version` is still the record's; the others are left alone. With an
  // epoch, all are refused (conflict) if a later leader exists. A change to ASSIGNED, or one that requests an
  // abort of an attempt, is put into that executor's inbox in the same step. One result a change, in order.
  virtual Task<Result<std::vector<Changed>>> transition(std::vector<Change> changes,
                                                        std::optional<Epoch> epoch) = 0;
  // The same of attempts on an executor that is silent, and only while it is: once it has been heard from
  // since `last`, all are conflicts.
  virtual Task<Result<std::vector<Changed>>> lose_attempts(std::vector<Change> changes, Epoch epoch,
                                                           Sighting last) = 0;
  virtual Task<Result<std::vector<std::optional<Job>>>> jobs(std::vector<JobId> ids) = 0;
  // Newest first.
  virtual Task<Result<std::vector<JobId>>> find_jobs(JobQuery query) = 0;
  virtual Task<Result<std::array<std::uint64_t, 5>>> count_jobs() = 0;  // by JobStatus
  // Those that have ended, of ids above `after`, oldest first.
  virtual Task<Result<std::vector<JobId>>> ended_jobs(JobId after, std::size_t limit) = 0;
  // Deletes records and logs of jobs that have ended, as they were read; one that is gone or has another
  // version is left alone. Returns how many were deleted. conflict: a later leader exists.
  virtual Task<Result<std::size_t>> forget_jobs(std::vector<Job> jobs, Epoch epoch) = 0;

  // --- events ---
  virtual Task<Result<std::uint64_t>> last_event() = 0;
  // Rises when this process notices that the store went back in time, so that what was read of it before may
  // be untrue.
  virtual std::uint64_t history() const = 0;
  // Events after `seq`, oldest first, waiting for one until the deadline: then an empty list. conflict: after
  // a loss of contact the store ends before `seq`; it went back in time, and whoever reads starts over.
  virtual Task<Result<std::vector<Event>>> read_events(std::uint64_t seq, std::size_t limit,
                                                       Deadline deadline) = 0;

  // --- executors ---
  // Returns the new incarnation. An operator's drain is kept. `seen` is the incarnation that holds the name
  // now, 0 for none. conflict: it is another one, somebody was faster.
  virtual Task<Result<std::uint64_t>> register_executor(ExecutorInfo info, std::uint64_t seen) = 0;
  // Raises the beat; `news` replaces what is stored of its runtime, `usage` what its containers use.
  // conflict: another incarnation has taken the name, or the record is gone.
  virtual Task<Result<HeartbeatReply>> heartbeat(std::string name, std::uint64_t incarnation,
                                                 std::optional<RuntimeInfo> news,
                                                 std::optional<UsageReport> usage) = 0;
  // What the containers of these executors use, in the same order: what each told within its last
  // limits::usage_beats beats, else nothing. It isn't part of what executors() tells, because who watches the
  // executors has no use for it.
  virtual Task<Result<std::vector<std::optional<UsageReport>>>> usage(std::vector<std::string> executors) = 0;
  // The incarnation stops in order: the next one of this name needn't wait to see that it is gone.
  virtual Task<Result<>> leave_executor(std::string name, std::uint64_t incarnation) = 0;
  // No new jobs from now on; after `deadline` (counted by the store's clock) what runs there is stopped too.
  // Again: replaces the order before. conflict: no such executor.
  virtual Task<Result<>> drain_executor(std::string name, std::string reason,
                                        std::optional<Milliseconds> deadline, std::string actor) = 0;
  // Takes that back. conflict: no such executor.
  virtual Task<Result<>> resume_executor(std::string name, std::string actor) = 0;
  virtual Task<Result<std::vector<RegisteredExecutor>>> executors() = 0;
  // Live attempts of an executor: what it must know when it starts.
  virtual Task<Result<std::vector<Job>>> assigned_jobs(std::string executor) = 0;
  // The position behind the newest entry.
  virtual Task<Result<std::string>> inbox_end(std::string executor) = 0;
  // Entries after a position, waiting until the deadline; those up to it are forgotten. conflict: as
  // read_events.
  virtual Task<Result<std::vector<InboxEntry>>> read_inbox(std::string executor, std::string position,
                                                           Deadline deadline) = 0;

  // --- leadership ---
  virtual Task<Result<std::optional<Leader>>> leader() = 0;
  // Takes over from `seen` (what leader() returned, nothing if nobody led). conflict: somebody was faster.
  virtual Task<Result<Epoch>> take_leadership(std::string name, std::optional<Leader> seen) = 0;
  virtual Task<Result<>> renew_leadership(Epoch epoch) = 0;  // conflict: deposed
  // The next one need not wait. `name` is the one that led with `epoch`.
  virtual Task<Result<>> resign_leadership(std::string name, Epoch epoch) = 0;

  // --- webhooks ---
  // What the leader has noted, by target.
  virtual Task<Result<std::map<std::string, WebhookProgress>>> webhook_progress() = 0;
  // Notes for the next leader, at most limits::max_batch targets a call, each once: all or none. What isn't
  // named stays. conflict: a later leader exists.
  virtual Task<Result<>> note_webhooks(std::vector<WebhookNote> notes, Epoch epoch) = 0;

  // --- logs ---
  // Appends pieces in order. A piece that is stored already (same `end`) is skipped: repeating a call is
  // safe. Entries named in `drop` (by their `end` and stream) are removed. Followers of the job are woken.
  virtual Task<Result<>> append_log(JobId job, std::uint32_t attempt, std::vector<LogPiece> pieces,
                                    std::vector<LogPiece> drop) = 0;
  // Pieces with `end` > after, oldest first, of about `most` bytes; one at least, if there is any.
  virtual Task<Result<std::vector<LogPiece>>> read_log_page(JobId job, std::uint32_t attempt,
                                                            std::uint64_t after, std::size_t most) = 0;
  Task<Result<std::vector<LogPiece>>> read_log(JobId job, std::uint32_t attempt, std::uint64_t after) {
    return read_log_page(job, attempt, after, limits::log_page);
  }
  // An `after` for read_log: what comes before isn't wanted, and of that it leaves one piece at least, if
  // there is any. It may leave more, up to all (0): only long logs have a quick way to it. An instant is
  // found as if clocks never went back.
  virtual Task<Result<std::uint64_t>> seek_log(JobId job, std::uint32_t attempt, LogStart start) = 0;
  // Up to the end of the newest piece; zeros where there is none.
  virtual Task<Result<LogSize>> log_size(JobId job, std::uint32_t attempt) = 0;
  // Watches the log of a job for as long as the object lives (which must not outlive the store).
  virtual std::unique_ptr<LogWatch> watch_log(JobId job) = 0;
};

}  // namespace berth
