// A job's output for a person, piece by piece as it comes. Pure.
#pragma once

#include <string>
#include <string_view>

namespace berth::cli {

// `bytes` with `stamp` and a space before each line that begins in them. `is_line_begun` is the caller's, one
// for each stream, false in the beginning.
std::string stamped(std::string_view bytes, std::string_view stamp, bool& is_line_begun);

// Makes output safe for a terminal: newlines, tabs and carriage returns (progress bars live by them) pass,
// and so do colours (ESC [ … m); all else that could move the cursor, change the terminal or reorder letters
// is made visible as escape_control does. What a piece leaves unfinished, a letter or a colour, is held back
// until the next one.
class TerminalText {
 public:
  std::string add(std::string_view bytes);
  // At the end: what was held back, and the terminal's own colour where the output may have left another.
  std::string end();

 private:
  std::string held_;
  bool has_colour_ = false;
};

}  // namespace berth::cli
