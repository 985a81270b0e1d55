// JSON for people and programs: indented, so that it can be read, and still one document.
#pragma once

#include "shared/codec/json.hpp"

#include <string>

namespace berth::cli {

// With two spaces of indentation and a final newline. Empty lists and objects stay on one line.
std::string pretty(const json::value& value);

}  // namespace berth::cli
