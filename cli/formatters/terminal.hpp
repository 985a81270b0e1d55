// What the three standard streams are attached to, and writing to them exactly.
#pragma once

#include "cli/formatters/table.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace berth::cli {

inline constexpr int standard_output = 1;
inline constexpr int standard_error = 2;

// Cells in a line of the terminal behind a descriptor; nothing when it isn't a terminal.
std::optional<std::size_t> terminal_width(int descriptor);

// TERM=dumb: what is written is shown, and nothing that is written can be taken back or coloured.
bool is_dumb_terminal();

// A terminal that knows colours, and the person hasn't set NO_COLOR (https://no-color.org).
bool wants_colour(int descriptor);

TableStyle style_of(int descriptor);

// All bytes, whatever they are. False when the reader has gone or the disk is full: nobody is listening
// there.
bool write_all(int descriptor, std::string_view bytes);

// Lines for a person, on stderr: "berth: …".
void say_error(std::string_view message);
void say(std::string_view text);  // stdout, as it is

}  // namespace berth::cli
