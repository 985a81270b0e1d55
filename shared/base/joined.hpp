// Lists in words: "a, b, c". Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace berth {

inline std::string joined(const std::vector<std::string>& parts, std::string_view between = ", ") {
  std::string text;
  for (const auto& part : parts) {
    if (&part != &parts.front()) text += between;
    text += part;
  }
  return text;
}

// "key=value, key=value"
inline std::string joined(const std::map<std::string, std::string>& pairs) {
  std::vector<std::string> parts;
  for (const auto& [key, value] : pairs) parts.push_back(key + "=" + value);
  return joined(parts);
}

}  // namespace berth
