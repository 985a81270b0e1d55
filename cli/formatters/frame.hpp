// What a whole screen shows, line by line, and the bytes that bring it there. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace berth::cli {

// Cells that can be written on.
struct ScreenSize {
  std::size_t columns = 79;
  std::size_t rows = 24;
  bool operator==(const ScreenSize&) const = default;
};

// The lines of a text, without their newlines.
std::vector<std::string> split_lines(std::string_view text);

// As much of a line as fits in `width` cells; colours (and no other sequences) take none, and end with it.
std::string clip(std::string_view line, std::size_t width);

// Everything that it takes to have these lines, from the top, on a screen of that size, and nothing else, in
// one piece: what is there already is written over and never erased first, so that nothing flickers.
std::string frame_text(const std::vector<std::string>& lines, const ScreenSize& size);

}  // namespace berth::cli
