// Why a job waits, or why it is where it is: what the API answers to "explain", and to a submit that is only
// tried (`?dry_run=true`).
#pragma once

#include "shared/model/job.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace berth {

// What can be in the way of a job. In the order in which a person would like to hear of them where nothing
// else ranks them.
enum class Obstacle {
  no_executor,  // none has registered
  labels,       // the constraints of a definition, on an executor
  region,
  datacenter,
  volumes,
  gpu,
  cpu,
  memory,
  gpu_health,   // enough GPUs, but not in order
  draining,     // an operator takes the executor out
  runtime,      // what runs containers there doesn't answer
  lost,         // the executor isn't heard
  reservation,  // the executor is kept for a job that has waited longer
  turn,         // jobs before it take the room
  next_pass,    // nothing: its turn comes at once
  no_leader,    // nobody places jobs
  backoff,
  held,      // its record can't be read
  assigned,  // the executor hasn't begun yet
  pulling,
  starting,
  stopping,  // it was asked to end before its process ran
};

template <>
struct EnumNames<Obstacle> {
  static constexpr std::array<std::pair<Obstacle, std::string_view>, 22> names{{
      {Obstacle::no_executor, "NO_EXECUTOR"},
      {Obstacle::labels, "LABELS"},
      {Obstacle::region, "REGION"},
      {Obstacle::datacenter, "DATACENTER"},
      {Obstacle::volumes, "VOLUMES"},
      {Obstacle::gpu, "GPU"},
      {Obstacle::cpu, "CPU"},
      {Obstacle::memory, "MEMORY"},
      {Obstacle::gpu_health, "GPU_HEALTH"},
      {Obstacle::draining, "DRAINING"},
      {Obstacle::runtime, "RUNTIME"},
      {Obstacle::lost, "LOST"},
      {Obstacle::reservation, "RESERVATION"},
      {Obstacle::turn, "TURN"},
      {Obstacle::next_pass, "NEXT_PASS"},
      {Obstacle::no_leader, "NO_LEADER"},
      {Obstacle::backoff, "BACKOFF"},
      {Obstacle::held, "HELD"},
      {Obstacle::assigned, "ASSIGNED"},
      {Obstacle::pulling, "PULLING"},
      {Obstacle::starting, "STARTING"},
      {Obstacle::stopping, "STOPPING"},
  }};
};

// Whether a job fits somewhere: now; not now, but when other jobs end or something recovers; or never there.
enum class Fit { now, later, never };

template <>
struct EnumNames<Fit> {
  static constexpr std::array<std::pair<Fit, std::string_view>, 3> names{
      {{Fit::now, "NOW"}, {Fit::later, "LATER"}, {Fit::never, "NEVER"}}};
};

// One reason for waiting, over all executors.
struct WaitReason {
  Obstacle code = Obstacle::next_pass;
  Fit fit = Fit::later;        // later: it passes; never: not on the executors that it excludes
  std::uint32_t excludes = 0;  // executors
  std::string message;
  bool operator==(const WaitReason&) const = default;
};

struct Finding {
  Obstacle code = Obstacle::next_pass;
  Fit fit = Fit::later;
  std::string message;
  bool operator==(const Finding&) const = default;
};

struct Amounts {
  Millicores cpu{};
  Bytes memory{};
  std::uint32_t gpus = 0;
  bool operator==(const Amounts&) const = default;
};

// What one executor has for a job, when its turn comes.
struct ExecutorVerdict {
  std::string name;
  Fit fit = Fit::now;
  Amounts free;                   // GPUs: of the wanted type
  Amounts missing;                // so much more would have to be free
  std::vector<Finding> findings;  // what stands in the way, worst first; empty: the job fits
  bool operator==(const ExecutorVerdict&) const = default;
};

struct QueuedJob {
  JobId job;
  int priority = 0;
  bool operator==(const QueuedJob&) const = default;
};

struct QueuePlace {
  std::uint64_t position = 0;         // from 1; with the others of a submit that is only tried
  std::uint64_t waiting = 0;          // jobs in all
  std::vector<QueuedJob> before;      // the first of those whose turn is earlier, and that have a number
  std::optional<JobId> reserved_for;  // who has an executor kept for it, before this job's turn
  std::optional<std::string> reserved_executor;
  bool operator==(const QueuePlace&) const = default;
};

