#include "cli/formatters/event_text.hpp"

#include "cli/formatters/text.hpp"

#include <algorithm>

namespace berth::cli {
namespace {

constexpr std::size_t subject_width = 10;
constexpr std::size_t type_width = 19;

// 2026-11-23T18:56:02.123Z → 2026-11-23 18:56:02.123
std::string time_text(WallTime at) {
  auto text = to_string(at);
  text.pop_back();
  text[text.find('T')] = ' ';
  return text;
}

std::string padded(std::string text, std::size_t width) {
  text.append(width - std::min(display_width(text), width), ' ');
  return text;
}

std::string state_text(const Event& event) {
  if (!event.status) return "";
  std::string out{to_string(*event.status)};
  if (is_terminal(*event.status))
    return event.cause ? out + " (" + std::string(to_string(*event.cause)) + ")" : out;
  return event.reason ? out + " (" + std::string(to_string(*event.reason)) + ")" : out;
}

}  // namespace

std::string event_line(const Event& event, const TableStyle& style) {
  const auto subject = event.job ? "job " + to_string(*event.job) : event.executor.value_or(event.actor);
  auto start = time_text(event.at) + "  " + padded(escape_control(subject), subject_width) + "  " +
               padded(escape_control(event.type), type_width) + "  ";
  const auto state = state_text(event);
  std::string rest;
  if (event.job && event.executor) rest += " on " + escape_control(*event.executor);
  if (!event.message.empty())
    rest += (state.empty() && rest.empty() ? "" : ": ") + escape_control(event.message);
  if (style.width) {
    const auto used = display_width(start) + display_width(state);
    rest = shorten(rest, *style.width > used ? *style.width - used : 0);
  }
  const auto colour = event.status ? status_colour(*event.status) : Colour::plain;
  auto line = start + paint(state, colour, style.colour && !state.empty()) + rest;
  while (line.ends_with(' ')) line.pop_back();
  return line;
}

}  // namespace berth::cli
