// What the pure core needs to know of a container; the loops translate the runtime's words into it.
#pragma once

#include "shared/base/ids.hpp"
#include "shared/base/quantity.hpp"
#include "shared/base/time.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

namespace berth {

// One attempt of one job. A later attempt of a job always has the larger number.
struct AttemptKey {
  JobId job;
  std::uint32_t number = 0;
  auto operator<=>(const AttemptKey&) const = default;
};

inline std::string to_string(AttemptKey key) {
  return "job " + to_string(key.job) + " attempt " + std::to_string(key.number);
}

struct ContainerView {
  enum class Phase { created, running, exited };

  AttemptKey attempt;
  Phase phase = Phase::created;
  std::optional<int> exit_code;  // of an exited one; absent when nobody really saw the exit
  std::optional<int> signal;     // that ended it
  bool is_timed_out = false;     // it was ended because its timeout was over
  bool is_lease_over = false;    // it ended with the executor's lease
  bool is_signalled = false;     // a signal from outside had reached it, whoever sent it
  bool oom_killed = false;
  std::optional<Bytes> peak_memory;
  std::optional<Milliseconds> cpu_time;  // of all its processes
  std::string error;                     // the runtime's own words about a failed start
  std::optional<WallTime> started_at;
  std::optional<WallTime> finished_at;
};

}  // namespace berth

template <>
struct std::hash<berth::AttemptKey> {
  std::size_t operator()(const berth::AttemptKey& key) const noexcept {
    return std::hash<std::uint64_t>{}(key.job.value * 0x9E3779B97F4A7C15ULL + key.number);
  }
};
