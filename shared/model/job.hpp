// The job record: the truth about one job, as it lies in the store and as the API shows it.
#pragma once

#include "shared/base/ids.hpp"
#include "shared/model/job_definition.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace berth {

// The five words. SUCCEEDED only with exit code 0 that was really observed.
enum class JobStatus { pending, running, succeeded, failed, aborted };

template <>
struct EnumNames<JobStatus> {
  static constexpr std::array<std::pair<JobStatus, std::string_view>, 5> names{{
      {JobStatus::pending, "PENDING"},
      {JobStatus::running, "RUNNING"},
      {JobStatus::succeeded, "SUCCEEDED"},
      {JobStatus::failed, "FAILED"},
      {JobStatus::aborted, "ABORTED"},
  }};
};

inline bool is_terminal(JobStatus status) {
  return status != JobStatus::pending && status != JobStatus::running;
}

// Where in its status a live job is.
enum class Reason {
  queued,         // waits for room
  unsatisfiable,  // no executor could run it even when idle
  backoff,        // waits before its next attempt
  held,           // never placed: its record can't be read
  assigned,       // an executor has it
  pulling,        // its image is being pulled
  starting,       // its container is being made
  executing,      // its process runs
  stopping,       // it was asked to end
};

template <>
struct EnumNames<Reason> {
  static constexpr std::array<std::pair<Reason, std::string_view>, 9> names{{
      {Reason::queued, "QUEUED"},
      {Reason::unsatisfiable, "UNSATISFIABLE"},
      {Reason::backoff, "BACKOFF"},
      {Reason::held, "HELD"},
      {Reason::assigned, "ASSIGNED"},
      {Reason::pulling, "PULLING"},
      {Reason::starting, "STARTING"},
      {Reason::executing, "EXECUTING"},
      {Reason::stopping, "STOPPING"},
  }};
};

// When an executor came how far with an attempt, on its own clock. What it didn't come to is absent.
struct Steps {
  std::optional<WallTime> begun_at;    // it took the attempt up
  std::optional<WallTime> pull_at;     // the image wasn't there: its pull began
  std::optional<WallTime> pulled_at;   // and was over
  std::optional<WallTime> created_at;  // the container was made
  std::optional<WallTime> stop_at;     // the process was asked to end
  bool operator==(const Steps&) const = default;
};

// What an attempt wrote, of stdout and stderr together.
struct AttemptOutput {
  std::uint64_t bytes = 0;  // also those that aren't kept
  // Of all of them, in the order in which they are kept. Absent: some aren't, or that isn't certain.
  std::optional<std::string> sha256;
  bool operator==(const AttemptOutput&) const = default;
};

// One placement of a job on one executor. `number` counts from 1 and doubles as the fence: the later attempt
// of a job always has the larger one.
struct Attempt {
  std::uint32_t number = 0;
  std::string executor;
  std::vector<std::string> gpus;  // uuids of the devices it holds, as many as were asked for
  WallTime assigned_at{};
  std::optional<WallTime> started_at;
  std::optional<WallTime> finished_at;
  std::optional<Cause> cause;
  std::optional<int> exit_code;
  std::optional<std::string> signal;
  bool oom_killed = false;
  std::optional<Bytes> peak_memory;      // the highest use, if known
  std::optional<Milliseconds> cpu_time;  // user and system time of all its processes, if known
  std::string message;
  std::string why{};  // it was placed there
  Steps steps{};
  std::optional<AttemptOutput> output{};  // once its end was seen
  bool operator==(const Attempt&) const = default;
};

struct Job {
  JobId id;
  JobDefinition definition;
  JobStatus status = JobStatus::pending;
  std::optional<Reason> reason;  // absent once the job has ended
  std::optional<Cause> cause;    // present once the job has ended
  std::string message;           // for a person: what it waits for, or why it ended so
  std::uint32_t attempt = 0;     // the current or last attempt's number; 0 before the first
  std::vector<Attempt> attempts;
  std::optional<std::string> executor;  // of the live attempt, or of the last one
  WallTime created_at{};
  std::optional<WallTime> scheduled_at;        // when the current attempt was assigned
  std::optional<WallTime> started_at;          // when its process began to run
  std::optional<WallTime> finished_at;         // when the job ended
  std::optional<WallTime> retry_at;            // end of the current backoff
  std::optional<WallTime> abort_requested_at;  // from then on nothing new starts
  std::optional<int> exit_code;
  std::optional<std::string> signal;  // "SIGKILL"
  bool oom_killed = false;
  std::uint32_t infrastructure_retries = 0;  // used up of limits::infrastructure_retries
  std::uint64_t version = 0;                 // raised by every change
  bool operator==(const Job&) const = default;
};

