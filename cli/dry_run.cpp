#include "cli/dry_run.hpp"

#include "cli/formatters/explanation_text.hpp"
#include "cli/formatters/json_text.hpp"
#include "cli/formatters/terminal.hpp"

#include <utility>

namespace berth::cli {
namespace {

using OnError = int (*)(const Context&, const Error&);

Task<int> ask_and_print(Session session, std::vector<JobDefinition> definitions, OnError on_error) {
  if (definitions.size() > limits::max_jobs_a_request) {
    const auto error =
        invalid("a dry run takes at most " + std::to_string(limits::max_jobs_a_request) + " jobs");
    co_return on_error(session.context, error);
  }
  const auto record = co_await session.client.try_out(std::move(definitions));
  if (!record) co_return on_error(session.context, record.error());
  const auto& result = record->result;
  if (session.context.json) {
    say(pretty(record->raw));
  } else if (session.context.quiet) {
    std::string lines;
    for (const auto& place : result.places) lines += place.executor.value_or("-") + "\n";
    say(lines);
  } else {
    const auto now = result.explanation ? result.explanation->at : WallTime{};
    say(dry_run_page(result, now, style_of(standard_output)));
  }
  co_return exit_code::ok;
}

}  // namespace

int try_out(const Context& context, std::vector<JobDefinition> definitions, OnError on_error) {
  return run_session(context, OnInterrupt::leave, [&](Session session) {
    return ask_and_print(session, std::move(definitions), on_error);
  });
}

}  // namespace berth::cli
