#include "cli/command_line.hpp"
#include "cli/commands/commands.hpp"
#include "cli/formatters/terminal.hpp"
#include "cli/job_verb.hpp"

#include <boost/json/object.hpp>

#include <memory>
#include <utility>

namespace berth::cli {
namespace {

// The definition goes back as the API said it. Every job is tried, whatever became of the one before.
Task<int> rerun(Session session, std::vector<JobId> ids) {
  int code = exit_code::ok;
  std::vector<json::value> raw;
  for (const auto id : ids) {
    auto old = co_await session.client.job(id);
    if (!old) {
      code = fail(session.context, old.error());
      if (is_transient(old.error())) break;
      continue;
    }
    auto definition = old->raw.at("definition");
    auto record = co_await session.client.resubmit(std::move(definition));
    if (!record) {
      code = fail(session.context, record.error());
      if (is_transient(record.error())) break;
      continue;
    }
    const auto fresh = to_string(record->job.id);
    if (session.context.json) {
      raw.push_back(std::move(record->raw));
    } else {
      say(session.context.quiet ? fresh + "\n"
                                : "job " + to_string(id) + " runs again as job " + fresh + "\n");
    }
  }
  print_records(raw);
  co_return code;
}

}  // namespace

void add_rerun(CLI::App& app, Context& context) {
  auto jobs = std::make_shared<std::vector<std::string>>();
  Verb verb(app, context, "rerun", "Submit jobs again as they were");
  verb.arguments("JOB", *jobs, "7, last, 40-45, 3,5,8-10 or name:NAME");
  verb.action([&context, jobs] { return run_on_jobs(context, *jobs, fail, rerun); });
}

}  // namespace berth::cli
