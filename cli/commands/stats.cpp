#include "cli/command_line.hpp"
#include "cli/commands/commands.hpp"
#include "cli/formatters/json_text.hpp"
#include "cli/formatters/sizing_text.hpp"
#include "cli/formatters/stats_text.hpp"
#include "cli/formatters/terminal.hpp"
#include "cli/session.hpp"

#include <memory>
#include <utility>

namespace berth::cli {
namespace {

struct StatsOptions {
  std::optional<std::string> by;
  SizingQuery sizing;
};

Task<int> show_stats(Session session) {
  const auto stats = co_await session.client.stats();
  if (!stats) co_return fail(session.context, stats.error());
  say(session.context.json ? pretty(*stats) : stats_text(*stats, style_of(standard_output)));
  co_return exit_code::ok;
}

void print_sizing(const Context& context, const SizingRecord& sizing) {
  const auto& report = sizing.report;
  if (context.json) return say(pretty(sizing.raw));
  if (context.quiet) {
    std::string names;
    for (const auto& named : report.names) names += named.name + "\n";
    return say(names);
  }
  if (report.names.empty()) {
    write_all(standard_error, "no job with a name has ended yet\n");
  } else {
    say(sizing_page(report, style_of(standard_output)));
  }
  write_all(standard_error, sizing_notes(report));
}

Task<int> show_sizing(Session session, SizingQuery query) {
  const auto sizing = co_await session.client.sizing(std::move(query));
  if (!sizing) co_return fail(session.context, sizing.error());
  print_sizing(session.context, *sizing);
  co_return exit_code::ok;
}

int stats(const Context& context, const StatsOptions& options) {
  if (!options.by) {
    if (options.sizing.name || options.sizing.limit)
      return fail_usage(invalid("--name and --limit go with --by name"));
    return run_session(context, OnInterrupt::leave, show_stats);
  }
  if (*options.by != "name") return fail_usage(invalid("--by must be name, got \"" + *options.by + '"'));
  if (options.sizing.limit) {
    const auto limit = parse_integer<std::size_t>(*options.sizing.limit);
    if (!limit || *limit == 0 || *limit > limits::max_page)
      return fail_usage(invalid("--limit must be a number from 1 to " + std::to_string(limits::max_page) +
                                ", got \"" + *options.sizing.limit + '"'));
  }
  return run_session(context, OnInterrupt::leave,
                     [&](Session session) { return show_sizing(session, options.sizing); });
}

}  // namespace

void add_stats(CLI::App& app, Context& context) {
  auto options = std::make_shared<StatsOptions>();
  Verb verb(app, context, "stats", "Count jobs and executors; tell what jobs use of what they ask for");
  verb.option("--by", options->by, "name", "What jobs of each name asked for and used, and what to ask for");
  verb.option("--name", options->sizing.name, "NAME", "With --by name: only that one");
  verb.option("-n,--limit", options->sizing.limit, "N", "With --by name: at most so many (default 100)");
  verb.examples(
      "--by name: peak memory of half of the runs, of 95 % and of all; CPU used of what was reserved; "
      "memory\n"
      "asked for and never used, times how long; and what to ask for: memory, CPU.");
  verb.action([&context, options] { return stats(context, *options); });
}

}  // namespace berth::cli
