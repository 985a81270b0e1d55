#include "cli/command_line.hpp"
#include "cli/commands/commands.hpp"
#include "cli/formatters/terminal.hpp"
#include "cli/job_verb.hpp"
#include "cli/output.hpp"
#include "cli/since.hpp"

#include <memory>
#include <utility>

namespace berth::cli {
namespace {

struct LogsOptions {
  std::vector<std::string> jobs;
  std::optional<std::string> tail, attempt, since;
  bool follow = false;
  bool only_stdout = false;
  bool only_stderr = false;
  bool timestamps = false;
  bool raw = false;
};

// The query of one job's output; its id is filled in later.
Result<LogQuery> log_query(const LogsOptions& options) {
  LogQuery query;
  query.follow = options.follow;
  if (options.only_stdout != options.only_stderr) query.stream = options.only_stdout ? "stdout" : "stderr";
  if (options.attempt && parse_integer<std::uint32_t>(*options.attempt).value_or(0) == 0) {
    return invalid("--attempt must be a number from 1, got \"" + *options.attempt + "\"");
  }
  if (options.tail && !parse_integer<std::uint64_t>(*options.tail)) {
    return invalid("--tail must be a number of lines, got \"" + *options.tail + "\"");
  }
  query.attempt = options.attempt;
  query.tail = options.tail;
  query.timestamps = options.timestamps;
  if (options.since) {
    auto since = parse_since(*options.since);
    if (!since) return since.error();
    query.since = std::move(*since);
  }
  return query;
}

Task<int> copy_logs(Session session, std::vector<JobId> ids, LogQuery query, bool raw) {
  const auto format = session.context.json ? OutputFormat::json
                      : raw                ? OutputFormat::bytes
                                           : OutputFormat::text;
  for (const auto id : ids) {
    // On stderr, so that the output itself stays what the jobs wrote.
    if (ids.size() > 1 && !session.context.quiet && !session.context.json) {
      write_all(standard_error, "==> job " + to_string(id) + " <==\n");
    }
    query.job = id;
    OutputCopy copy(session.client, query, format, [] {});
    auto copied = co_await copy.run();
    if (!copied) co_return fail(session.context, copied.error());
  }
  co_return exit_code::ok;
}

int logs(const Context& context, const LogsOptions& options) {
  const auto query = log_query(options);
  if (!query) return fail_usage(query.error());
  return run_on_jobs(context, options.jobs, fail,
                     [query = *query, raw = options.raw](Session session, std::vector<JobId> ids) {
                       return copy_logs(session, std::move(ids), query, raw);
                     });
}

}  // namespace

void add_logs(CLI::App& app, Context& context) {
  auto options = std::make_shared<LogsOptions>();
  Verb verb(app, context, "logs", "Show a job's output, even long after it ended");
  verb.arguments("JOB", options->jobs, "7, last, 40-45, 3,5,8-10 or name:NAME");
  verb.flag("-f,--follow", options->follow, "Go on until the job has ended");
  verb.option("-n,--tail", options->tail, "N", "Only the last N lines");
  verb.option("--since", options->since, "TIME", "Only from then on: 10m (ago), or 2026-11-23T18:00:00Z");
  verb.flag("-t,--timestamps", options->timestamps, "Before each line, when it was written");
  verb.flag("--stdout", options->only_stdout, "Only what went to stdout");
  verb.flag("--stderr", options->only_stderr, "Only what went to stderr");
  verb.option("--attempt", options->attempt, "N", "Of that attempt (default: the last)");
  verb.flag("--raw", options->raw, "To a terminal, too, every byte as it is: cursor movements, bells …");
  verb.examples(
      "With --json, an object a line: {\"job\", \"attempt\", \"offset\", \"stream\", \"text\"}; \"base64\" "
      "instead of\n"
      "\"text\" where a piece isn't UTF-8 by itself, \"left_out\" where output is no longer kept, and "
      "\"at\"\n"
      "with --timestamps.");
  verb.action([&context, options] { return logs(context, *options); });
}

}  // namespace berth::cli
