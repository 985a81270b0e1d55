#include "cli/formatters/log_text.hpp"

#include "cli/formatters/text.hpp"
#include "shared/base/utf8.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace berth::cli {
namespace {

// Bytes of one sequence; "38;2;255;255;255" is what they are made of.
constexpr std::size_t longest_colour = 64;
constexpr std::string_view own_colour = "\x1b[0m";

bool is_plain(char c) { return c == '\n' || c == '\t' || c == '\r' || (c >= 0x20 && c < 0x7f); }
bool is_of_colour(char c) { return (c >= '0' && c <= '9') || c == ';' || c == ':'; }

// How long the colour is that `text` begins with; 0: none. SGR of ECMA-48, 8.3.117.
std::size_t colour_length(std::string_view text) {
  if (!text.starts_with("\x1b[")) return 0;
  const auto end = std::find_if_not(text.begin() + 2, text.end(), is_of_colour);
  return end != text.end() && *end == 'm' ? static_cast<std::size_t>(end - text.begin()) + 1 : 0;
}

// Whether more bytes could make `text`, which begins with ESC, a colour.
bool may_become_colour(std::string_view text) {
  if (text.size() > longest_colour) return false;
  if (text.size() == 1) return true;
  return text[1] == '[' && std::all_of(text.begin() + 2, text.end(), is_of_colour);
}

// Whether more bytes could make `text` a letter: it is shorter than its first byte says, and all that follows
// belongs to one.
bool may_become_letter(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 1;
  return text.size() < length && std::all_of(text.begin() + 1, text.end(), [](char c) {
           return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
         });
}

}  // namespace

std::string stamped(std::string_view bytes, std::string_view stamp, bool& is_line_begun) {
  std::string out;
  while (!bytes.empty()) {
    if (!is_line_begun) out.append(stamp).append(" ");
    const auto newline = bytes.find('\n');
    is_line_begun = newline == std::string_view::npos;
    const auto line = bytes.substr(0, is_line_begun ? bytes.size() : newline + 1);
    out += line;
    bytes.remove_prefix(line.size());
  }
  return out;
}

std::string TerminalText::add(std::string_view bytes) {
  const auto whole = std::exchange(held_, {}) + std::string(bytes);
  std::string out;
  for (std::string_view rest = whole; !rest.empty();) {
    const auto plain =
        static_cast<std::size_t>(std::find_if_not(rest.begin(), rest.end(), is_plain) - rest.begin());
    out += rest.substr(0, plain);
    rest.remove_prefix(plain);
    if (rest.empty()) break;
    std::size_t length = colour_length(rest);
    if (length > 0) {
      out += rest.substr(0, length);
      has_colour_ = true;
    } else if (rest.front() == '\x1b' ? may_become_colour(rest) : may_become_letter(rest)) {
      held_ = rest;
      break;
    } else {
      length = first_letter(rest).length;
      out += escape_control(rest.substr(0, length));
    }
    rest.remove_prefix(length);
  }
  return out;
}

std::string TerminalText::end() {
  auto out = escape_control(std::exchange(held_, {}));
  if (std::exchange(has_colour_, false)) out += own_colour;
  return out;
}

}  // namespace berth::cli
