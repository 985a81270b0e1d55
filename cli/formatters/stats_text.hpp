// The cluster's numbers as a person reads them. Pure.
#pragma once

#include "cli/formatters/table.hpp"
#include "shared/codec/json.hpp"

#include <string>

namespace berth::cli {

// Whatever /v1/stats says: single values as lines, each group of them as a table.
std::string stats_text(const json::value& stats, const TableStyle& style);

}  // namespace berth::cli
