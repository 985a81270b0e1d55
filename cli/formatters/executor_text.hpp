// Executors as a person reads them. Pure.
#pragma once

#include "cli/formatters/table.hpp"
#include "shared/base/ids.hpp"
#include "shared/base/time.hpp"
#include "shared/model/executor_info.hpp"

#include <string>
#include <vector>

namespace berth::cli {

// `berth executors`: what each holds of what it offers, and what its jobs use at present where that is known;
// on a terminal with bars, as long as there is room.
std::string executor_table(const std::vector<ExecutorStatus>& executors, const TableStyle& style);

// `berth executors show`: all of one, and the jobs that it has.
std::string executor_page(const ExecutorStatus& executor, const std::vector<JobId>& jobs, WallTime now,
                          const TableStyle& style);

// Of `cells` cells those filled that are used, in steps of an eighth: "██▌·····". Something used always
// shows, and so does something free. Nothing when there is nothing to use.
std::string bar(std::int64_t used, std::int64_t all, std::size_t cells);

// Why runtimes are unhealthy, a line for each executor that is; empty when all are well. Too long for a cell.
std::string executor_troubles(const std::vector<ExecutorStatus>& executors);

}  // namespace berth::cli
