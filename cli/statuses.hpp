// --status on the command line.
#pragma once

#include "shared/base/result.hpp"

#include <string>
#include <vector>

namespace berth::cli {

// Each text may be a list and in any case ("running,Pending"); the names as the API has them, in order.
Result<std::vector<std::string>> parse_statuses(const std::vector<std::string>& texts);

}  // namespace berth::cli
