// Text for terminals: what is safe to print, and how wide it is. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace berth::cli {

// `text` with everything that could move the cursor, change colours or reorder letters made visible: control
// bytes as \n, \t, \x1b …, Unicode's direction overrides as \u202e, bytes that aren't UTF-8 as \xff. Other
// text is untouched.
std::string escape_control(std::string_view text);

// Terminal cells that `text` (valid UTF-8, no control bytes) takes: 2 for East Asian wide letters and emoji,
// 0 for combining marks.
std::size_t display_width(std::string_view text);

// `text`, or as much of it as fits with a final "…", in at most `width` cells.
std::string shorten(std::string_view text, std::size_t width);

// `text` in lines of at most `width` cells, broken between words where that can be, each behind `indent`
// spaces and with a newline; on one line without a width. Control bytes are escaped.
std::string wrap(std::string_view text, std::optional<std::size_t> width, std::size_t indent);

// One argument as a shell would need it: plain, 'a b', ''. For showing commands, not for running them.
std::string shell_quote(std::string_view argument);
std::string shell_join(const std::vector<std::string>& arguments);

}  // namespace berth::cli
