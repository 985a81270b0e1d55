// `berth top` as lines of text. Pure.
#pragma once

#include "cli/formatters/frame.hpp"
#include "shared/model/overview.hpp"

#include <optional>
#include <string>
#include <vector>

namespace berth::cli {

struct TopPage {
  Overview overview;
  Milliseconds age{};     // since it came
  std::string trouble{};  // why nothing came since; empty: nothing is wrong
};

// Fits the size exactly: at most so many lines, none wider; what doesn't fit is counted in the last line of
// its list. Without a size nothing is cut.
std::vector<std::string> top_lines(const TopPage& page, const std::optional<ScreenSize>& size, bool colour);

}  // namespace berth::cli