// An attempt holds its resources from its assignment until its ending is recorded.
inline bool holds_resources(const Job& job) {
  return job.status == JobStatus::running ||
         (job.status == JobStatus::pending &&
          (job.reason == Reason::assigned || job.reason == Reason::pulling ||
           job.reason == Reason::starting));
}

template <>
struct Description<Steps> {
  static constexpr std::string_view name = "Steps";
  static constexpr bool open = true;
  static constexpr auto fields = std::make_tuple(
      field("begun_at", &Steps::begun_at, "When its executor took it up."),
      field("pull_at", &Steps::pull_at, "When the pull of its image began; absent: it was there."),
      field("pulled_at", &Steps::pulled_at, "When the image was there."),
      field("created_at", &Steps::created_at, "When its container was made."),
      field("stop_at", &Steps::stop_at, "When its process was asked to end."));
};

template <>
struct Description<AttemptOutput> {
  static constexpr std::string_view name = "AttemptOutput";
  static constexpr bool open = true;
  static constexpr auto fields = std::make_tuple(
      field("bytes", &AttemptOutput::bytes, "How many bytes of both streams, also those that aren't kept."),
      field("sha256", &AttemptOutput::sha256,
            "SHA-256 of all, in the order in which they are answered; absent where some were cut out or "
            "lost."));
};

template <>
struct Description<Attempt> {
  static constexpr std::string_view name = "Attempt";
  static constexpr bool open = true;
  static constexpr auto fields = std::make_tuple(
      field("number", &Attempt::number, "Counts from 1; also the fence (BERTH_FENCE)."),
      field("executor", &Attempt::executor, "Where it was placed."),
      field("gpus", &Attempt::gpus, "The GPUs that it was given, by uuid."),
      field("assigned_at", &Attempt::assigned_at, "When it was placed."),
      field("started_at", &Attempt::started_at, "When its process began to run."),
      field("finished_at", &Attempt::finished_at, "When it ended."),
      field("cause", &Attempt::cause, "How it ended."),
      field("exit_code", &Attempt::exit_code, "The process's exit code, if it was observed."),
      field("signal", &Attempt::signal, "The signal that ended it, if known."),
      field("oom_killed", &Attempt::oom_killed, "Whether the kernel killed a process of it for memory."),
      field("peak_memory", &Attempt::peak_memory,
            "The most memory that it used at once, in bytes, if known."),
      field("cpu_time", &Attempt::cpu_time, "The CPU time of all its processes, user and system, if known."),
      field("message", &Attempt::message, "In words."),
      field("why", &Attempt::why, "Why it was placed there."),
      field("steps", &Attempt::steps, "When its executor came how far with it."),
      field("output", &Attempt::output, "What it wrote, once its end was seen."));
};

template <>
struct Description<Job> {
  static constexpr std::string_view name = "Job";
  static constexpr bool open = true;
  static constexpr auto fields = std::make_tuple(
      field("id", &Job::id, "Sequence number."), field("definition", &Job::definition, "What was asked for."),
      field("status", &Job::status, "One of five words."),
      field("reason", &Job::reason, "Where in its status it is."),
      field("cause", &Job::cause, "How it ended."), field("message", &Job::message, "In words."),
      field("attempt", &Job::attempt, "Number of the current or last attempt; 0 before the first."),
      field("attempts", &Job::attempts, "Every attempt, oldest first."),
      field("executor", &Job::executor, "Executor of the current or last attempt."),
      field("created_at", &Job::created_at, "When it was accepted."),
      field("scheduled_at", &Job::scheduled_at, "When its current attempt was placed."),
      field("started_at", &Job::started_at, "When its process began to run."),
      field("finished_at", &Job::finished_at, "When it ended."),
      field("retry_at", &Job::retry_at, "When its backoff ends."),
      field("abort_requested_at", &Job::abort_requested_at, "When it was asked to abort."),
      field("exit_code", &Job::exit_code, "The process's exit code, if it was observed."),
      field("signal", &Job::signal, "The signal that ended it, if known."),
      field("oom_killed", &Job::oom_killed, "Whether the kernel killed a process of it for memory."),
      field("infrastructure_retries", &Job::infrastructure_retries,
            "Retries that the infrastructure has cost."),
      field("version", &Job::version, "Raised by every change."));
};

}  // namespace berth
