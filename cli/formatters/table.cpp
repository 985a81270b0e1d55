#include "cli/formatters/table.hpp"

#include "cli/formatters/text.hpp"

#include <algorithm>
#include <cassert>
#include <numeric>

namespace berth::cli {
namespace {

constexpr std::size_t gap = 2;

std::string padded(const std::string& text, std::size_t width, Align align, bool is_last) {
  const auto used = display_width(text);
  const std::string space(width > used ? width - used : 0, ' ');
  if (align == Align::right) return space + text;
  return is_last ? text : text + space;
}

}  // namespace

void Table::add_row(std::vector<Cell> row) {
  assert(row.size() == columns_.size());
  for (auto& cell : row) cell.text = escape_control(cell.text);
  rows_.push_back(std::move(row));
}

std::vector<std::size_t> Table::natural_widths() const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = display_width(columns_[i].title);
    for (const auto& row : rows_) width = std::max(width, display_width(row[i].text));
    widths.push_back(width);
  }
  return widths;
}

std::size_t Table::least_width() const {
  auto total = gap * (columns_.size() - 1);
  const auto widths = natural_widths();
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const auto least = columns_[i].shrinks_to;
    total += least == 0 ? widths[i] : std::min(widths[i], least);
  }
  return total;
}

std::vector<std::size_t> Table::fit(const TableStyle& style) const {
  auto widths = natural_widths();
  if (!style.width) return widths;
  auto total = std::accumulate(widths.begin(), widths.end(), gap * (columns_.size() - 1));
  for (const auto least : {&Column::shrinks_to, &Column::squeezes_to}) {
    while (total > *style.width) {
      std::optional<std::size_t> widest;
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        const bool can_shrink = columns_[i].*least != 0 && widths[i] > columns_[i].*least;
        if (can_shrink && (!widest || widths[i] > widths[*widest])) widest = i;
      }
      if (!widest) break;  // narrower than the table can be: the terminal wraps it
      --widths[*widest];
      --total;
    }
  }
  return widths;
}

std::string Table::render(const TableStyle& style) const {
  const auto widths = fit(style);
  std::string out;
  const auto add_line = [&](const auto& cell_of) {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const Cell cell = cell_of(i);
      const bool is_last = i + 1 == columns_.size();
      const auto text = padded(shorten(cell.text, widths[i]), widths[i], columns_[i].align, is_last);
      out += paint(text, cell.colour, style.colour);
      if (!is_last) out.append(gap, ' ');
    }
    while (out.ends_with(' ')) out.pop_back();
    out += '\n';
  };
  add_line([&](std::size_t i) { return Cell{columns_[i].title, Colour::bold}; });
  for (const auto& row : rows_) {
    add_line([&](std::size_t i) { return row[i]; });
  }
  return out;
}

}  // namespace berth::cli
