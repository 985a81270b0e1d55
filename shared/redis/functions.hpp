// The text of functions.lua, built into the binary, and the names under which Redis knows its functions.
#pragma once

#include <string>
#include <string_view>

namespace berth::redis {

extern const std::string_view functions_source;   // a whole library, with its "#!lua name=…" line
extern const std::string_view functions_version;  // a hash of it; part of every function's name

inline std::string function_name(std::string_view name) {
  return "berth_" + std::string(functions_version) + "_" + std::string(name);
}

}  // namespace berth::redis
