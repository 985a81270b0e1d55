#include "cli/await_end.hpp"
#include "cli/command_line.hpp"
#include "cli/commands/commands.hpp"
#include "cli/formatters/job_text.hpp"
#include "cli/formatters/progress.hpp"
#include "cli/formatters/terminal.hpp"
#include "cli/formatters/text.hpp"
#include "cli/formatters/words.hpp"
#include "cli/job_verb.hpp"

#include <memory>
#include <utility>

namespace berth::cli {
namespace {

// How often the progress line is drawn anew, and so the longest single poll where there is one.
constexpr Milliseconds redraw{1'000};
struct WaitOptions {
  std::vector<std::string> jobs;
  std::optional<std::string> wait_timeout;
};

std::string ran_out(const Job& job) {
  return "--wait-timeout ran out: job " + to_string(job.id) + " is still " + status_text(job);
}

void print_ending(const Context& context, const Job& job) {
  if (context.json) return;
  if (context.quiet) return say(to_string(job.id) + "\n");
  std::string line = "job " + to_string(job.id) + " " + status_text(job);
  if (job.exit_code) line += ", exit " + std::to_string(*job.exit_code);
  if (job.started_at) line += ", ran " + duration_text(job, SystemClock{}.wall());
  if (!job.message.empty() && unusual_ending(job)) line += ": " + escape_control(job.message);
  say(line + "\n");
}

Task<int> wait_for(Session session, std::vector<JobId> ids, Deadline deadline) {
  ProgressLine progress(!session.context.quiet && !session.context.json);
  std::vector<json::value> raw;
  int code = exit_code::ok;
  bool has_answered = false;
  for (const auto id : ids) {
    EndWait wait{.job = id, .deadline = deadline};
    // A server that isn't there in the beginning may be none at all; one that was comes back.
    if (!has_answered) wait.give_up = deadline_in(Milliseconds{0});
    if (progress.enabled()) wait.longest_poll = redraw;
    wait.on_record = [&](const JobRecord& seen) {
      if (!is_terminal(seen.job.status)) progress.show(progress_text(seen.job, SystemClock{}.wall()));
    };
    auto record = co_await await_end(session.client, std::move(wait));
    progress.hide();
    if (!record || !is_terminal(record->job.status)) {
      if (session.context.json) print_records(raw);
      if (!record) co_return fail_job_verb(session.context, record.error());
      say_error(ran_out(record->job));
      co_return exit_code::wait_timeout;
    }
    has_answered = true;
    print_ending(session.context, record->job);
    raw.push_back(std::move(record->raw));
    if (code == exit_code::ok) code = exit_code_for(record->job);
  }
  if (session.context.json) print_records(raw);
  co_return code;
}

int wait(const Context& context, const WaitOptions& options) {
  Deadline deadline = no_deadline;
  if (options.wait_timeout) {
    const auto span = parse_duration(*options.wait_timeout);
    if (!span) return fail_usage(invalid("--wait-timeout " + span.error().message));
    deadline = deadline_in(*span);
  }
  return run_on_jobs(context, options.jobs, fail_job_verb,
                     [deadline](Session session, std::vector<JobId> ids) {
                       return wait_for(session, std::move(ids), deadline);
                     });
}

}  // namespace

void add_wait(CLI::App& app, Context& context) {
  auto options = std::make_shared<WaitOptions>();
  Verb verb(app, context, "wait", "Wait for jobs to end, exit as they did");
  verb.arguments("JOB", options->jobs, "7, last, 40-45, 3,5,8-10 or name:NAME");
  verb.option("--wait-timeout", options->wait_timeout, "TIME", "Give up after that long, with exit code 124");
  verb.examples("Exit code: the job's own; of several, the first in order that isn't 0.");
  verb.action([&context, options] { return wait(context, *options); });
}

}  // namespace berth::cli
