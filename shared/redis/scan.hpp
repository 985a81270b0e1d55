// Walks all keys with a prefix: SCAN, page by page. A key that is there all the time is found at least once.
#pragma once

#include "shared/redis/wire.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace berth::redis {

class Scan {
 public:
  explicit Scan(std::string_view prefix) {
    for (const char c : prefix) {
      if (std::string_view("\\*?[]").find(c) != std::string_view::npos) pattern_ += '\\';
      pattern_ += c;
    }
    pattern_ += '*';
  }

  bool is_done() const { return is_done_; }
  Command next() const { return Command("SCAN", cursor_, "MATCH", pattern_, "COUNT", 1'000); }
  // The names in the answer to next(); nothing when it isn't one.
  std::optional<std::vector<std::string>> take(const Reply& reply) {
    const auto& parts = reply.items();
    if (parts.size() != 2) return std::nullopt;
    cursor_ = parts[0].text();
    is_done_ = cursor_ == "0";
    std::vector<std::string> names;
    for (const Reply& name : parts[1].items()) names.emplace_back(name.text());
    return names;
  }

 private:
  std::string pattern_;
  std::string cursor_ = "0";
  bool is_done_ = false;
};

}  // namespace berth::redis
