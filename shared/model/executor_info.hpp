// A machine that runs jobs, as it describes itself and as the API shows it.
#pragma once

#include "shared/base/limits.hpp"
#include "shared/base/time.hpp"
#include "shared/model/resources.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace berth {

enum class ExecutorState {
  ready,     // takes jobs
  draining,  // finishes what it has, takes nothing new
  drained,   // empty, takes nothing
  lost,      // its heartbeat stands still
};

template <>
struct EnumNames<ExecutorState> {
  static constexpr std::array<std::pair<ExecutorState, std::string_view>, 4> names{{
      {ExecutorState::ready, "READY"},
      {ExecutorState::draining, "DRAINING"},
      {ExecutorState::drained, "DRAINED"},
      {ExecutorState::lost, "LOST"},
  }};
};

// The file system that holds images and containers.
struct Disk {
  std::string path;
  Bytes total{};
  Bytes free{};  // for everybody but root; in whole GiB, so that it isn't news with every heartbeat
  bool operator==(const Disk&) const = default;
};

// A GPU that can't be used now. It may come back.
struct UnhealthyGpu {
  std::string uuid;
  std::string message;  // why
  bool operator==(const UnhealthyGpu&) const = default;
};

// What runs the containers there, and how it and the devices it hands out are: what an executor tells again
// with its heartbeats.
struct RuntimeInfo {
  std::string name;     // "docker" or "simulated"
  std::string version;  // its own words
  bool healthy = true;
  std::string message = {};  // why it isn't healthy
  std::optional<Disk> disk = {};
  std::vector<UnhealthyGpu> unhealthy_gpus = {};
  std::vector<std::string> images = {};  // full names (image_name.hpp) of the newest that are there, sorted
  std::vector<Bytes> image_sizes = {};   // of these, in the same order, unpacked; empty: not known
  std::string id = {};                   // its own: who talks to the same one sees the same containers
  bool operator==(const RuntimeInfo&) const = default;
};

// An operator's order to take no new jobs.
struct Drain {
  std::string reason;
  WallTime since{};
  std::optional<WallTime> deadline;  // what still runs then is stopped; absent: it may finish
  bool operator==(const Drain&) const = default;
};

// What an executor writes of itself when it registers.
struct ExecutorInfo {
  std::string name;
  std::string version;  // Berth's
  Capacity capacity;
  RuntimeInfo runtime;
  std::map<std::string, std::string> labels;
  std::string region;
  std::string datacenter;
  std::vector<std::string> volume_paths;  // host paths below which jobs may mount
  std::string host;                       // host name
  std::string kernel;
  Milliseconds lease = limits::lease;  // how long its containers outlive its last heartbeat
  WallTime registered_at{};
  bool operator==(const ExecutorInfo&) const = default;
};

// What the API shows: the above, and what only the scheduler knows.
struct ExecutorStatus {
  std::string name;
  ExecutorState state = ExecutorState::ready;
  Capacity capacity;
  std::optional<Drain> drain;  // present while it is draining or drained
  Allocated allocated;
  RuntimeInfo runtime;
  std::map<std::string, std::string> labels;
  std::string region;
  std::string datacenter;
  std::vector<std::string> volume_paths;
  std::string host;
  std::string kernel;
  std::string version;
  Milliseconds lease{};
  WallTime registered_at{};
  std::optional<Millicores> cpu_used;  // what its containers use at present, as far as it can tell
  std::optional<Bytes> memory_used;
  bool operator==(const ExecutorStatus&) const = default;
};

Complaint check_executor_name(const std::string& name);

template <>
struct Description<Disk> {
  static constexpr std::string_view name = "Disk";
  static constexpr bool open = true;
  static constexpr auto fields = std::make_tuple(
      field("path", &Disk::path, "A directory on it."), field("total", &Disk::total, "Its size in bytes."),
      field("free", &Disk::free, "Bytes free, rounded down to whole GiB."));
};

template <>
struct Description<UnhealthyGpu> {
  static constexpr std::string_view name = "UnhealthyGpu";
  static constexpr bool open = true;
  static constexpr auto fields =
      std::make_tuple(field("uuid", &UnhealthyGpu::uuid, "Which of the capacity's GPUs."),
                      field("message", &UnhealthyGpu::message, "Why nothing is placed on it."));
};

