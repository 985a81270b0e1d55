// Executors as a person reads them. Pure.
#pragma once

#include "cli/formatters/table.hpp"
#include "shared/model/executor_info.hpp"

#include <string>
#include <vector>

namespace berth::cli {

// `berth executors`: what each holds of what it offers.
Table executor_table(const std::vector<ExecutorStatus>& executors);

// Why runtimes are unhealthy, a line for each executor that is; empty when all are well. Too long for a cell.
std::string executor_troubles(const std::vector<ExecutorStatus>& executors);

}  // namespace berth::cli
