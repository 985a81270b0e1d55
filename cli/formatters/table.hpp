// Tables that fit the terminal. Pure: width and colour are passed in.
#pragma once

#include "cli/formatters/colour.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace berth::cli {

enum class Align { left, right };

struct Column {
  std::string title;
  Align align = Align::left;
  // Cells the column may be shrunk to when the table is too wide; 0: never shrunk.
  std::size_t shrinks_to = 0;
  // And to how many when that isn't enough.
  std::size_t squeezes_to = 0;
};

struct Cell {
  std::string text;  // escaped by the table
  Colour colour = Colour::plain;
};

struct TableStyle {
  std::optional<std::size_t> width;  // cells of the terminal; nothing: piped, so nothing is ever cut
  bool colour = false;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // As many cells as there are columns.
  void add_row(std::vector<Cell> row);
  bool empty() const { return rows_.empty(); }

  // Title and rows, each ending in a newline, columns two spaces apart. When too wide, the shrinkable column
  // that is the widest beyond its least width gives way first, cell by cell, so that long ones suffer before
  // short ones.
  std::string render(const TableStyle& style) const;

  // The cells that it takes when every column has given way as far as it can.
  std::size_t least_width() const;

 private:
  std::vector<std::size_t> natural_widths() const;
  std::vector<std::size_t> fit(const TableStyle& style) const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace berth::cli
