#include "shared/base/time.hpp"

#include "shared/base/ids.hpp"
#include "shared/base/quantity.hpp"

#include <time.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <utility>

namespace berth {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};
// Longest first, so that to_string() can peel them off; "ms" before "m" so that parsing takes the longer
// name.
constexpr std::array<Unit, 5> units{{
    {"d", 86'400'000},
    {"h", 3'600'000},
    {"ms", 1},
    {"m", 60'000},
    {"s", 1'000},
}};

}  // namespace

std::string to_string(WallTime time) {
  using namespace std::chrono;
  const sys_time<milliseconds> instant{milliseconds{time.milliseconds}};
  const auto day = floor<days>(instant);
  const year_month_day date{day};
  const hh_mm_ss clock{instant - day};
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
                static_cast<int>(clock.subseconds().count()));
  return text.data();
}

Result<WallTime> parse_wall_time(std::string_view text) {
  using namespace std::chrono;
  const std::string copy{text};
  int year_number = 0;
  unsigned month_number = 0;
  unsigned day_number = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int used = 0;
  const auto complaint = [&] {
    return invalid("must be a UTC time such as 2026-11-23T18:56:02.123Z, got \"" + copy + "\"");
  };
  if (std::sscanf(copy.c_str(), "%4d-%2u-%2uT%2d:%2d:%2d%n", &year_number, &month_number, &day_number, &hour,
                  &minute, &second, &used) != 6) {
    return complaint();
  }
  std::string_view rest = std::string_view{copy}.substr(static_cast<std::size_t>(used));
  std::int64_t fraction = 0;
  if (rest.starts_with('.')) {
    const auto end = rest.find_first_not_of("0123456789", 1);
    std::string digits{rest.substr(1, end == std::string_view::npos ? end : end - 1)};
    if (digits.empty()) return complaint();
    digits.resize(3, '0');  // finer than a millisecond is cut
    fraction = std::strtol(digits.c_str(), nullptr, 10);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end);
  }
  const year_month_day date{year{year_number}, month{month_number}, day{day_number}};
  if (rest != "Z" || !date.ok() || hour > 23 || minute > 59 || second > 60 || hour < 0 || minute < 0 ||
      second < 0) {
    return complaint();
  }
  const auto instant = sys_days{date} + hours{hour} + minutes{minute} + seconds{second};
  return WallTime{duration_cast<milliseconds>(instant.time_since_epoch()).count() + fraction};
}

Result<Milliseconds> parse_duration(std::string_view text) {
  const auto complaint = [&] {
    return invalid("must be a duration such as 10s, 5m, 1h30m or 250ms, got \"" + std::string(text) + "\"");
  };
  if (text.empty()) return complaint();
  // Plain seconds, with parse_cores' exact three decimals: a thousandth of a second is a millisecond.
  if (const auto seconds = parse_cores(text)) return Milliseconds{seconds->value};
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / 4;
  std::int64_t total = 0;
  while (!text.empty()) {
    const auto end = text.find_first_not_of("0123456789.");
    if (end == 0 || end == std::string_view::npos) return complaint();
    const auto amount = parse_cores(text.substr(0, end));  // in thousandths
    if (!amount) return complaint();
    text.remove_prefix(end);
    const Unit* unit = nullptr;
    for (const auto& candidate : units) {
      if (text.starts_with(candidate.name)) {
        unit = &candidate;
        break;
      }
    }
    if (unit == nullptr || amount->value > most / unit->milliseconds) return complaint();
    text.remove_prefix(unit->name.size());
    total += amount->value * unit->milliseconds / 1000;
    if (total > most) return complaint();
  }
  return Milliseconds{total};
}

std::string to_string(Milliseconds duration) {
  auto rest = duration.count();
  if (rest == 0) return "0s";
  static constexpr std::array<Unit, 5> descending{{
      {"d", 86'400'000},
      {"h", 3'600'000},
      {"m", 60'000},
      {"s", 1'000},
      {"ms", 1},
  }};
  std::string text;
  for (const auto& unit : descending) {
    if (const auto count = rest / unit.milliseconds; count != 0) {
      text += std::to_string(count);
      text += unit.name;
      rest %= unit.milliseconds;
    }
  }
  return text;
}

WallTime SystemClock::wall() const {
  return {
      std::chrono::duration_cast<Milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count()};
}

Monotonic SystemClock::monotonic() const { return std::chrono::steady_clock::now(); }

BootTime SystemClock::boot() const {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return {std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec}};
}

}  // namespace berth