// What is likely, no promise: it supposes that nothing else arrives and that no machine is lost.
struct StartEstimate {
  std::optional<WallTime> earliest;
  std::optional<WallTime> latest;  // absent: unknown
  std::string message;             // what it rests on; empty: the next pass
  bool operator==(const StartEstimate&) const = default;
};

// What a change concerns.
enum class ChangeKind {
  definition,        // `field` of the job's definition becomes `value`
  job_ends,          // `job` ends
  executor_resumes,  // the drain of `executor` is taken back
  runtime_recovers,  // on `executor`
  executor_returns,  // `executor` is heard again
  gpu_recovers,      // `value` on `executor`
  executor_joins,    // a new one, with what `value` says
  executor_allows,   // `executor` lets jobs mount `value`
  leader_comes,
  time_passes,       // until `value`
  attempt_proceeds,  // the executor goes on with what it does
};

template <>
struct EnumNames<ChangeKind> {
  static constexpr std::array<std::pair<ChangeKind, std::string_view>, 11> names{{
      {ChangeKind::definition, "DEFINITION"},
      {ChangeKind::job_ends, "JOB_ENDS"},
      {ChangeKind::executor_resumes, "EXECUTOR_RESUMES"},
      {ChangeKind::runtime_recovers, "RUNTIME_RECOVERS"},
      {ChangeKind::executor_returns, "EXECUTOR_RETURNS"},
      {ChangeKind::gpu_recovers, "GPU_RECOVERS"},
      {ChangeKind::executor_joins, "EXECUTOR_JOINS"},
      {ChangeKind::executor_allows, "EXECUTOR_ALLOWS"},
      {ChangeKind::leader_comes, "LEADER_COMES"},
      {ChangeKind::time_passes, "TIME_PASSES"},
      {ChangeKind::attempt_proceeds, "ATTEMPT_PROCEEDS"},
  }};
};

struct NeededChange {
  ChangeKind kind = ChangeKind::definition;
  std::optional<JobId> job;
  std::optional<std::string> executor;
  std::optional<std::string> field;  // path in the definition: "resources.memory"
  std::optional<std::string> value;  // as a definition has it; absent: without the field
  bool operator==(const NeededChange&) const = default;
};

// A set of changes with which the job would be placed at once; a small one, as far as it was looked for.
struct Remedy {
  std::string message;
  std::vector<NeededChange> changes;
  std::vector<std::string> executors;  // where it would fit then
  bool operator==(const Remedy&) const = default;
};

// `queued` after an attempt is its backoff, too; `handover` lasts until its executor takes it up.
enum class PhaseName { queued, handover, pull, create, start, run, stop };

template <>
struct EnumNames<PhaseName> {
  static constexpr std::array<std::pair<PhaseName, std::string_view>, 7> names{{
      {PhaseName::queued, "queued"},
      {PhaseName::handover, "handover"},
      {PhaseName::pull, "pull"},
      {PhaseName::create, "create"},
      {PhaseName::start, "start"},
      {PhaseName::run, "run"},
      {PhaseName::stop, "stop"},
  }};
};

struct Phase {
  PhaseName name = PhaseName::queued;
  WallTime from{};
  std::optional<WallTime> to;  // absent: it lasts
  Milliseconds took{};         // so far
  bool operator==(const Phase&) const = default;
};

// What one attempt met.
struct AttemptStory {
  std::uint32_t number = 0;
  std::string executor;
  std::string why;  // it was placed there
  std::vector<Phase> phases;
  std::string ending;  // in words; empty: not yet
  bool operator==(const AttemptStory&) const = default;
};

struct Explanation {
  std::optional<JobId> job;  // absent: it was only tried
  std::optional<std::string> name;
  JobStatus status = JobStatus::pending;
  std::optional<Reason> reason;
  std::string summary;
  std::vector<WaitReason> reasons;         // the first is what keeps it now
  std::vector<Remedy> remedies;            // the smallest first
  bool remedies_cut = false;               // not every way was tried to its end, or is told
  std::optional<QueuePlace> queue;         // while it waits for a place
  std::optional<StartEstimate> estimate;   // while it waits
  std::vector<ExecutorVerdict> executors;  // the nearest to fitting first; while it waits for a place
  std::uint64_t executors_left_out = 0;    // so many more, further from it
  std::vector<AttemptStory> attempts;
  std::string scheduler;              // which one answered
  std::optional<std::string> leader;  // as far as it knows
  bool is_leaders_view = false;       // else it was read from the store for this answer
  WallTime at{};
  bool operator==(const Explanation&) const = default;
};

