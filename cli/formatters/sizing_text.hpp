// Right-sizing as a person reads it. Pure.
#pragma once

#include "cli/formatters/table.hpp"
#include "shared/model/sizing.hpp"

#include <string>

namespace berth::cli {

// `berth stats --by name`: a line a name, and below them why some are too small.
std::string sizing_page(const SizingReport& report, const TableStyle& style);

// What the table doesn't tell of, a line each: names left out, jobs without one, a history that was cut.
std::string sizing_notes(const SizingReport& report);

}  // namespace berth::cli
