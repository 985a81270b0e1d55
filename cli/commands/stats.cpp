#include "cli/command_line.hpp"
#include "cli/commands/commands.hpp"
#include "cli/formatters/json_text.hpp"
#include "cli/formatters/stats_text.hpp"
#include "cli/formatters/terminal.hpp"
#include "cli/session.hpp"

namespace berth::cli {
namespace {

Task<int> show_stats(Session session) {
  const auto stats = co_await session.client.stats();
  if (!stats) co_return fail(session.context, stats.error());
  say(session.context.json ? pretty(*stats) : stats_text(*stats, style_of(standard_output)));
  co_return exit_code::ok;
}

}  // namespace

void add_stats(CLI::App& app, Context& context) {
  Verb verb(app, context, "stats", "Count jobs and executors, name the leader");
  verb.action([&context] { return run_session(context, OnInterrupt::leave, show_stats); });
}

}  // namespace berth::cli
