// What containers use at present, out of counters that only rise. Pure.
#pragma once

#include "executor/core/container_view.hpp"
#include "shared/model/usage.hpp"

#include <chrono>
#include <optional>
#include <unordered_map>
#include <vector>

namespace berth {

// One look at what the kernel counts of a container.
struct ContainerCounters {
  AttemptKey attempt;
  Monotonic at{};                       // when it was looked
  std::chrono::nanoseconds cpu_time{};  // of all its processes, since it began
  Bytes memory{};                       // now, without the cached files that could be dropped at any time
};

class UsageMeter {
 public:
  // What they use by this look and the one before. Of a container that is new, or whose counter didn't rise
  // as time does, the CPU is unknown until the next; one that isn't looked at any more is forgotten.
  UsageReport take(const std::vector<ContainerCounters>& look);

 private:
  struct Reading {
    Monotonic at{};
    std::chrono::nanoseconds cpu_time{};
  };
  static std::optional<Millicores> cores_between(const Reading& before, const ContainerCounters& now);

  std::unordered_map<AttemptKey, Reading> before_;
};

}  // namespace berth
