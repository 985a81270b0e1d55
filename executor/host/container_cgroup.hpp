// What the kernel counts of a container, read where it counts: a few small files for each, in cgroups of
// version 1, of version 2, or of both.
#pragma once

#include "shared/base/quantity.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string_view>

namespace berth {

// A container's own cgroups.
struct ContainerCgroup {
  struct Place {
    std::filesystem::path directory;
    bool is_unified = false;  // of version 2
    bool operator==(const Place&) const = default;
  };
  Place memory;
  Place cpu;
  bool operator==(const ContainerCgroup&) const = default;
};

// That of the container with this id (all of it, as Docker gives it), whose first process has this pid as it
// is seen from here. Nothing where it can't be seen: another machine's, or from inside a container. The id
// tells, because the runtime names a container's cgroup by it: the pid may mean another process meanwhile, or
// here. `root`: the directory that holds /proc.
std::optional<ContainerCgroup> find_container_cgroup(int pid, std::string_view id,
                                                     const std::filesystem::path& root = "/");

struct CgroupCounters {
  std::chrono::nanoseconds cpu_time{};  // user and system, since the container began
  Bytes memory{};                       // what `docker stats` shows: without files that aren't in active use
  bool operator==(const CgroupCounters&) const = default;
};

// Nothing once the container is gone.
std::optional<CgroupCounters> read_counters(const ContainerCgroup& cgroup);

}  // namespace berth
