// What this machine has for jobs: cores and memory (its GPUs: gpus.hpp), as far as this process may use them.
//
// Cores: the CPUs that this process may run on (affinity), further bounded by the CPU quota of its cgroup and
// of every cgroup above. Memory: the machine's, bounded by the same cgroups' limits. Works with cgroup v1,
// v2, and both at once.
#pragma once

#include "shared/base/result.hpp"
#include "shared/model/resources.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace berth {

struct HostFacts {
  Capacity capacity;   // what to offer to jobs: see memory_to_offer()
  std::string host;    // host name
  std::string kernel;  // release, "6.1.0-18-amd64"
};

// Looks at this machine. Error internal: /proc can't be read, so that the operator has to say what to offer.
Result<HostFacts> probe_host();

// Of `total`, all but what the system, the container daemon and Berth itself need: a twentieth, at least 256
// MiB, and never more than half.
Bytes memory_to_offer(Bytes total);

// --- the parts, on any directory tree that looks like / ---

// MemTotal in the text of /proc/meminfo.
std::optional<Bytes> parse_memory_total(std::string_view meminfo);

struct CgroupLimits {
  std::optional<Millicores> cpu;  // absent: no limit
  std::optional<Bytes> memory;
  bool operator==(const CgroupLimits&) const = default;
};
// The tightest limits on the way from this process's cgroups up to their roots, read below `root` from
// proc/self/cgroup, proc/self/mountinfo and the mounted hierarchies. What isn't there doesn't limit.
CgroupLimits read_cgroup_limits(const std::filesystem::path& root);

}  // namespace berth
