// How a whole cluster is doing, on one page: what the API answers to `berth top`.
#pragma once

#include "shared/model/executor_info.hpp"
#include "shared/model/job.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace berth {

// What several machines have together.
struct FleetSum {
  Millicores cpu{};
  Bytes memory{};
  std::uint64_t gpus = 0;
  bool operator==(const FleetSum&) const = default;
};

// How many jobs ended how.
struct EndedJobs {
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;
  std::uint64_t aborted = 0;
  bool operator==(const EndedJobs&) const = default;
};

struct Endings {
  Milliseconds counted_for{};  // how far back it is known
  EndedJobs last_minute;
  EndedJobs last_ten_minutes;
  bool operator==(const Endings&) const = default;
};

// What is worth a line of a job that runs.
struct RunningJob {
  JobId id;
  std::optional<std::string> name;
  std::string image;
  std::string executor;
  std::uint32_t attempt = 0;
  std::optional<Reason> reason;  // EXECUTING or STOPPING
  std::optional<WallTime> started_at;
  Resources resources;
  std::optional<Millicores> cpu_used;  // at present, as far as it is known
  std::optional<Bytes> memory_used;
  bool operator==(const RunningJob&) const = default;
};

struct Overview {
  WallTime at{};
  std::string scheduler;
  std::optional<std::string> leader;
  bool is_leaders_view = false;
  std::map<std::string, std::uint64_t> pending;  // by reason; every reason is there
  std::uint64_t running = 0;
  Endings endings;
  std::map<std::string, std::uint64_t> executor_states;  // how many, by state; every state is there
  FleetSum offered;                                      // by the executors that are heard
  FleetSum held;                                         // of that, by live attempts
  std::vector<RunningJob> running_jobs;                  // those that have run the longest, the longest first
  std::vector<ExecutorStatus> executors;                 // unhealthy ones first, lost ones last
  bool operator==(const Overview&) const = default;
};

template <>
struct Description<FleetSum> {
  static constexpr std::string_view name = "FleetSum";
  static constexpr bool open = true;
  static constexpr auto fields =
      std::make_tuple(field("cpu", &FleetSum::cpu, "Cores."), field("memory", &FleetSum::memory, "Bytes."),
                      field("gpus", &FleetSum::gpus, "GPUs."));
};

template <>
struct Description<EndedJobs> {
  static constexpr std::string_view name = "EndedJobs";
  static constexpr bool open = true;
  static constexpr auto fields =
      std::make_tuple(field("succeeded", &EndedJobs::succeeded, "How many succeeded."),
                      field("failed", &EndedJobs::failed, "How many failed."),
                      field("aborted", &EndedJobs::aborted, "How many were aborted."));
};

template <>
struct Description<Endings> {
  static constexpr std::string_view name = "Endings";
  static constexpr bool open = true;
  static constexpr auto fields = std::make_tuple(
      field("counted_for", &Endings::counted_for,
            "For how long the scheduler that answers has counted; ten minutes at most."),
      field("last_minute", &Endings::last_minute, "Jobs that ended within the last minute."),
      field("last_ten_minutes", &Endings::last_ten_minutes, "Jobs that ended within the last ten."));
};

template <>
struct Description<RunningJob> {
  static constexpr std::string_view name = "RunningJob";
  static constexpr bool open = true;
  static constexpr auto fields = std::make_tuple(
      field("id", &RunningJob::id, "Its number."), field("name", &RunningJob::name, "Its name."),
      field("image", &RunningJob::image, "What runs."),
      field("executor", &RunningJob::executor, "Where it runs."),
      field("attempt", &RunningJob::attempt, "Which attempt."),
      field("reason", &RunningJob::reason, "EXECUTING, or STOPPING once it was asked to end."),
      field("started_at", &RunningJob::started_at, "Since when, by its executor's clock."),
      field("resources", &RunningJob::resources, "What is reserved for it."),
      field("cpu_used", &RunningJob::cpu_used,
            "Cores that it uses, over the last seconds; absent: its executor doesn't tell."),
      field("memory_used", &RunningJob::memory_used,
            "Bytes that it uses, without cached files; absent: its executor doesn't tell."));
};

template <>
struct Description<Overview> {
  static constexpr std::string_view name = "Overview";
  static constexpr bool open = true;
  static constexpr auto fields = std::make_tuple(
      field("at", &Overview::at, "When it was so."), field("scheduler", &Overview::scheduler, "Who answers."),
      field("leader", &Overview::leader, "Who places jobs."),
      field("is_leaders_view", &Overview::is_leaders_view,
            "Whether it is what the leader places by; else another scheduler read it."),
      field("pending", &Overview::pending, "How many jobs wait or are on their way, by reason."),
      field("running", &Overview::running, "How many jobs run."),
      field("endings", &Overview::endings, "How many jobs ended lately, as this scheduler saw it."),
      field("executor_states", &Overview::executor_states, "How many executors there are, by state."),
      field("offered", &Overview::offered, "What the executors that aren't lost offer together."),
      field("held", &Overview::held, "What live attempts hold of that."),
      field("running_jobs", &Overview::running_jobs,
            "Jobs that have run for the longest, the longest first."),
      field("executors", &Overview::executors,
            "Executors as people count; those with a trouble first, lost ones last."));
};

}  // namespace berth
