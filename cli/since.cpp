#include "cli/since.hpp"

#include "shared/base/time.hpp"

#include <algorithm>

namespace berth::cli {

Result<std::string> parse_since(const std::string& text) {
  if (const auto time = parse_wall_time(text)) return to_string(*time);
  const auto span = parse_duration(text);
  if (!span)
    return invalid("--since must be a time (2026-11-23T18:00:00Z) or a span (10m), got \"" + text + '"');
  // Longer ago than there are times: all of it.
  return to_string(std::max(WallTime{}, SystemClock{}.wall() + -*span));
}

}  // namespace berth::cli
