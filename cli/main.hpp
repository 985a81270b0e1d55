// The command line's way in: the client's verbs, and the run of whichever verb was chosen.
#pragma once

#include "cli/context.hpp"

namespace CLI {
class App;
}

namespace berth::cli {

// Adds run, submit, ls, show, explain, logs, wait, abort, rerun, events, executors, top, stats, completion
// and version. `context` must outlive `app`.
void add_client_verbs(CLI::App& app, Context& context);

// Parses, runs the chosen verb, and returns the process's exit code. Help goes to stdout (0); a wrong command
// line is explained on stderr in one line (exit_code::usage).
int run_command_line(CLI::App& app, Context& context, int argc, char** argv);

}  // namespace berth::cli
