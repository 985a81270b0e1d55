#include "cli/formatters/frame.hpp"

#include "cli/formatters/text.hpp"
#include "shared/base/utf8.hpp"

#include <algorithm>

namespace berth::cli {
namespace {

constexpr std::string_view top_left = "\x1b[H";
constexpr std::string_view rest_of_line = "\x1b[K";
constexpr std::string_view rest_of_screen = "\x1b[J";
constexpr std::string_view end_of_colour = "\x1b[0m";

}  // namespace

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string clip(std::string_view line, std::size_t width) {
  std::string out;
  std::size_t used = 0;
  bool is_painted = false;
  while (!line.empty()) {
    std::size_t length = 0;
    if (line.front() == '\x1b') {
      length = std::min(line.find('m'), line.size() - 1) + 1;
      is_painted = true;
    } else {
      length = first_letter(line).length;
      used += display_width(line.substr(0, length));
      if (used > width) return is_painted ? out + std::string(end_of_colour) : out;
    }
    out += line.substr(0, length);
    line.remove_prefix(length);
  }
  return out;
}

std::string frame_text(const std::vector<std::string>& lines, const ScreenSize& size) {
  std::string out(top_left);
  const auto count = std::min(lines.size(), size.rows);
  for (std::size_t i = 0; i < count; ++i) {
    if (i != 0) out += "\r\n";
    out += clip(lines[i], size.columns);
    out += rest_of_line;
  }
  out += rest_of_screen;
  return out;
}

}  // namespace berth::cli
