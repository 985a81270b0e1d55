#include "cli/command_line.hpp"
#include "cli/commands/commands.hpp"
#include "cli/event_copy.hpp"
#include "cli/resolve.hpp"
#include "cli/session.hpp"
#include "cli/since.hpp"
#include "cli/statuses.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace berth::cli {
namespace {

constexpr Milliseconds default_past = std::chrono::hours{1};

struct EventsOptions {
  std::vector<std::string> jobs;
  std::vector<std::string> statuses;
  std::optional<std::string> since, after;
  bool follow = false;
};

Result<EventQuery> event_query(const EventsOptions& options) {
  if (options.since && options.after) return invalid("--since and --after exclude each other: choose one");
  EventQuery query;
  auto statuses = parse_statuses(options.statuses);
  if (!statuses) return statuses.error();
  query.statuses = std::move(*statuses);
  if (options.after && !parse_integer<std::uint64_t>(*options.after)) {
    return invalid("--after must be the number of an event, got \"" + *options.after + '"');
  }
  query.after = options.after;
  if (options.since) {
    auto since = parse_since(*options.since);
    if (!since) return since.error();
    query.since = std::move(*since);
  }
  return query;
}

// Where to begin when nothing was said: jobs are shown from their beginning; else what comes, or what was
// lately.
Task<Result<EventQuery>> complete(Session session, EventQuery query, std::vector<JobReference> references,
                                  bool follow) {
  const bool has_start = query.since || query.after;
  if (references.empty()) {
    if (!has_start && !follow) query.since = to_string(SystemClock{}.wall() + -default_past);
    co_return query;
  }
  auto ids = co_await resolve(session.client, std::move(references));
  if (!ids) co_return ids.error();
  std::sort(ids->begin(), ids->end());
  query.jobs = say_ids(*ids);
  if (has_start) co_return query;
  const auto oldest = co_await session.client.job(ids->front());
  if (!oldest) co_return oldest.error();
  query.since = to_string(oldest->job.created_at);
  co_return query;
}

Task<int> print_events(Session session, EventQuery query, std::vector<JobReference> references, bool follow) {
  auto complete_query = co_await complete(session, std::move(query), std::move(references), follow);
  if (!complete_query) co_return fail(session.context, complete_query.error());
  EventCopy copy(session.context, session.client, std::move(*complete_query));
  Result<> done;
  if (follow) {
    done = co_await copy.follow();
  } else {
    done = co_await copy.print_pages();
  }
  co_return done ? exit_code::ok : fail(session.context, done.error());
}

int events(const Context& context, const EventsOptions& options) {
  auto query = event_query(options);
  if (!query) return fail_usage(query.error());
  auto references = parse_job_references(options.jobs);
  if (!references) return fail_usage(references.error());
  return run_session(context, OnInterrupt::leave, [&](Session session) {
    return print_events(session, std::move(*query), std::move(*references), options.follow);
  });
}

}  // namespace

void add_events(CLI::App& app, Context& context) {
  auto options = std::make_shared<EventsOptions>();
  Verb verb(app, context, "events", "Show what happened, or what happens");
  verb.flag("-f,--follow", options->follow, "Go on with what comes");
  verb.list("-j,--job", options->jobs, "JOB", "Only of those: 7, last, 40-45, 3,5,8-10 or name:NAME");
  verb.list("-s,--status", options->statuses, "STATUS[,STATUS]", "Only changes to that status");
  verb.option("--since", options->since, "TIME", "From then on: 10m (ago), or 2026-11-23T18:00:00Z");
  verb.option("--after", options->after, "SEQ", "Behind that event; 0 is the oldest that is kept");
  verb.examples(
      "Begins with the job's first event, else an hour ago; with -f and no job, now. With --json\n"
      "each line is an event, with --quiet its number. A lost connection is resumed where it broke.");
  verb.action([&context, options] { return events(context, *options); });
}

}  // namespace berth::cli
