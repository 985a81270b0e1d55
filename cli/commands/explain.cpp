#include "cli/command_line.hpp"
#include "cli/commands/commands.hpp"
#include "cli/formatters/explanation_text.hpp"
#include "cli/formatters/terminal.hpp"
#include "cli/job_verb.hpp"

#include <memory>
#include <utility>

namespace berth::cli {
namespace {

Task<Result<Told>> tell_why(Session session, JobId id) {
  auto record = co_await session.client.explain(id);
  if (!record) co_return record.error();
  const auto& explanation = record->explanation;
  Told told;
  told.text = session.context.quiet
                  ? explanation_word(explanation) + "\n"
                  : explanation_page(explanation, explanation.at, style_of(standard_output));
  told.raw = std::move(record->raw);
  co_return told;
}

Task<int> explain_jobs(Session session, std::vector<JobId> ids) {
  return tell_each(session, std::move(ids), tell_why);
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
