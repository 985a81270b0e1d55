#include "cli/command_line.hpp"
#include "cli/commands/commands.hpp"
#include "cli/formatters/job_text.hpp"
#include "cli/formatters/json_text.hpp"
#include "cli/formatters/terminal.hpp"
#include "cli/session.hpp"
#include "cli/statuses.hpp"
#include "cli/watched_jobs.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

namespace berth::cli {
namespace {

constexpr std::size_t default_jobs = 20;  // what fits on a screen

struct LsOptions {
  std::vector<std::string> statuses;  // each may be a list: running,pending
  std::vector<std::string> labels;
  std::optional<std::string> name, executor, limit;
  bool all = false;
  bool watch = false;
};

Result<JobFilter> to_filter(const LsOptions& options) {
  auto statuses = parse_statuses(options.statuses);
  if (!statuses) return statuses.error();
  return JobFilter{std::move(*statuses), options.name, options.labels, options.executor};
}

// How many jobs are wanted; nothing: all.
Result<std::optional<std::size_t>> to_limit(const LsOptions& options) {
  if (options.all && options.limit) return invalid("--all and --limit exclude each other: choose one");
  if (options.all) return std::optional<std::size_t>{};
  if (!options.limit) return std::optional{default_jobs};
  const auto limit = parse_integer<std::size_t>(*options.limit);
  if (!limit || *limit == 0)
    return invalid("--limit must be a number from 1, got \"" + *options.limit + "\"");
  return std::optional{*limit};
}

Task<Result<JobPage>> fetch(Client& client, JobFilter filter, std::optional<std::size_t> limit) {
  JobPage all;
  do {
    const auto missing = limit ? *limit - all.jobs.size() : limits::max_page;
    auto page = co_await client.jobs(filter, std::min(missing, limits::max_page), all.next);
    if (!page) co_return page.error();
    std::move(page->jobs.begin(), page->jobs.end(), std::back_inserter(all.jobs));
    all.next = std::move(page->next);
  } while (all.next && (!limit || all.jobs.size() < *limit));
  co_return all;
}

void print_json(const JobPage& page) {
  json::array jobs;
  for (const auto& record : page.jobs) jobs.push_back(record.raw);
  json::object list;
  list["jobs"] = std::move(jobs);
  list["next"] = page.next ? json::value(*page.next) : json::value(nullptr);
  say(pretty(list));
}

void print_table(const JobPage& page) {
  if (page.jobs.empty()) {
    write_all(standard_error, "no jobs\n");
    return;
  }
  std::vector<Job> jobs;
  for (const auto& record : page.jobs) jobs.push_back(record.job);
  say(job_table(jobs, SystemClock{}.wall()).render(style_of(standard_output)));
  if (page.next) write_all(standard_error, "… and older ones: --all or --limit N shows more\n");
}

Task<int> list_jobs(Session session, JobFilter filter, std::optional<std::size_t> limit) {
  auto page = co_await fetch(session.client, std::move(filter), limit);
  if (!page) co_return fail(session.context, page.error());
  if (session.context.json) {
    print_json(*page);
  } else if (session.context.quiet) {
    std::string ids;
    for (const auto& record : page->jobs) ids += to_string(record.job.id) + "\n";
    say(ids);
  } else {
    print_table(*page);
  }
  co_return exit_code::ok;
}

Task<int> watch_jobs(Session session, JobFilter filter, std::optional<std::size_t> limit) {
  const auto executor = co_await asio::this_coro::executor;
  auto& client = session.client;
  // The screen asks for as many as fit; this one shows whether there is a server to ask.
  const auto few = std::min(limit.value_or(default_jobs), default_jobs);
  auto first = co_await fetch(client, filter, few);
  if (!first) co_return fail(session.context, first.error());
  WatchedJobs::Fetch fetch_some = [&client, filter](std::size_t count) {
    return fetch(client, filter, count);
  };
  WatchedJobs jobs(executor, session, std::move(fetch_some), limit);
  const int code = co_await jobs.run(std::move(*first));
  co_return code;
}

int ls(const Context& context, const LsOptions& options) {
  auto filter = to_filter(options);
  if (!filter) return fail_usage(filter.error());
  const auto limit = to_limit(options);
  if (!limit) return fail_usage(limit.error());
  const bool is_live = options.watch && !context.json && !context.quiet && can_draw_on(standard_output);
  if (is_live) {
    // As many as fit, unless fewer are wanted.
    const auto most = options.limit ? *limit : std::nullopt;
    return run_session(context, OnInterrupt::own_rules,
                       [&](Session session) { return watch_jobs(session, std::move(*filter), most); });
  }
  return run_session(context, OnInterrupt::leave,
                     [&](Session session) { return list_jobs(session, std::move(*filter), *limit); });
}

}  // namespace

void add_ls(CLI::App& app, Context& context) {
  auto options = std::make_shared<LsOptions>();
  Verb verb(app, context, "ls", "List jobs, newest first");
  verb.list("-s,--status", options->statuses, "STATUS[,STATUS]", "Only jobs with that status");
  verb.option("--name", options->name, "NAME", "Only jobs with that name");
  verb.list("-l,--label", options->labels, "KEY=VALUE", "Only jobs with that label");
  verb.option("--executor", options->executor, "NAME", "Only jobs on that executor");
  verb.option("-n,--limit", options->limit, "N", "At most so many (default 20)");
  verb.flag("-a,--all", options->all, "All of them");
  verb.flag("-w,--watch", options->watch, "Keep the list on the screen, and right; q or Ctrl-C leaves");
  verb.examples(
      "--watch shows as many as fit (or --limit), and asks again when something happened. Elsewhere than\n"
      "on a terminal, and with --json or --quiet, the list is printed once.");
  verb.action([&context, options] { return ls(context, *options); });
}

}  // namespace berth::cli
