#include "cli/command_line.hpp"
#include "cli/commands/commands.hpp"
#include "cli/formatters/json_text.hpp"
#include "cli/formatters/terminal.hpp"
#include "cli/formatters/words.hpp"
#include "cli/job_records.hpp"
#include "cli/job_verb.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace berth::cli {
namespace {

struct RerunOptions {
  std::vector<std::string> jobs;
  bool failed = false;
  std::optional<std::string> idempotency_key;
};

// What is submitted again: definitions as the API said them.
struct ToRerun {
  std::vector<JobId> jobs;
  std::vector<json::value> definitions;
  std::size_t missing = 0;  // passed over, because there is no such job
};

Error too_many_to_rerun() {
  return invalid("at most " + std::to_string(limits::max_jobs_a_request) +
                 " jobs are submitted as one, all or none: rerun them in parts");
}

// A job that isn't there can't be rerun, so that nothing is; but it hasn't FAILED either, where only those
// are wanted, unless none of them is there: somebody has mistyped.
Task<Result<ToRerun>> choose(Client& client, std::vector<JobId> ids, bool only_failed) {
  ToRerun chosen;
  for (std::size_t next = 0; next < ids.size();) {
    const auto count = std::min(records_at_once, ids.size() - next);
    const auto begin = ids.begin() + static_cast<std::ptrdiff_t>(next);
    std::vector<JobId> some(begin, begin + static_cast<std::ptrdiff_t>(count));
    auto records = co_await read_records(client, some);
    if (!records) co_return records.error();
    for (std::size_t i = 0; i < count; ++i) {
      const auto& record = (*records)[i];
      if (!record && !only_failed) co_return no_such_job(some[i]);
      if (!record) ++chosen.missing;
      if (!record || (only_failed && record->job.status != JobStatus::failed)) continue;
      chosen.jobs.push_back(record->job.id);
      chosen.definitions.push_back(record->raw.at("definition"));
      if (chosen.jobs.size() > limits::max_jobs_a_request) co_return too_many_to_rerun();
    }
    next += count;
  }
  if (chosen.missing == ids.size()) co_return no_such_job(ids.front());
  co_return chosen;
}

void print_rerun(const Context& context, const std::vector<JobId>& old_ids, const std::vector<JobId>& ids) {
  if (context.json) {
    json::array list;
    json::array of;
    for (const auto id : ids) list.push_back(id.value);
    for (const auto id : old_ids) of.push_back(id.value);
    json::object answer;
    answer["ids"] = std::move(list);
    answer["of"] = std::move(of);
    say(pretty(answer));
  } else if (context.quiet) {
    std::string lines;
    for (const auto id : ids) lines += to_string(id) + "\n";
    say(lines);
  } else if (ids.size() == 1) {
    say("job " + to_string(old_ids.front()) + " runs again as job " + to_string(ids.front()) + "\n");
  } else if (!ids.empty()) {
    say("jobs " + say_ids(old_ids) + " run again as jobs " + say_ids(ids) + "\n");
  }
}

// One is answered with its record, several with their ids: as the API does. Of --failed nobody knows before
// how many there will be: its answer is always that of several.
Task<int> rerun_one(Session session, ToRerun chosen, std::string key) {
  auto record = co_await session.client.resubmit(std::move(chosen.definitions.front()), std::move(key));
  if (!record) co_return fail(session.context, record.error());
  if (session.context.json) {
    say(pretty(record->raw));
  } else {
    const std::vector<JobId> ids(1, record->job.id);
    print_rerun(session.context, chosen.jobs, ids);
  }
  co_return exit_code::ok;
}

Task<int> rerun_many(Session session, ToRerun chosen, std::string key) {
  const auto ids = co_await session.client.resubmit_all(std::move(chosen.definitions), std::move(key));
  if (!ids) co_return fail(session.context, ids.error());
  print_rerun(session.context, chosen.jobs, *ids);
  co_return exit_code::ok;
}

Task<int> rerun(Session session, std::vector<JobId> ids, bool only_failed, std::string key) {
  const auto asked = ids.size();
  if (!only_failed && asked > limits::max_jobs_a_request) {
    const auto error = too_many_to_rerun();
    co_return fail(session.context, error);
  }
  auto chosen = co_await choose(session.client, std::move(ids), only_failed);
  if (!chosen) co_return fail(session.context, chosen.error());
  if (chosen->missing > 0 && !session.context.quiet)
    say_error(say_count(chosen->missing, "job") + " of these " + (chosen->missing == 1 ? "isn't" : "aren't") +
              " there, and " + (chosen->missing == 1 ? "was" : "were") + " passed over");
  if (chosen->jobs.empty()) {
    if (!session.context.quiet) say_error("nothing to submit: none of them has FAILED");
    const std::vector<JobId> none;
    print_rerun(session.context, none, none);
    co_return exit_code::ok;
  }
  if (asked == 1 && !only_failed) {
    const int code = co_await rerun_one(session, std::move(*chosen), std::move(key));
    co_return code;
  }
  const int code = co_await rerun_many(session, std::move(*chosen), std::move(key));
  co_return code;
}

int rerun_jobs(const Context& context, const RerunOptions& options) {
  const auto key = options.idempotency_key.value_or(new_idempotency_key());
  return run_on_jobs(context, options.jobs, fail,
                     [key, only_failed = options.failed](Session session, std::vector<JobId> ids) {
                       return rerun(session, std::move(ids), only_failed, key);
                     });
}

}  // namespace

void add_rerun(CLI::App& app, Context& context) {
  auto options = std::make_shared<RerunOptions>();
  Verb verb(app, context, "rerun", "Submit jobs again as they were, all or none");
  verb.arguments("JOB", options->jobs, "7, last, 40-45, 3,5,8-10 or name:NAME");
  verb.flag("--failed", options->failed, "Only those of them that are FAILED (ABORTED isn't)");
  verb.option("--idempotency-key", options->idempotency_key, "KEY", "Same key, same jobs: safe to repeat");
  verb.examples(
      "--json prints the new job's record, of several jobs, and always with --failed, their numbers:\n"
      "{\"ids\": [12, 13], \"of\": [3, 6]}, new and old in the same order, empty where none has FAILED.");
  verb.action([&context, options] { return rerun_jobs(context, *options); });
}

}  // namespace berth::cli
