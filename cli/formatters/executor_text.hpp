// Executors as a person reads them. Pure.
#pragma once

#include "cli/formatters/table.hpp"
#include "shared/model/executor_info.hpp"

#include <vector>

namespace berth::cli {

// `berth executors`: what each holds of what it offers.
Table executor_table(const std::vector<ExecutorStatus>& executors);

}  // namespace berth::cli
