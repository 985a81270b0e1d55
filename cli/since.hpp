// What people give to --since.
#pragma once

#include "shared/base/result.hpp"

#include <string>

namespace berth::cli {

// An instant, or how long ago: "2026-11-23T18:00:00Z", "10m"; as an instant (RFC 3339). Error invalid, naming
// the flag.
Result<std::string> parse_since(const std::string& text);

}  // namespace berth::cli
