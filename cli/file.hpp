// Whole files that a person names.
#pragma once

#include "shared/base/result.hpp"

#include <string>

namespace berth::cli {

// "-" is stdin. Error invalid: "can't read FILE: No such file or directory".
Result<std::string> read_file(const std::string& path);

}  // namespace berth::cli
