#include "cli/formatters/text.hpp"

#include "shared/base/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <utility>

namespace berth::cli {
namespace {

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

template <std::size_t N>
bool within(const std::array<Range, N>& ranges, std::uint32_t code) {
  for (const auto& range : ranges) {
    if (code >= range.first && code <= range.last) return true;
  }
  return false;
}

// Letters that change the order or the look of what follows: CVE-2021-42574's trick.
constexpr std::array<Range, 5> dangerous{
    {{0x80, 0x9f}, {0x200e, 0x200f}, {0x2028, 0x202e}, {0x2066, 0x2069}, {0xfeff, 0xfeff}}};

// From Unicode's East Asian Width (W and F), coarse: whole blocks.
constexpr std::array<Range, 11> wide{{{0x1100, 0x115f},
                                      {0x2e80, 0x303e},
                                      {0x3041, 0xa4cf},
                                      {0xac00, 0xd7a3},
                                      {0xf900, 0xfaff},
                                      {0xfe30, 0xfe6f},
                                      {0xff00, 0xff60},
                                      {0xffe0, 0xffe6},
                                      {0x1f300, 0x1f64f},
                                      {0x1f680, 0x1faff},
                                      {0x20000, 0x3fffd}}};
constexpr std::array<Range, 5> zero{
    {{0x300, 0x36f}, {0x200b, 0x200d}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0x1ab0, 0x1aff}}};

std::size_t cells(std::uint32_t code) {
  if (within(zero, code)) return 0;
  return within(wide, code) ? 2 : 1;
}

std::string hexadecimal(const char* form, unsigned value) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), form, value);
  return text.data();
}

std::string escaped(const Letter& letter) {
  switch (letter.valid ? letter.code : 0xffffffffu) {
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      break;
  }
  return letter.valid && letter.code > 0x7f ? hexadecimal("\\u%04x", letter.code)
                                            : hexadecimal("\\x%02x", letter.code);
}

}  // namespace

std::string escape_control(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto letter = first_letter(text);
    const bool control = letter.code < 0x20 || letter.code == 0x7f;
    if (!letter.valid || control || within(dangerous, letter.code)) {
      out += escaped(letter);
    } else {
      out += text.substr(0, letter.length);
    }
    text.remove_prefix(letter.length);
  }
  return out;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const auto letter = first_letter(text);
    width += cells(letter.code);
    text.remove_prefix(letter.length);
  }
  return width;
}

std::string shorten(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  if (width == 0) return {};
  std::size_t used = 0;
  std::size_t bytes = 0;
  while (bytes < text.size()) {
    const auto letter = first_letter(text.substr(bytes));
    if (used + cells(letter.code) > width - 1) break;
    used += cells(letter.code);
    bytes += letter.length;
  }
  return std::string(text.substr(0, bytes)) + "…";
}

std::string wrap(std::string_view text, std::optional<std::size_t> width, std::size_t indent) {
  const auto safe = escape_control(text);
  const std::string margin(indent, ' ');
  if (!width) return margin + safe + "\n";
  std::string out;
  std::string line = margin;
  for (std::size_t at = 0; at < safe.size();) {
    const auto end = std::min(safe.find(' ', at), safe.size());
    const auto word = safe.substr(at, end - at);
    const bool is_first = line.size() == indent;
    if (!is_first && display_width(line) + 1 + display_width(word) > *width) {
      out += line + "\n";
      line = margin + word;
    } else {
      line += (is_first ? "" : " ") + word;
    }
    at = end + 1;
  }
  return out + line + "\n";
}

std::string shell_quote(std::string_view argument) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./,:@%^";
  if (!argument.empty() && argument.find_first_not_of(plain) == std::string_view::npos)
    return std::string(argument);
  std::string out = "'";
  for (const char c : argument) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::string shell_join(const std::vector<std::string>& arguments) {
  std::string out;
  for (const auto& argument : arguments) {
    if (!out.empty()) out += ' ';
    out += shell_quote(argument);
  }
  return out;
}

}  // namespace berth::cli
