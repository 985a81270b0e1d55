// Time: wall-clock instants for people, durations for settings, and the clock that is passed to whoever needs
// one.
#pragma once

#include "shared/base/result.hpp"

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace berth {

using Milliseconds = std::chrono::milliseconds;

// An instant of the wall clock, UTC, to the millisecond. For people and records only: never used to order
// events or to decide that a lease has ended, because wall clocks step.
struct WallTime {
  std::int64_t milliseconds = 0;  // since 1970-01-01T00:00:00Z
  auto operator<=>(const WallTime&) const = default;
};

inline Milliseconds operator-(WallTime a, WallTime b) {
  return Milliseconds{a.milliseconds - b.milliseconds};
}
inline WallTime operator+(WallTime a, Milliseconds d) { return {a.milliseconds + d.count()}; }

// "2026-11-23T18:56:02.123Z" (RFC 3339), and back.
std::string to_string(WallTime time);
Result<WallTime> parse_wall_time(std::string_view text);

// "250ms", "10s", "1h30m", "2d", or plain seconds ("90", "0.5"); never negative.
Result<Milliseconds> parse_duration(std::string_view text);
// Canonical and exact: "1h30m", "10s", "1s500ms", "0s".
std::string to_string(Milliseconds duration);

// An instant of a clock that never steps. What deadlines are made of.
using Monotonic = std::chrono::steady_clock::time_point;

// An instant of the machine's own clock (CLOCK_BOOTTIME): like Monotonic it never steps, but it goes on while
// the machine sleeps, and every process on the machine and in its containers reads the same. What leases are
// made of.
struct BootTime {
  std::chrono::nanoseconds since_boot{};
  auto operator<=>(const BootTime&) const = default;
};
inline BootTime operator+(BootTime time, Milliseconds span) { return {time.since_boot + span}; }

// The port through which Berth asks for the time, so that tests and the simulation can decide it.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime wall() const = 0;
  virtual Monotonic monotonic() const = 0;
  virtual BootTime boot() const = 0;
};

class SystemClock final : public Clock {
 public:
  WallTime wall() const override;
  Monotonic monotonic() const override;
  BootTime boot() const override;
};

}  // namespace berth
