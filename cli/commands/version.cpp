#include "cli/command_line.hpp"
#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/formatters/json_text.hpp"
#include "cli/formatters/terminal.hpp"

namespace berth::cli {
namespace {

int version(const Context& context) {
  if (context.json) {
    json::object answer;
    answer["version"] = BERTH_VERSION;
    say(pretty(answer));
  } else {
    say((context.quiet ? "" : "berth ") + std::string(BERTH_VERSION) + "\n");
  }
  return exit_code::ok;
}

}  // namespace

void add_version(CLI::App& app, Context& context) {
  Verb verb(app, context, "version", "Print Berth's version");
  verb.action([&context] { return version(context); });
}

}  // namespace berth::cli
