#include "executor/host/probe.hpp"

#include "executor/host/cgroup_mounts.hpp"
#include "executor/host/files.hpp"
#include "shared/base/ids.hpp"

#include <sched.h>
#include <sys/utsname.h>

#include <algorithm>
#include <memory>

namespace berth {
namespace {

namespace fs = std::filesystem;

std::string read_word(const fs::path& path) {
  const std::string text = read_text(path);
  return text.substr(0, text.find_first_of(" \n"));
}

template <class T>
void tighten(std::optional<T>& limit, std::optional<T> other) {
  if (other && (!limit || *other < *limit)) limit = other;
}

std::optional<Millicores> cores_of(std::optional<std::int64_t> quota, std::optional<std::int64_t> period) {
  if (!quota || !period || *quota <= 0 || *period <= 0) return std::nullopt;
  return Millicores{
      static_cast<std::int64_t>(1000.0 * static_cast<double>(*quota) / static_cast<double>(*period))};
}

// v1 writes -1 for no quota.
std::optional<Millicores> read_cpu_v1(const fs::path& directory) {
  return cores_of(parse_integer<std::int64_t>(read_word(directory / "cpu.cfs_quota_us")),
                  parse_integer<std::int64_t>(read_word(directory / "cpu.cfs_period_us")));
}

// "max 100000" or "150000 100000".
std::optional<Millicores> read_cpu_v2(const fs::path& directory) {
  const std::string text = read_text(directory / "cpu.max");
  const auto fields = split(std::string_view(text).substr(0, text.find('\n')), ' ');
  if (fields.size() != 2) return std::nullopt;
  return cores_of(parse_integer<std::int64_t>(fields[0]), parse_integer<std::int64_t>(fields[1]));
}

// v1 writes the largest number of whole pages for no limit.
std::optional<Bytes> read_memory_v1(const fs::path& directory) {
  constexpr std::int64_t no_limit = std::int64_t{1} << 60;
  const auto bytes = parse_integer<std::int64_t>(read_word(directory / "memory.limit_in_bytes"));
  return bytes && *bytes < no_limit ? std::optional{Bytes{*bytes}} : std::nullopt;
}

// A number or "max".
std::optional<Bytes> read_memory_v2(const fs::path& directory) {
  const auto bytes = parse_integer<std::int64_t>(read_word(directory / "memory.max"));
  return bytes ? std::optional{Bytes{*bytes}} : std::nullopt;
}

// The tightest of the limits on the way up from the process's cgroup to the mount point, which is the highest
// one that can be seen.
template <class T>
std::optional<T> tightest(const fs::path& root, const std::vector<CgroupPlace>& places,
                          std::optional<T> (*read)(const fs::path&)) {
  std::optional<T> limit;
  for (const auto& place : places) {
    for (auto directory = place.directory;; directory = directory.parent_path()) {
      tighten(limit, read(root / directory.relative_path()));
      if (directory == place.mount || !directory.has_relative_path()) break;
    }
  }
  return limit;
}

// How many CPUs this process may run on; 0 when the kernel doesn't tell.
int usable_cpus() {
  constexpr int most_cpus = 1 << 14;
  struct Free {
    void operator()(cpu_set_t* set) const { CPU_FREE(set); }
  };
  const std::unique_ptr<cpu_set_t, Free> set(CPU_ALLOC(most_cpus));
  const std::size_t size = CPU_ALLOC_SIZE(most_cpus);
  if (!set || ::sched_getaffinity(0, size, set.get()) != 0) return 0;
  return CPU_COUNT_S(size, set.get());
}

}  // namespace

std::optional<Bytes> parse_memory_total(std::string_view meminfo) {
  for (const auto line : split(meminfo, '\n')) {
    if (!line.starts_with("MemTotal:")) continue;
    const auto fields = split(line, ' ');
    const auto kibibytes = fields.size() >= 2 ? parse_integer<std::int64_t>(fields[1]) : std::nullopt;
    return kibibytes ? std::optional{Bytes{*kibibytes * 1024}} : std::nullopt;
  }
  return std::nullopt;
}

Bytes memory_to_offer(Bytes total) {
  constexpr Bytes least = 256_MiB;
  const Bytes kept = std::min(std::max(Bytes{total.value / 20}, least), Bytes{total.value / 2});
  return total - kept;
}

CgroupLimits read_cgroup_limits(const fs::path& root) {
  const std::string cgroup = read_text(root / "proc/self/cgroup");
  const std::string mountinfo = read_text(root / "proc/self/mountinfo");
  CgroupLimits limits;
  tighten(limits.cpu, tightest(root, find_cgroup(cgroup, mountinfo, "cpu"), read_cpu_v1));
  tighten(limits.memory, tightest(root, find_cgroup(cgroup, mountinfo, "memory"), read_memory_v1));
  const auto unified = find_cgroup(cgroup, mountinfo, {});
  tighten(limits.cpu, tightest(root, unified, read_cpu_v2));
  tighten(limits.memory, tightest(root, unified, read_memory_v2));
  return limits;
}

Result<HostFacts> probe_host() {
  const int cpus = usable_cpus();
  const auto memory = parse_memory_total(read_text("/proc/meminfo"));
  if (cpus <= 0 || !memory) {
    return internal_error(
        "This machine's cores and memory can't be measured (/proc isn't readable): say what to offer with "
        "--cpu and --memory");
  }
  const auto limits = read_cgroup_limits("/");
  HostFacts facts;
  facts.capacity.cpu = std::min(Millicores{cpus * 1000L}, limits.cpu.value_or(Millicores{cpus * 1000L}));
  facts.capacity.memory = memory_to_offer(std::min(*memory, limits.memory.value_or(*memory)));
  utsname names{};
  if (::uname(&names) == 0) {
    facts.host = names.nodename;
    facts.kernel = names.release;
  }
  return facts;
}

}  // namespace berth
