#include "cli/formatters/words.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace berth::cli {
namespace {

constexpr std::int64_t second = 1'000;
constexpr std::int64_t minute = 60 * second;
constexpr std::int64_t hour = 60 * minute;
constexpr std::int64_t day = 24 * hour;

std::string two_units(std::int64_t large, const char* large_name, std::int64_t small,
                      const char* small_name) {
  std::string text = std::to_string(large) + large_name;
  if (small != 0) text += " " + std::to_string(small) + small_name;
  return text;
}

std::string one_unit(std::int64_t span) {
  if (span >= day) return std::to_string(span / day) + "d";
  if (span >= hour) return std::to_string(span / hour) + "h";
  if (span >= minute) return std::to_string(span / minute) + "m";
  return std::to_string(span / second) + "s";
}

}  // namespace

std::string say_span(Milliseconds span) {
  const std::int64_t ms = span.count() < 0 ? 0 : span.count();
  if (ms < second) return std::to_string(ms) + "ms";
  if (ms < 10 * second) {
    std::array<char, 24> text{};
    std::snprintf(text.data(), text.size(), "%d.%ds", static_cast<int>(ms / second),
                  static_cast<int>(ms % second / 100));
    return text.data();
  }
  if (ms < minute) return std::to_string(ms / second) + "s";
  if (ms < hour) return two_units(ms / minute, "m", ms % minute / second, "s");
  if (ms < day) return two_units(ms / hour, "h", ms % hour / minute, "m");
  return two_units(ms / day, "d", ms % day / hour, "h");
}

std::string say_ago(WallTime then, WallTime now) {
  const std::int64_t span = (now - then).count();
  if (span <= -2 * second) return "in " + one_unit(-span);
  if (span < 2 * second) return "just now";
  return one_unit(span) + " ago";
}

std::string say_instant(WallTime time) {
  std::string text = to_string(time);  // 2026-11-23T18:56:02.123Z
  text.resize(text.find('.'));
  text[text.find('T')] = ' ';
  return text + " UTC";
}

std::string say_when(WallTime then, WallTime now) {
  return say_ago(then, now) + " (" + say_instant(then) + ")";
}

std::string say_count(std::size_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

std::string say_used(const std::optional<Millicores>& cpu) {
  if (!cpu) return "-";
  const auto hundredths = (cpu->value + 5) / 10;
  return to_string(Millicores{cpu->value > 0 ? 10 * std::max<std::int64_t>(hundredths, 1) : 0});
}

std::string say_used(const std::optional<Bytes>& memory) { return memory ? to_string(*memory) : "-"; }

}  // namespace berth::cli
