// The client's verbs: each function declares its flags and what it does. `context` outlives `app`.
#pragma once

#include "cli/context.hpp"

namespace CLI {
class App;
}

namespace berth::cli {

void add_run(CLI::App& app, Context& context);
void add_submit(CLI::App& app, Context& context);
void add_ls(CLI::App& app, Context& context);
void add_show(CLI::App& app, Context& context);
void add_logs(CLI::App& app, Context& context);
void add_wait(CLI::App& app, Context& context);
void add_abort(CLI::App& app, Context& context);
void add_explain(CLI::App& app, Context& context);
void add_rerun(CLI::App& app, Context& context);
void add_events(CLI::App& app, Context& context);
void add_executors(CLI::App& app, Context& context);
void add_top(CLI::App& app, Context& context);
void add_stats(CLI::App& app, Context& context);
void add_completion(CLI::App& app, Context& context);
void add_version(CLI::App& app, Context& context);

}  // namespace berth::cli
