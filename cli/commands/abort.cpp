#include "cli/command_line.hpp"
#include "cli/commands/commands.hpp"
#include "cli/formatters/job_text.hpp"
#include "cli/formatters/terminal.hpp"
#include "cli/job_verb.hpp"

#include <memory>
#include <utility>

namespace berth::cli {
namespace {

struct AbortOptions {
  std::vector<std::string> jobs;
  std::optional<std::string> reason;
};

std::string outcome_text(const Job& job) {
  const auto id = to_string(job.id);
  if (!is_terminal(job.status)) return "job " + id + " is being aborted (" + status_text(job) + ")";
  if (job.status == JobStatus::aborted) return "job " + id + " ABORTED";
  return "job " + id + " had ended already: " + status_text(job);
}

// Every job is tried, whatever became of the one before: an abort that was asked for shouldn't depend on its
// neighbours.
Task<int> abort_all(Session session, std::vector<JobId> ids, std::string reason) {
  int code = exit_code::ok;
  std::vector<json::value> raw;
  for (const auto id : ids) {
    auto record = co_await session.client.abort(id, reason);
    if (!record) {
      code = fail(session.context, record.error());
      if (is_transient(record.error())) break;
      continue;
    }
    if (session.context.json) {
      raw.push_back(std::move(record->raw));
    } else {
      say((session.context.quiet ? to_string(id) : outcome_text(record->job)) + "\n");
    }
  }
  print_records(raw);
  co_return code;
}

int abort_jobs(const Context& context, const AbortOptions& options) {
  const auto reason = options.reason.value_or("");
  return run_on_jobs(context, options.jobs, fail, [reason](Session session, std::vector<JobId> ids) {
    return abort_all(session, std::move(ids), reason);
  });
}

}  // namespace

void add_abort(CLI::App& app, Context& context) {
  auto options = std::make_shared<AbortOptions>();
  Verb verb(app, context, "abort", "Ask jobs to end");
  verb.arguments("JOB", options->jobs, "7, last, 40-45, 3,5,8-10 or name:NAME");
  verb.option("--reason", options->reason, "TEXT", "Why, for the record");
  verb.action([&context, options] { return abort_jobs(context, *options); });
}

}  // namespace berth::cli
