#include "shared/base/quantity.hpp"

#include "shared/base/ids.hpp"

#include <array>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <optional>
#include <utility>

namespace berth {
namespace {

// A non-negative decimal number, in units of 10^-digits, exactly; nullopt for anything else ("1e3", "-1",
// ".", "").
std::optional<std::int64_t> parse_fixed(std::string_view text, int digits) {
  const auto dot = text.find('.');
  const auto whole = text.substr(0, dot);
  auto fraction = dot == std::string_view::npos ? std::string_view{} : text.substr(dot + 1);
  if (whole.empty() || (dot != std::string_view::npos && fraction.empty())) return std::nullopt;
  while (!fraction.empty() && fraction.back() == '0') fraction.remove_suffix(1);
  if (fraction.size() > static_cast<std::size_t>(digits)) return std::nullopt;
  std::string all{whole};
  all += fraction;
  all.append(static_cast<std::size_t>(digits) - fraction.size(), '0');
  if (all.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return parse_integer<std::int64_t>(all);
}

std::optional<std::int64_t> unit_size(std::string unit) {
  for (auto& c : unit) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  static constexpr std::array<std::pair<std::string_view, std::int64_t>, 15> units{{
      {"", 1},
      {"b", 1},
      {"k", 1LL << 10},
      {"m", 1LL << 20},
      {"g", 1LL << 30},
      {"t", 1LL << 40},
      {"kib", 1LL << 10},
      {"mib", 1LL << 20},
      {"gib", 1LL << 30},
      {"tib", 1LL << 40},
      {"kb", 1'000},
      {"mb", 1'000'000},
      {"gb", 1'000'000'000},
      {"tb", 1'000'000'000'000},
      {"ki", 1LL << 10},
  }};
  for (const auto& [name, size] : units) {
    if (unit == name) return size;
  }
  return std::nullopt;
}

}  // namespace

Result<Millicores> parse_cores(std::string_view text) {
  const auto value = parse_fixed(text, 3);
  if (!value) return invalid("must be a number of cores such as 2 or 0.5, got \"" + std::string(text) + "\"");
  return Millicores{*value};
}

std::string to_string(Millicores cores) {
  const bool negative = cores.value < 0;
  const auto magnitude = negative ? -cores.value : cores.value;
  std::string text = std::to_string(magnitude / 1000);
  if (const auto rest = magnitude % 1000; rest != 0) {
    std::array<char, 8> digits{};
    std::snprintf(digits.data(), digits.size(), "%03d", static_cast<int>(rest));
    text += '.';
    text += digits.data();
    while (text.back() == '0') text.pop_back();
  }
  return negative ? "-" + text : text;
}

Result<Bytes> parse_bytes(std::string_view text) {
  const auto complaint = [&] {
    return invalid("must be a size such as 512MiB, 2GB or a number of bytes, got \"" + std::string(text) +
                   "\"");
  };
  const auto end = text.find_first_not_of("0123456789.");
  auto unit = end == std::string_view::npos ? std::string_view{} : text.substr(end);
  while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
  const auto size = unit_size(std::string(unit));
  const auto number = text.substr(0, end);
  const auto dot = number.find('.');
  const auto whole = parse_fixed(number.substr(0, dot), 0);
  // The part behind the dot, in millionths; it is rounded to a byte.
  const auto fraction = dot == std::string_view::npos ? std::optional<std::int64_t>(0)
                                                      : parse_fixed("0" + std::string(number.substr(dot)), 6);
  std::int64_t bytes = 0;
  if (!size || !whole || !fraction || __builtin_mul_overflow(*whole, *size, &bytes)) return complaint();
  const auto part = static_cast<long double>(*fraction) * static_cast<long double>(*size) / 1e6L;
  if (__builtin_add_overflow(bytes, static_cast<std::int64_t>(std::llroundl(part)), &bytes))
    return complaint();
  return Bytes{bytes};
}

std::string to_string(Bytes bytes) {
  static constexpr std::array<std::string_view, 5> units{"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes.value);
  std::size_t unit = 0;
  // 1023.95 would print as 1024.0: move on to the next unit before that.
  while (unit + 1 < units.size() && std::abs(value) >= 1023.95) {
    value /= 1024;
    ++unit;
  }
  std::array<char, 32> digits{};
  const bool whole = std::abs(value - std::round(value)) < 0.05;
  std::snprintf(digits.data(), digits.size(), whole ? "%.0f" : "%.1f", value);
  return std::string(digits.data()) + std::string(units[unit]);
}

std::string told_apart(Millicores amount, Millicores) { return to_string(amount); }

std::string told_apart(Bytes amount, Bytes other) {
  constexpr auto unit = (1_MiB).value;
  if (amount == other || to_string(amount) != to_string(other)) return to_string(amount);
  if (amount.value / unit == other.value / unit) return std::to_string(amount.value) + "B";
  return std::to_string(amount.value / unit) + "MiB";
}

}  // namespace berth
