// Amounts of the two resources that every job has, as types that don't convert by themselves.
#pragma once

#include "shared/base/result.hpp"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace berth {

// CPU time per wall time, in thousandths of a core. Integers, so that sums are exact.
struct Millicores {
  std::int64_t value = 0;
  auto operator<=>(const Millicores&) const = default;
  Millicores& operator+=(Millicores other) {
    value += other.value;
    return *this;
  }
  Millicores& operator-=(Millicores other) {
    value -= other.value;
    return *this;
  }
};
inline Millicores operator+(Millicores a, Millicores b) { return a += b; }
inline Millicores operator-(Millicores a, Millicores b) { return a -= b; }

struct Bytes {
  std::int64_t value = 0;
  auto operator<=>(const Bytes&) const = default;
  Bytes& operator+=(Bytes other) {
    value += other.value;
    return *this;
  }
  Bytes& operator-=(Bytes other) {
    value -= other.value;
    return *this;
  }
};
inline Bytes operator+(Bytes a, Bytes b) { return a += b; }
inline Bytes operator-(Bytes a, Bytes b) { return a -= b; }

constexpr Bytes operator""_KiB(unsigned long long n) { return {static_cast<std::int64_t>(n) << 10}; }
constexpr Bytes operator""_MiB(unsigned long long n) { return {static_cast<std::int64_t>(n) << 20}; }
constexpr Bytes operator""_GiB(unsigned long long n) { return {static_cast<std::int64_t>(n) << 30}; }
constexpr Bytes operator""_TiB(unsigned long long n) { return {static_cast<std::int64_t>(n) << 40}; }

// "2", "0.5", "1.25": decimal cores, at most three decimals (a finer grain than the kernel schedules by).
Result<Millicores> parse_cores(std::string_view text);
std::string to_string(Millicores cores);

// Bytes ("1048576"), decimal units ("2GB", "500kB") and binary ones ("512MiB", "1.5GiB"); `docker run`'s
// one-letter suffixes b, k, m, g, t are binary, as Docker has them. Case of the letters doesn't matter.
Result<Bytes> parse_bytes(std::string_view text);
// The shortest exact or one-decimal form in binary units: "512MiB", "1.5GiB", "100B".
std::string to_string(Bytes bytes);

// An amount as text, so exact that it differs from the text of `other` where the amounts differ: what is a
// little too small mustn't be said to be as large as what is wanted.
std::string told_apart(Millicores amount, Millicores other);
std::string told_apart(Bytes amount, Bytes other);

}  // namespace berth
