// Strong identifiers: a job's number is never mistaken for an attempt's.
#pragma once

#include <charconv>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace berth {

// A job's place in the cluster's sequence: 1, 2, 3 … Never reused, and never above max_job_id.
struct JobId {
  std::uint64_t value = 0;
  auto operator<=>(const JobId&) const = default;
};

// Ids are scores in Redis, which are doubles: exact up to here.
inline constexpr std::uint64_t max_job_id = 1ull << 53;

inline std::string to_string(JobId id) { return std::to_string(id.value); }

// The number in `text` if it is nothing but decimal digits and fits.
template <class Integer>
std::optional<Integer> parse_integer(std::string_view text) {
  Integer value{};
  const auto* end = text.data() + text.size();
  auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || text.empty()) return std::nullopt;
  return value;
}

inline std::optional<JobId> parse_job_id(std::string_view text) {
  auto value = parse_integer<std::uint64_t>(text);
  if (!value || *value == 0 || *value > max_job_id) return std::nullopt;
  return JobId{*value};
}

}  // namespace berth

template <>
struct std::hash<berth::JobId> {
  std::size_t operator()(berth::JobId id) const noexcept { return std::hash<std::uint64_t>{}(id.value); }
};
