// What containers use at present, as the executor that runs them measures it. It is told anew every few
// seconds and kept beside the executors' records: people look at it, and nothing is decided by it.
#pragma once

#include "shared/base/ids.hpp"
#include "shared/base/quantity.hpp"
#include "shared/model/description.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace berth {

// What one attempt uses.
struct AttemptUsage {
  JobId job;
  std::uint32_t attempt = 0;
  std::optional<Millicores> cpu;  // over the last limits::usage_period; absent: it was measured only once yet
  Bytes memory{};                 // without the cached files that could be dropped at any time
  bool operator==(const AttemptUsage&) const = default;
};

// What an executor tells.
struct UsageReport {
  std::uint64_t measured = 0;     // attempts
  std::optional<Millicores> cpu;  // of these together, as far as known
  Bytes memory{};                 // of these together
  std::vector<AttemptUsage>
      jobs;  // of these those with the most memory, limits::usage_told; by job and attempt
  bool operator==(const UsageReport&) const = default;
};

UsageReport usage_report(std::vector<AttemptUsage> measured);

// Of one attempt; nullptr where nothing is told of it.
const AttemptUsage* find_usage(const UsageReport& report, JobId job, std::uint32_t attempt);

// As it goes over the wire, some twenty bytes an attempt:
//   MEASURED CPU MEMORY{;JOB ATTEMPT CPU MEMORY}
// with CPU in thousandths of a core, or "-", and MEMORY in bytes. Who reads it skips further words of a
// group, so that later versions may tell more.
std::string format_usage(const UsageReport& report);
std::optional<UsageReport> parse_usage(std::string_view text);

// What the API says of one job.
struct JobUsage {
  JobId job;
  std::uint32_t attempt = 0;
  std::optional<std::string> executor;
  std::optional<Millicores> cpu_used;
  std::optional<Bytes> memory_used;
  bool operator==(const JobUsage&) const = default;
};

template <>
struct Description<JobUsage> {
  static constexpr std::string_view name = "JobUsage";
  static constexpr bool open = true;
  static constexpr auto fields = std::make_tuple(
      field("job", &JobUsage::job, "Its number."), field("attempt", &JobUsage::attempt, "Its last attempt."),
      field("executor", &JobUsage::executor, "Where that is or was."),
      field("cpu_used", &JobUsage::cpu_used,
            "Cores that it uses, over the last seconds; absent: it doesn't run, or nobody can tell."),
      field("memory_used", &JobUsage::memory_used,
            "Bytes that it uses, without cached files; absent: it doesn't run, or nobody can tell."));
};

}  // namespace berth
