#include "cli/await_end.hpp"
#include "cli/command_line.hpp"
#include "cli/commands/commands.hpp"
#include "cli/formatters/job_text.hpp"
#include "cli/formatters/json_text.hpp"
#include "cli/formatters/progress.hpp"
#include "cli/formatters/terminal.hpp"
#include "cli/formatters/text.hpp"
#include "cli/formatters/words.hpp"
#include "cli/job_verb.hpp"
#include "cli/jobs_wait.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/multiple_exceptions.hpp>

#include <algorithm>
#include <exception>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

namespace berth::cli {
namespace {

// How often the progress line is drawn anew, and so the longest single poll where there is one.
constexpr Milliseconds redraw{1'000};
// Behind the deadline: for what is being asked then, and for each further answer.
constexpr Milliseconds last_answer{3'000};

struct WaitOptions {
  std::vector<std::string> jobs;
  std::optional<std::string> wait_timeout;
};

std::string ran_out(const Job& job) {
  return "--wait-timeout ran out: job " + to_string(job.id) + " is still " + status_text(job);
}

void print_ending(const Context& context, const Job& job) {
  if (context.quiet) return say(to_string(job.id) + "\n");
  std::string line = "job " + to_string(job.id) + " " + status_text(job);
  if (job.exit_code) line += ", exit " + std::to_string(*job.exit_code);
  if (job.started_at) line += ", ran " + duration_text(job, SystemClock{}.wall());
  if (!job.message.empty() && unusual_ending(job)) line += ": " + escape_control(job.message);
  say(line + "\n");
}

// What is said of jobs as they end; --json prints a list of them piece by piece, so that none has to be kept.
class Endings {
 public:
  explicit Endings(const Context& context) : context_(context) {}
  ~Endings() { close(); }  // also when it is interrupted
  Endings(const Endings&) = delete;
  Endings& operator=(const Endings&) = delete;

  void add(const JobRecord& record) {
    if (code_ == exit_code::ok) code_ = exit_code_for(record.job);
    if (!context_.json) return print_ending(context_, record.job);
    auto text = pretty(record.raw);
    text.pop_back();  // its newline, which stands behind the comma
    say((is_open_ ? ",\n" : "[\n") + text);
    is_open_ = true;
  }
  void miss(JobId id) {
    if (code_ == exit_code::ok) code_ = exit_code::no_such_job;
    missing_.push_back(id);
  }
  void close() {
    if (is_open_) say("\n]\n");
    is_open_ = false;
    if (!missing_.empty()) say_error(none_there());
    missing_.clear();
  }
  int code() const { return code_; }

 private:
  // "there are no jobs 7,9-12"
  std::string none_there() const {
    constexpr std::size_t most = 100;
    if (missing_.size() == 1) return no_such_job(missing_.front()).message;
    const auto told = std::min(missing_.size(), most);
    const std::vector<JobId> first(missing_.begin(), missing_.begin() + static_cast<std::ptrdiff_t>(told));
    const auto more = missing_.size() - told;
    return "there are no jobs " + say_ids(first) + (more > 0 ? " and " + std::to_string(more) + " more" : "");
  }

  const Context& context_;
  std::vector<JobId> missing_;
  int code_ = exit_code::ok;
  bool is_open_ = false;
};

Task<int> wait_for_one(Session session, JobId id, Deadline deadline) {
  ProgressLine progress(!session.context.quiet && !session.context.json);
  EndWait wait{.job = id, .deadline = deadline};
  // A server that isn't there in the beginning may be none at all; one that was comes back.
  wait.give_up = deadline_in(Milliseconds{0});
  if (progress.enabled()) wait.longest_poll = redraw;
  wait.on_record = [&](const JobRecord& seen) {
    if (!is_terminal(seen.job.status)) progress.show(progress_text(seen.job, SystemClock{}.wall()));
  };
  const auto record = co_await await_end(session.client, std::move(wait));
  progress.hide();
  if (!record) co_return fail_job_verb(session.context, record.error());
  if (!is_terminal(record->job.status)) {
    say_error(ran_out(record->job));
    co_return exit_code::wait_timeout;
  }
  if (session.context.json) {
    say(pretty(record->raw));
  } else {
    print_ending(session.context, record->job);
  }
  co_return exit_code_for(record->job);
}

Task<int> wait_for_many(Session session, std::vector<JobId> ids, Deadline deadline) {
  const auto all = ids.size();
  Endings endings(session.context);
  JobsWait::OnEnded on_ended = [&endings](JobRecord&& record) { endings.add(record); };
  JobsWait::OnMissing on_missing = [&endings](JobId id) { endings.miss(id); };
  JobsWait jobs(session, std::move(ids), deadline, std::move(on_ended), std::move(on_missing));
  const auto left = co_await jobs.run();
  endings.close();
  if (!left) co_return fail_job_verb(session.context, left.error());
  if (!*left) co_return endings.code();
  say_error(ran_out((*left)->job) + " (" + std::to_string(jobs.told()) + " of " + say_count(all, "job") +
            " before it had ended)");
  co_return exit_code::wait_timeout;
}

Task<int> wait_for(Session session, std::vector<JobId> ids, Deadline deadline) {
  if (ids.size() == 1) {
    const int code = co_await wait_for_one(session, ids.front(), deadline);
    co_return code;
  }
  const int code = co_await wait_for_many(session, std::move(ids), deadline);
  co_return code;
}

// Until the deadline, and on for as long as answers come: jobs that have ended are told of all the same.
Task<> until_silent(Session session, Deadline deadline) {
  co_await sleep_until(deadline);
  std::uint64_t seen = 0;
  do {
    seen = session.client.answers();
    co_await sleep_until(deadline_in(last_answer));
  } while (session.client.answers() != seen);
}

// A server that is silent doesn't make it any longer: the other way out of a call takes a minute.
Task<int> end_in_time(Session session, Task<int> waiting, Deadline deadline) {
  using asio::experimental::awaitable_operators::operator||;
  auto silence = until_silent(session, deadline);
  try {
    const auto first = co_await (std::move(waiting) || std::move(silence));
    if (const auto* code = std::get_if<0>(&first)) co_return *code;
  } catch (const asio::multiple_exceptions& both) {
    std::rethrow_exception(both.first_exception());  // cancelled
  }
  say_error("--wait-timeout ran out while the server was being asked");
  co_return exit_code::wait_timeout;
}

int wait(const Context& context, const WaitOptions& options) {
  Deadline deadline = no_deadline;
  AroundVerb around;
  if (options.wait_timeout) {
    const auto span = parse_duration(*options.wait_timeout);
    if (!span) return fail_usage(invalid("--wait-timeout " + span.error().message));
    deadline = deadline_in(*span);
    around = [deadline](Session session, Task<int> waiting) {
      return end_in_time(session, std::move(waiting), deadline);
    };
  }
  return run_on_jobs(
      context, options.jobs, fail_job_verb,
      [deadline](Session session, std::vector<JobId> ids) {
        return wait_for(session, std::move(ids), deadline);
      },
      around);
}

}  // namespace

void add_wait(CLI::App& app, Context& context) {
  auto options = std::make_shared<WaitOptions>();
  Verb verb(app, context, "wait", "Wait for jobs to end, exit as they did");
  verb.arguments("JOB", options->jobs, "7, last, 40-45, 3,5,8-10 or name:NAME");
  verb.option("--wait-timeout", options->wait_timeout, "TIME", "Give up after that long, with exit code 124");
  verb.examples(
      "Exit code: the job's own; of several, the first in order that isn't 0, where a job that isn't there\n"
      "(any more) has 4. Several are told of in order; on a terminal a line below says how many are done,\n"
      "run, wait and failed, and how long the rest may take.");
  verb.action([&context, options] { return wait(context, *options); });
}

}  // namespace berth::cli
