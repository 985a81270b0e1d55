#include "cli/formatters/timeline.hpp"

#include "cli/formatters/text.hpp"
#include "cli/formatters/words.hpp"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>

namespace berth::cli {
namespace {

constexpr std::size_t margin_cells = 2;
constexpr std::size_t longest_bar = 100;

std::string_view glyph_of(PhaseName phase) {
  switch (phase) {
    case PhaseName::queued:
      return "·";
    case PhaseName::handover:
      return "-";
    case PhaseName::pull:
      return "░";
    case PhaseName::create:
      return "▒";
    case PhaseName::start:
      return "▓";
    case PhaseName::run:
      return "█";
    case PhaseName::stop:
      return "▪";
  }
  return "?";
}

Colour phase_colour(PhaseName phase) {
  switch (phase) {
    case PhaseName::queued:
      return Colour::yellow;
    case PhaseName::handover:
      return Colour::dim;
    case PhaseName::pull:
      return Colour::blue;
    case PhaseName::run:
      return Colour::green;
    case PhaseName::stop:
      return Colour::red;
    case PhaseName::create:
    case PhaseName::start:
      break;
  }
  return Colour::plain;
}

std::string phase_words(const Phase& phase) {
  return std::string(to_string(phase.name)) + " " + say_span(phase.took) + (phase.to ? "" : " so far");
}

std::string phase_bar(const std::vector<Phase>& phases, const TableStyle& style) {
  std::vector<Milliseconds> spans;
  for (const auto& phase : phases) spans.push_back(phase.took);
  const auto room = *style.width > margin_cells ? *style.width - margin_cells : 0;
  const auto cells_of = share_cells(spans, std::min(room, longest_bar));
  if (cells_of.empty()) return {};
  std::string drawn(margin_cells, ' ');
  for (std::size_t i = 0; i < phases.size(); ++i) {
    std::string segment;
    for (std::size_t cell = 0; cell < cells_of[i]; ++cell) segment += glyph_of(phases[i].name);
    drawn += paint(segment, phase_colour(phases[i].name), style.colour && !segment.empty());
  }
  return drawn + "\n";
}

// What each glyph stands for, and for how long, in lines that fit.
std::string phase_legend(const std::vector<Phase>& phases, const TableStyle& style) {
  constexpr std::size_t between = 2;
  std::string text;
  std::size_t used = 0;
  for (const auto& phase : phases) {
    const auto words = phase_words(phase);
    const auto width = 2 + display_width(words);
    const bool is_first = used == 0;
    if (!is_first && used + between + width > *style.width) {
      text += '\n';
      used = 0;
    }
    const auto gap_cells = used == 0 ? margin_cells : between;
    text.append(gap_cells, ' ');
    text += paint(glyph_of(phase.name), phase_colour(phase.name), style.colour) + " " + words;
    used += gap_cells + width;
  }
  return text + "\n";
}

}  // namespace

std::vector<std::size_t> share_cells(const std::vector<Milliseconds>& spans, std::size_t cells) {
  double whole = 0;
  std::size_t least = 0;
  for (const auto span : spans) {
    whole += static_cast<double>(std::max(span, Milliseconds{0}).count());
    least += span > Milliseconds{0} ? 1 : 0;
  }
  if (least == 0 || least > cells) return {};
  // One for each that took time; the rest in proportion, what is left of a cell to the largest remainders.
  const auto rest = static_cast<double>(cells - least);
  std::vector<std::size_t> shares(spans.size(), 0);
  std::vector<std::pair<double, std::size_t>> remainders;
  std::size_t given = 0;
  for (std::size_t i = 0; i < spans.size(); ++i) {
    if (spans[i] <= Milliseconds{0}) continue;
    const auto exact = rest * static_cast<double>(spans[i].count()) / whole;
    const auto full = static_cast<std::size_t>(exact);
    shares[i] = 1 + full;
    given += shares[i];
    remainders.emplace_back(exact - static_cast<double>(full), i);
  }
  std::stable_sort(remainders.begin(), remainders.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  for (std::size_t i = 0; given < cells && i < remainders.size(); ++i, ++given)
    ++shares[remainders[i].second];
  return shares;
}

std::string timeline(const AttemptStory& attempt, const TableStyle& style) {
  if (attempt.phases.empty()) return {};
  if (style.width) return phase_bar(attempt.phases, style) + phase_legend(attempt.phases, style);
  std::string words;
  for (const auto& phase : attempt.phases) words += (words.empty() ? "" : ", ") + phase_words(phase);
  return std::string(margin_cells, ' ') + words + "\n";
}

}  // namespace berth::cli
