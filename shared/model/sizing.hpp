// What jobs of one name asked for against what they used, over those that have ended and are kept, and what
// to ask for instead: what the API answers to GET /v1/stats/sizing.
#pragma once

#include "shared/base/quantity.hpp"
#include "shared/base/time.hpp"
#include "shared/model/description.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace berth {

enum class SizeVerdict {
  too_few,  // runs were measured: fewer than limits::sizing_least say nothing
  unknown,  // they ran, and nobody measured them
  fits,
  too_large,  // a fifth or more of memory or CPU can go
  too_small,  // they were killed for memory, or come close to it
};

template <>
struct EnumNames<SizeVerdict> {
  static constexpr std::array<std::pair<SizeVerdict, std::string_view>, 5> names{{
      {SizeVerdict::too_few, "TOO_FEW"},
      {SizeVerdict::unknown, "UNKNOWN"},
      {SizeVerdict::fits, "FITS"},
      {SizeVerdict::too_large, "TOO_LARGE"},
      {SizeVerdict::too_small, "TOO_SMALL"},
  }};
};

// A run is an attempt whose process ran and ended.
struct NameSizing {
  std::string name;
  std::uint64_t jobs = 0;
  std::uint64_t runs = 0;
  std::uint64_t measured = 0;    // of the runs: their peak is known
  std::uint64_t oom_killed = 0;  // of the runs: something in them was killed for memory
  Millicores cpu{};              // asked for, the median of the runs
  Bytes memory{};
  Millicores latest_cpu{};  // asked for by the newest of the jobs
  Bytes latest_memory{};
  std::optional<Bytes> peak_p50;  // of the measured runs, by nearest rank
  std::optional<Bytes> peak_p95;
  std::optional<Bytes> peak_max;
  std::optional<Milliseconds> cpu_used;      // by the runs of which it is known
  std::optional<Milliseconds> cpu_reserved;  // by the same ones: cores asked for, times how long they ran
  std::optional<Millicores> cores_p95;       // used on average of a run; of those that ran for a second
  std::optional<std::uint64_t> wasted_mib_seconds;
  SizeVerdict verdict = SizeVerdict::too_few;
  std::optional<Bytes> advised_memory;
  std::optional<Millicores> advised_cpu;
  std::string message;
  bool operator==(const NameSizing&) const = default;
};

struct SizingReport {
  std::vector<NameSizing> names;
  std::uint64_t names_left_out = 0;
  std::uint64_t jobs = 0;
  std::uint64_t unnamed = 0;
  bool is_cut = false;
  std::optional<WallTime> since;
  bool operator==(const SizingReport&) const = default;
};

template <>
struct Description<NameSizing> {
  static constexpr std::string_view name = "NameSizing";
  static constexpr bool open = true;
  static constexpr auto fields = std::make_tuple(
      field("name", &NameSizing::name, "The jobs' name."),
      field("jobs", &NameSizing::jobs, "Jobs of that name that have ended, of those looked at."),
      field("runs", &NameSizing::runs, "Attempts of theirs whose process ran and ended."),
      field("measured", &NameSizing::measured, "Runs whose peak memory is known."),
      field("oom_killed", &NameSizing::oom_killed, "Runs in which the kernel killed a process for memory."),
      field("cpu", &NameSizing::cpu, "Cores asked for: the median of the runs."),
      field("memory", &NameSizing::memory, "Bytes of memory asked for: the median of the runs."),
      field("latest_cpu", &NameSizing::latest_cpu, "Cores that the newest of the jobs asked for."),
      field("latest_memory", &NameSizing::latest_memory, "Bytes that the newest of the jobs asked for."),
      field("peak_p50", &NameSizing::peak_p50, "Peak memory of half of the measured runs, at most."),
      field("peak_p95", &NameSizing::peak_p95, "Peak memory of 95 % of them, at most."),
      field("peak_max", &NameSizing::peak_max, "The highest peak of all of them."),
      field("cpu_used", &NameSizing::cpu_used,
            "CPU time of the runs of which it is known; of those that ran for a second or longer."),
      field("cpu_reserved", &NameSizing::cpu_reserved,
            "What these could have used: cores asked for, times how long they ran."),
      field("cores_p95", &NameSizing::cores_p95,
            "Cores that 95 % of them used on average, at most; of those that ran for a second or longer."),
      field("wasted_mib_seconds", &NameSizing::wasted_mib_seconds,
            "Memory asked for above peak_p95, in MiB, times how long the runs took, in seconds."),
      field("verdict", &NameSizing::verdict, "Whether what the newest job asked for suits the runs."),
      field("advised_memory", &NameSizing::advised_memory,
            "What to ask for: the highest peak with a fifth on top, rounded up; more after kills."),
      field("advised_cpu", &NameSizing::advised_cpu,
            "What to ask for: cores_p95 with a fifth on top, rounded up; never more than was asked for."),
      field("message", &NameSizing::message, "The verdict's reason, in words."));
};

template <>
struct Description<SizingReport> {
  static constexpr std::string_view name = "SizingReport";
  static constexpr bool open = true;
  static constexpr auto fields = std::make_tuple(
      field("names", &SizingReport::names, "Names that are TOO_SMALL first, then those that waste the most."),
      field("names_left_out", &SizingReport::names_left_out, "How many more names there are."),
      field("jobs", &SizingReport::jobs, "How many jobs that had ended were looked at, the newest ones."),
      field("unnamed", &SizingReport::unnamed, "How many of them have no name, and so aren't told of."),
      field("is_cut", &SizingReport::is_cut, "Whether there are older ones, which weren't looked at."),
      field("since", &SizingReport::since, "When the oldest that was looked at had been submitted."));
};

}  // namespace berth
