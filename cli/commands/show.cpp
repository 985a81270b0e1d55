#include "cli/command_line.hpp"
#include "cli/commands/commands.hpp"
#include "cli/formatters/job_text.hpp"
#include "cli/formatters/terminal.hpp"
#include "cli/job_verb.hpp"

#include <memory>
#include <optional>
#include <utility>

namespace berth::cli {
namespace {

// Of one that runs; nothing where the server can't tell, or is older than this client.
Task<std::optional<JobUsage>> usage_now(Session session, Job job) {
  if (job.status != JobStatus::running) co_return std::nullopt;
  const auto answer = co_await session.client.usage(job.id);
  if (!answer) co_return std::nullopt;
  co_return *answer;
}

Task<Result<Told>> tell_all(Session session, JobId id) {
  auto record = co_await session.client.job(id);
  if (!record) co_return record.error();
  Told told;
  told.raw = std::move(record->raw);
  if (session.context.json) co_return told;
  if (session.context.quiet) {
    told.text = to_string(id) + "\n";
    co_return told;
  }
  const auto usage = co_await usage_now(session, record->job);
  told.text = job_page(record->job, SystemClock{}.wall(), style_of(standard_output), usage);
  co_return told;
}

Task<int> show(Session session, std::vector<JobId> ids) {
  return tell_each(session, std::move(ids), tell_all);
}

}  // namespace

void add_show(CLI::App& app, Context& context) {
  auto jobs = std::make_shared<std::vector<std::string>>();
  Verb verb(app, context, "show", "Show all of a job's record");
  verb.arguments("JOB", *jobs, "7, last, 40-45, 3,5,8-10 or name:NAME");
  verb.examples(
      "Of a job that runs it says, too, what it uses now. --json prints the record, which doesn't have "
      "that:\n"
      "`berth top --json` has it of the jobs that run, and GET /v1/jobs/{id}/usage of one.");
  verb.action([&context, jobs] { return run_on_jobs(context, *jobs, fail, show); });
}

}  // namespace berth::cli
