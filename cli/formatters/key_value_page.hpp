// A page about one thing: a line each for what is worth knowing. Pure.
#pragma once

#include "cli/formatters/text.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace berth::cli {

// Lines "  key        value", empty values left out, every value escaped.
class KeyValuePage {
 public:
  void add(std::string_view key, const std::string& value) {
    if (value.empty()) return;
    std::string line = "  " + std::string(key);
    line.append(line.size() < key_width ? key_width - line.size() : 1, ' ');
    out_ += line + escape_control(value) + "\n";
  }
  void add(std::string_view key, const std::optional<std::string>& value) { add(key, value.value_or("")); }
  // As it is.
  void line(const std::string& text) { out_ += text + "\n"; }
  const std::string& text() const { return out_; }

 private:
  static constexpr std::size_t key_width = 16;
  std::string out_;
};

}  // namespace berth::cli