template <>
struct Description<RuntimeInfo> {
  static constexpr std::string_view name = "RuntimeInfo";
  static constexpr bool open = true;
  static constexpr auto fields = std::make_tuple(
      field("name", &RuntimeInfo::name, "docker or simulated."),
      field("version", &RuntimeInfo::version, "Its version."),
      field("healthy", &RuntimeInfo::healthy, "Whether it answers."),
      field("message", &RuntimeInfo::message, "Why it isn't healthy."),
      field("disk", &RuntimeInfo::disk, "Where images and containers are kept."),
      field("unhealthy_gpus", &RuntimeInfo::unhealthy_gpus,
            "GPUs that take no jobs until they have recovered."),
      field("images", &RuntimeInfo::images, "Full names of the images that are there, of the newest ones."),
      field("image_sizes", &RuntimeInfo::image_sizes,
            "Bytes that each of these takes when it is unpacked; empty: not known."),
      field("id", &RuntimeInfo::id, "Its own id: who talks to the same one sees the same containers."));
};

template <>
struct Description<Drain> {
  static constexpr std::string_view name = "Drain";
  static constexpr bool open = true;
  static constexpr auto fields =
      std::make_tuple(field("reason", &Drain::reason, "The operator's words."),
                      field("since", &Drain::since, "When it was asked for."),
                      field("deadline", &Drain::deadline, "When what still runs is stopped."));
};

template <>
struct Description<ExecutorInfo> {
  static constexpr std::string_view name = "ExecutorInfo";
  static constexpr bool open = true;
  static constexpr auto fields = std::make_tuple(
      field("name", &ExecutorInfo::name, "Unique in the cluster.")
          .matches("^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$", check_executor_name),
      field("version", &ExecutorInfo::version, "Berth's version there."),
      field("capacity", &ExecutorInfo::capacity, "What it offers."),
      field("runtime", &ExecutorInfo::runtime, "What runs the containers."),
      field("labels", &ExecutorInfo::labels, "Labels that jobs can ask for."),
      field("region", &ExecutorInfo::region, "Region."),
      field("datacenter", &ExecutorInfo::datacenter, "Datacenter."),
      field("volume_paths", &ExecutorInfo::volume_paths, "Host paths below which jobs may mount."),
      field("host", &ExecutorInfo::host, "Host name."),
      field("kernel", &ExecutorInfo::kernel, "Kernel release."),
      field("lease", &ExecutorInfo::lease, "How long its containers outlive its last heartbeat."),
      field("registered_at", &ExecutorInfo::registered_at, "When it last registered."));
};

template <>
struct Description<ExecutorStatus> {
  static constexpr std::string_view name = "Executor";
  static constexpr bool open = true;
  static constexpr auto fields = std::make_tuple(
      field("name", &ExecutorStatus::name, "Unique in the cluster."),
      field("state", &ExecutorStatus::state, "READY, DRAINING, DRAINED or LOST."),
      field("drain", &ExecutorStatus::drain,
            "Why it takes no new jobs, and until when what runs may finish."),
      field("capacity", &ExecutorStatus::capacity, "What it offers."),
      field("allocated", &ExecutorStatus::allocated, "What live attempts hold of it."),
      field("runtime", &ExecutorStatus::runtime, "What runs the containers."),
      field("labels", &ExecutorStatus::labels, "Labels that jobs can ask for."),
      field("region", &ExecutorStatus::region, "Region."),
      field("datacenter", &ExecutorStatus::datacenter, "Datacenter."),
      field("volume_paths", &ExecutorStatus::volume_paths, "Host paths below which jobs may mount."),
      field("host", &ExecutorStatus::host, "Host name."),
      field("kernel", &ExecutorStatus::kernel, "Kernel release."),
      field("version", &ExecutorStatus::version, "Berth's version there."),
      field("lease", &ExecutorStatus::lease,
            "How long its containers outlive its last heartbeat; later its jobs are run elsewhere."),
      field("registered_at", &ExecutorStatus::registered_at, "When it last registered."),
      field("cpu_used", &ExecutorStatus::cpu_used,
            "Cores that its jobs use together, over the last seconds; absent: nothing is told of that."),
      field("memory_used", &ExecutorStatus::memory_used,
            "Bytes that they use together, without cached files; absent: nothing is told of that."));
};

}  // namespace berth
