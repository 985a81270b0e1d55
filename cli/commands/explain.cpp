#include "cli/command_line.hpp"
#include "cli/commands/commands.hpp"
#include "cli/formatters/explanation_text.hpp"
#include "cli/formatters/terminal.hpp"
#include "cli/job_verb.hpp"

#include <memory>
#include <utility>

namespace berth::cli {
namespace {

// The jobs that exist are explained even when others of a range don't; the exit code then says so.
Task<int> explain_jobs(Session session, std::vector<JobId> ids) {
  int code = exit_code::ok;
  std::vector<json::value> raw;
  bool is_first = true;
  for (const auto id : ids) {
    auto record = co_await session.client.explain(id);
    if (!record) {
      code = fail(session.context, record.error());
      if (record.error().kind == ErrorKind::not_found) continue;
      break;
    }
    if (session.context.json) {
      raw.push_back(std::move(record->raw));
    } else if (session.context.quiet) {
      say(explanation_word(record->explanation) + "\n");
    } else {
      const auto& explanation = record->explanation;
      say((is_first ? "" : "\n") + explanation_page(explanation, explanation.at, style_of(standard_output)));
    }
    is_first = false;
  }
  print_records(raw);
  co_return code;
}

}  // namespace

void add_explain(CLI::App& app, Context& context) {
  auto jobs = std::make_shared<std::vector<std::string>>();
  Verb verb(app, context, "explain", "Say why a job waits, or why it is where it is");
  verb.arguments("JOB", *jobs, "7, last, 40-45, 3,5,8-10 or name:NAME");
  verb.examples("--quiet prints the first reason's code alone, such as MEMORY.");
  verb.action([&context, jobs] { return run_on_jobs(context, *jobs, fail, explain_jobs); });
}

}  // namespace berth::cli
