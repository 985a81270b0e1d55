#include "cli/main.hpp"

#include "cli/commands/commands.hpp"

namespace berth::cli {

// In the order in which a newcomer meets them: it is the order of `berth --help`.
void add_client_verbs(CLI::App& app, Context& context) {
  add_run(app, context);
  add_submit(app, context);
  add_ls(app, context);
  add_show(app, context);
  add_explain(app, context);
  add_logs(app, context);
  add_wait(app, context);
  add_abort(app, context);
  add_rerun(app, context);
  add_events(app, context);
  add_executors(app, context);
  add_top(app, context);
  add_stats(app, context);
  add_completion(app, context);
  add_version(app, context);
}

}  // namespace berth::cli
