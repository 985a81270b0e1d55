#include "executor/core/usage_meter.hpp"

#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

namespace berth {

std::optional<Millicores> UsageMeter::cores_between(const Reading& before, const ContainerCounters& now) {
  const auto time = std::chrono::duration_cast<std::chrono::nanoseconds>(now.at - before.at).count();
  const auto used = (now.cpu_time - before.cpu_time).count();
  if (time <= 0 || used < 0) return std::nullopt;
  const auto cores = static_cast<double>(used) / static_cast<double>(time);
  return Millicores{static_cast<std::int64_t>(std::llround(1000.0 * cores))};
}

UsageReport UsageMeter::take(const std::vector<ContainerCounters>& look) {
  std::vector<AttemptUsage> measured;
  std::unordered_map<AttemptKey, Reading> readings;
  for (const auto& now : look) {
    AttemptUsage one;
    one.job = now.attempt.job;
    one.attempt = now.attempt.number;
    one.memory = now.memory;
    const auto before = before_.find(now.attempt);
    if (before != before_.end()) one.cpu = cores_between(before->second, now);
    measured.push_back(one);
    readings[now.attempt] = {now.at, now.cpu_time};
  }
  before_ = std::move(readings);
  return usage_report(std::move(measured));
}

}  // namespace berth