// Where one job of a submit would go that is only tried.
struct PlannedPlace {
  std::uint64_t index = 0;              // in the order of the submit, from 0
  std::optional<std::string> executor;  // absent: it would wait
  std::string why;                      // there, or what it would wait for
  bool image_there = false;             // as far as is known
  bool operator==(const PlannedPlace&) const = default;
};

struct DryRun {
  bool valid = true;
  std::uint64_t jobs = 0;
  std::uint64_t placed = 0;  // at once
  std::uint64_t waiting = 0;
  std::vector<PlannedPlace> places;
  std::optional<Bytes> pull_bytes;         // absent: not known before the pull
  std::string pull;                        // in words
  std::optional<Explanation> explanation;  // of the first that would wait, else of the first
  bool operator==(const DryRun&) const = default;
};

template <>
struct Description<WaitReason> {
  static constexpr std::string_view name = "WaitReason";
  static constexpr bool open = true;
  static constexpr auto fields = std::make_tuple(
      field("code", &WaitReason::code, "What is in the way."),
      field("fit", &WaitReason::fit, "LATER: it passes. NEVER: not on the executors that it excludes."),
      field("excludes", &WaitReason::excludes, "How many executors it excludes."),
      field("message", &WaitReason::message, "In words."));
};

template <>
struct Description<Finding> {
  static constexpr std::string_view name = "Finding";
  static constexpr bool open = true;
  static constexpr auto fields =
      std::make_tuple(field("code", &Finding::code, "What is in the way."),
                      field("fit", &Finding::fit, "LATER: it passes. NEVER: not on this executor."),
                      field("message", &Finding::message, "In words."));
};

template <>
struct Description<Amounts> {
  static constexpr std::string_view name = "Amounts";
  static constexpr bool open = true;
  static constexpr auto fields =
      std::make_tuple(field("cpu", &Amounts::cpu, "Cores."), field("memory", &Amounts::memory, "Bytes."),
                      field("gpus", &Amounts::gpus, "GPUs of the wanted type."));
};

template <>
struct Description<ExecutorVerdict> {
  static constexpr std::string_view name = "ExecutorVerdict";
  static constexpr bool open = true;
  static constexpr auto fields = std::make_tuple(
      field("name", &ExecutorVerdict::name, "The executor."),
      field("fit", &ExecutorVerdict::fit, "Whether the job fits there."),
      field("free", &ExecutorVerdict::free, "What is left there when the job's turn comes."),
      field("missing", &ExecutorVerdict::missing, "So much more would have to be free."),
      field("findings", &ExecutorVerdict::findings, "What is in the way there, the worst first."));
};

template <>
struct Description<QueuedJob> {
  static constexpr std::string_view name = "QueuedJob";
  static constexpr bool open = true;
  static constexpr auto fields = std::make_tuple(field("job", &QueuedJob::job, "Its number."),
                                                 field("priority", &QueuedJob::priority, "Its priority."));
};

template <>
struct Description<QueuePlace> {
  static constexpr std::string_view name = "QueuePlace";
  static constexpr bool open = true;
  static constexpr auto fields = std::make_tuple(
      field("position", &QueuePlace::position, "From 1: by priority, then by age."),
      field("waiting", &QueuePlace::waiting, "How many jobs wait for a place."),
      field("before", &QueuePlace::before, "Jobs whose turn is earlier: the first ten."),
      field("reserved_for", &QueuePlace::reserved_for, "The job that has an executor kept for it."),
      field("reserved_executor", &QueuePlace::reserved_executor, "Which executor is kept."));
};

template <>
struct Description<StartEstimate> {
  static constexpr std::string_view name = "StartEstimate";
  static constexpr bool open = true;
  static constexpr auto fields =
      std::make_tuple(field("earliest", &StartEstimate::earliest, "Likely not before; absent: unknown."),
                      field("latest", &StartEstimate::latest, "Likely by then; absent: unknown."),
                      field("message", &StartEstimate::message, "What it rests on."));
};

template <>
struct Description<NeededChange> {
  static constexpr std::string_view name = "NeededChange";
  static constexpr bool open = true;
  static constexpr auto fields = std::make_tuple(
      field("kind", &NeededChange::kind, "What changes."),
      field("job", &NeededChange::job, "The job that ends."),
      field("executor", &NeededChange::executor, "The executor that changes."),
      field("field", &NeededChange::field, "The path of the definition's field."),
      field("value", &NeededChange::value, "What it becomes; absent: the definition is without it."));
};

