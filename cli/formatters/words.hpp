// How times and amounts are said to a person. Pure: the present is passed in.
#pragma once

#include "shared/base/quantity.hpp"
#include "shared/base/time.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace berth::cli {

// A span with its two largest units at most: "250ms", "3.2s", "42s", "3m 5s", "2h 10m", "4d 3h". Negative
// spans (a clock stepped) are said as "0ms".
std::string say_span(Milliseconds span);

// How long before `now`: "just now" below two seconds, else one unit: "42s ago", "3m ago", "5h ago", "4d
// ago". An instant in the future (clocks differ): "in 3m".
std::string say_ago(WallTime then, WallTime now);

// "2026-11-23 18:56:02 UTC"
std::string say_instant(WallTime time);

// "3m ago (2026-11-23 18:56:02 UTC)"
std::string say_when(WallTime then, WallTime now);

// "1 job", "2 jobs"
std::string say_count(std::size_t count, std::string_view noun);

// What is used at present: cores to the hundredth ("1.25"; a little is "0.01"), memory as ever ("310MiB");
// "-" where it isn't known.
std::string say_used(const std::optional<Millicores>& cpu);
std::string say_used(const std::optional<Bytes>& memory);

}  // namespace berth::cli
