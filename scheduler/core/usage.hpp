// What jobs use at present, as far as executors have told, put where people look at it. Pure.
#pragma once

#include "shared/model/overview.hpp"
#include "shared/model/usage.hpp"

#include <map>
#include <string>

namespace berth {

// By the executor's name; of the others nothing is known.
using ToldUsage = std::map<std::string, UsageReport>;

void add_usage(ExecutorStatus& executor, const ToldUsage& told);
// To the executors and the jobs that it lists.
void add_usage(Overview& overview, const ToldUsage& told);
void add_usage(JobUsage& job, const ToldUsage& told);

}  // namespace berth