template <>
struct Description<Remedy> {
  static constexpr std::string_view name = "Remedy";
  static constexpr bool open = true;
  static constexpr auto fields =
      std::make_tuple(field("message", &Remedy::message, "In words."),
                      field("changes", &Remedy::changes, "All of them together."),
                      field("executors", &Remedy::executors, "Where the job would fit then."));
};

template <>
struct Description<Phase> {
  static constexpr std::string_view name = "Phase";
  static constexpr bool open = true;
  static constexpr auto fields = std::make_tuple(
      field("name", &Phase::name, "What was done."), field("from", &Phase::from, "When it began."),
      field("to", &Phase::to, "When it was over; absent: it lasts."),
      field("took", &Phase::took, "How long it took, or has taken so far."));
};

template <>
struct Description<AttemptStory> {
  static constexpr std::string_view name = "AttemptStory";
  static constexpr bool open = true;
  static constexpr auto fields =
      std::make_tuple(field("number", &AttemptStory::number, "Counts from 1."),
                      field("executor", &AttemptStory::executor, "Where it was placed."),
                      field("why", &AttemptStory::why, "Why there, if it was noted."),
                      field("phases", &AttemptStory::phases, "What it went through."),
                      field("ending", &AttemptStory::ending, "How it ended; empty: not yet."));
};

template <>
struct Description<Explanation> {
  static constexpr std::string_view name = "Explanation";
  static constexpr bool open = true;
  static constexpr auto fields = std::make_tuple(
      field("job", &Explanation::job, "The job; absent where it was only tried."),
      field("name", &Explanation::name, "Its name, if it has one."),
      field("status", &Explanation::status, "One of five words."),
      field("reason", &Explanation::reason, "Where in its status it is."),
      field("summary", &Explanation::summary, "In one sentence."),
      field("reasons", &Explanation::reasons, "Why it waits: the first is what keeps it now."),
      field("remedies", &Explanation::remedies, "With what it would be placed at once, the smallest first."),
      field("remedies_cut", &Explanation::remedies_cut,
            "Whether not every way was tried to its end or is told: there may be others, also smaller ones."),
      field("queue", &Explanation::queue, "Its place among those that wait for one."),
      field("estimate", &Explanation::estimate, "When it may get a place."),
      field(
          "executors", &Explanation::executors,
          "What each executor lacks, the nearest to fitting first, up to 1000; while it waits for a place."),
      field("executors_left_out", &Explanation::executors_left_out, "How many more there are."),
      field("attempts", &Explanation::attempts, "What every attempt met, oldest first."),
      field("scheduler", &Explanation::scheduler, "Which scheduler answered."),
      field("leader", &Explanation::leader, "Which one places jobs, as far as is known."),
      field("is_leaders_view", &Explanation::is_leaders_view,
            "Whether it is what the leader itself sees; else it was read from the store."),
      field("at", &Explanation::at, "As of when."));
};

template <>
struct Description<PlannedPlace> {
  static constexpr std::string_view name = "PlannedPlace";
  static constexpr bool open = true;
  static constexpr auto fields = std::make_tuple(
      field("index", &PlannedPlace::index, "Which job, in the order of the submit, from 0."),
      field("executor", &PlannedPlace::executor, "Where it would go now; absent: it would wait."),
      field("why", &PlannedPlace::why, "Why there, or what it would wait for."),
      field("image_there", &PlannedPlace::image_there, "Whether its image is known to be there."));
};

template <>
struct Description<DryRun> {
  static constexpr std::string_view name = "DryRun";
  static constexpr bool open = true;
  static constexpr auto fields = std::make_tuple(
      field("valid", &DryRun::valid, "Always true: what isn't valid is refused as by a real submit."),
      field("jobs", &DryRun::jobs, "How many."),
      field("placed", &DryRun::placed, "How many would be placed now."),
      field("waiting", &DryRun::waiting, "How many would wait."),
      field("places", &DryRun::places, "Where each would go, or what it would wait for."),
      field("pull_bytes", &DryRun::pull_bytes,
            "Bytes of images to be pulled, unpacked; absent: not known before."),
      field("pull", &DryRun::pull, "What would be pulled, in words."),
      field("explanation", &DryRun::explanation, "Of the first that would wait, else of the first."));
};

}  // namespace berth
