#include "cli/command_line.hpp"
#include "cli/commands/commands.hpp"
#include "cli/formatters/executor_text.hpp"
#include "cli/formatters/json_text.hpp"
#include "cli/formatters/terminal.hpp"
#include "cli/session.hpp"

namespace berth::cli {
namespace {

Task<int> list_executors(Session session) {
  auto list = co_await session.client.executors();
  if (!list) co_return fail(session.context, list.error());
  if (session.context.json) {
    say(pretty(list->raw));
  } else if (session.context.quiet) {
    std::string names;
    for (const auto& executor : list->executors) names += executor.name + "\n";
    say(names);
  } else if (list->executors.empty()) {
    write_all(standard_error,
              "no executors: start one with `berth executor --redis URL`, or use `berth up`\n");
  } else {
    say(executor_table(list->executors).render(style_of(standard_output)) +
        executor_troubles(list->executors));
  }
  co_return exit_code::ok;
}

}  // namespace

void add_executors(CLI::App& app, Context& context) {
  Verb verb(app, context, "executors", "List the machines that run jobs");
  verb.action([&context] { return run_session(context, OnInterrupt::leave, list_executors); });
}

}  // namespace berth::cli
