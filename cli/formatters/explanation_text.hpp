// Explanations as a person reads them. Pure.
#pragma once

#include "cli/formatters/table.hpp"
#include "shared/base/time.hpp"
#include "shared/model/explanation.hpp"

#include <string>

namespace berth::cli {

// `berth explain`: why it waits, with what it would run, what stands before it, and what its attempts met.
std::string explanation_page(const Explanation& explanation, WallTime now, const TableStyle& style);

// The word for what keeps it: the first reason's code, else its status.
std::string explanation_word(const Explanation& explanation);

// `--dry-run`: where it would go, or what it would wait for, and what would be pulled.
std::string dry_run_page(const DryRun& result, WallTime now, const TableStyle& style);

}  // namespace berth::cli
