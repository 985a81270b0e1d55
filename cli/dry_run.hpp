// What `run --dry-run` and `submit --dry-run` have in common.
#pragma once

#include "cli/session.hpp"

#include <vector>

namespace berth::cli {

// Asks what would become of the definitions and prints it; with --quiet the executors alone, a line for each
// job, "-" for one that would wait. Errors go to `on_error`, whose result is the exit code.
int try_out(const Context& context, std::vector<JobDefinition> definitions,
            int (*on_error)(const Context&, const Error&));

}  // namespace berth::cli
