#include "executor/host/container_cgroup.hpp"

#include "executor/host/cgroup_mounts.hpp"
#include "executor/host/files.hpp"
#include "shared/base/ids.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <system_error>

namespace berth {
namespace {

namespace fs = std::filesystem;

// A job may make cgroups below its container's, and move itself into one: the path ends where the id is.
std::optional<fs::path> up_to_id(const fs::path& directory, std::string_view id) {
  fs::path path;
  for (const auto& part : directory) {
    path /= part;
    if (part.native().find(id) != std::string::npos) return path;
  }
  return std::nullopt;
}

// Of the v1 controller; of the v2 hierarchy, where `controller` is empty.
std::optional<ContainerCgroup::Place> find_place(std::string_view cgroup, std::string_view mountinfo,
                                                 std::string_view controller, std::string_view id,
                                                 const fs::path& root) {
  for (const auto& place : find_cgroup(cgroup, mountinfo, controller)) {
    const auto own = up_to_id(place.directory, id);
    if (!own) continue;
    std::error_code failure;
    ContainerCgroup::Place found{root / own->relative_path(), controller.empty()};
    if (fs::is_directory(found.directory, failure)) return found;
  }
  return std::nullopt;
}

// The number in the line "<name> <number>".
std::optional<std::int64_t> number_of(std::string_view text, std::string_view name) {
  for (const auto line : split(text, '\n')) {
    const auto words = split(line, ' ');
    if (words.size() == 2 && words[0] == name) return parse_integer<std::int64_t>(words[1]);
  }
  return std::nullopt;
}

std::optional<Bytes> read_memory_of(const ContainerCgroup::Place& place) {
  const auto& directory = place.directory;
  const auto used = parse_integer<std::int64_t>(
      read_line(directory / (place.is_unified ? "memory.current" : "memory.usage_in_bytes")));
  if (!used) return std::nullopt;
  const auto inactive = number_of(read_text(directory / "memory.stat"),
                                  place.is_unified ? "inactive_file" : "total_inactive_file")
                            .value_or(0);
  // The two are read one after the other: what was cached meanwhile may be more than what was used.
  return Bytes{*used - std::clamp<std::int64_t>(inactive, 0, *used)};
}

std::optional<std::chrono::nanoseconds> read_cpu_time_of(const ContainerCgroup::Place& place) {
  if (place.is_unified) {
    const auto used = number_of(read_text(place.directory / "cpu.stat"), "usage_usec");
    return used ? std::optional<std::chrono::nanoseconds>(std::chrono::microseconds{*used}) : std::nullopt;
  }
  const auto used = parse_integer<std::int64_t>(read_line(place.directory / "cpuacct.usage"));
  return used ? std::optional(std::chrono::nanoseconds{*used}) : std::nullopt;
}

}  // namespace

std::optional<ContainerCgroup> find_container_cgroup(int pid, std::string_view id, const fs::path& root) {
  if (pid <= 0 || id.empty()) return std::nullopt;
  const auto cgroup = read_text(root / "proc" / std::to_string(pid) / "cgroup");
  if (cgroup.find(id) == std::string::npos) return std::nullopt;
  const auto mountinfo = read_text(root / "proc/self/mountinfo");
  const auto find = [&](std::string_view controller) {
    auto place = find_place(cgroup, mountinfo, controller, id, root);
    return place ? place : find_place(cgroup, mountinfo, {}, id, root);
  };
  const auto memory = find("memory");
  const auto cpu = find("cpuacct");
  if (!memory || !cpu) return std::nullopt;
  return ContainerCgroup{*memory, *cpu};
}

std::optional<CgroupCounters> read_counters(const ContainerCgroup& cgroup) {
  const auto memory = read_memory_of(cgroup.memory);
  const auto cpu_time = read_cpu_time_of(cgroup.cpu);
  if (!memory || !cpu_time) return std::nullopt;
  return CgroupCounters{*cpu_time, *memory};
}

}  // namespace berth
