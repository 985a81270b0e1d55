#include "cli/attached_job.hpp"

#include "cli/await_end.hpp"
#include "cli/formatters/json_text.hpp"
#include "cli/formatters/terminal.hpp"
#include "cli/formatters/text.hpp"

#include <signal.h>

#include <utility>

namespace berth::cli {
namespace {

// A job that is quick needs no progress line: one that flashes up is noise.
constexpr Milliseconds progress_delay{400};
constexpr Milliseconds progress_period{1'000};
constexpr Milliseconds detach_patience{2'000};

}  // namespace

AttachedJob::AttachedJob(asio::any_io_executor executor, Session session)
    : session_(session),
      interrupts_(executor, SIGINT, SIGTERM),
      progress_(!session.context.quiet),
      tasks_(executor),
      abort_answered_(executor),
      outcome_(std::make_shared<OneShot<int>>(executor)) {}

Task<int> AttachedJob::run(JobRecord record) {
  record_ = std::move(record);
  tasks_.spawn("output", follow());
  tasks_.spawn("interrupts", obey_interrupts());
  if (progress_.enabled()) {
    tasks_.spawn("changes", watch_changes());
    tasks_.spawn("progress", draw());
  }
  const auto code = co_await outcome_->wait(no_deadline);
  progress_.end();
  interrupts_.cancel();
  tasks_.cancel();
  co_await tasks_.join();
  co_return code.value_or(exit_code::berth_failed);
}

OutputCopy AttachedJob::output() {
  LogQuery query;
  query.job = record_.job.id;
  query.follow = true;
  return OutputCopy(session_.client, std::move(query), OutputFormat::bytes, [this] { progress_.end(); });
}

Task<> AttachedJob::follow() {
  Result<> result;
  if (!session_.context.json) {
    auto copy = output();
    result = co_await copy.run();
  }
  if (result) result = co_await await_final_record();
  progress_.end();
  if (!result) {
    complain(explain(result.error(), session_.context.url));
    complain("job " + to_string(record_.job.id) + " may still be running: see `berth show " +
             to_string(record_.job.id) + "`");
    outcome_->set(exit_code_for_job_verb(result.error()));
    co_return;
  }
  conclude();
}

// The record once it is final: the end of the output and the end of the job are two writes.
Task<Result<>> AttachedJob::await_final_record() {
  EndWait wait{.job = record_.job.id, .known = record_};
  wait.on_record = [this](const JobRecord& seen) { record_ = seen; };
  auto ended = co_await await_end(session_.client, std::move(wait));
  if (!ended) co_return ended.error();
  co_return Result<>{};
}

void AttachedJob::conclude() {
  if (session_.context.json) say(pretty(record_.raw));
  if (const auto ending = unusual_ending(record_.job)) complain(*ending);
  outcome_->set(exit_code_for(record_.job));
}

Task<> AttachedJob::obey_interrupts() {
  const auto id = to_string(record_.job.id);
  co_await interrupts_.async_wait(asio::use_awaitable);
  note("asking job " + id + " to abort; Ctrl-C again detaches");
  auto second = [this, id](boost::system::error_code error, int) {
    if (error) return;
    note("detached; job " + id + " goes on aborting. See `berth show " + id + "`");
    tasks_.spawn("detach", detach());
  };
  interrupts_.async_wait(std::move(second));
  std::string reason = "Ctrl-C in berth run";
  auto aborted = co_await session_.client.abort(record_.job.id, std::move(reason));
  if (!aborted) complain("the abort failed: " + explain(aborted.error(), session_.context.url));
  abort_answered_.notify();
}

// Leaves once the abort has been answered: going earlier would take it back. But it doesn't wait long for an
// answer.
Task<> AttachedJob::detach() {
  co_await abort_answered_.wait(deadline_in(detach_patience));
  outcome_->set(exit_code::interrupted);
}

Task<> AttachedJob::watch_changes() {
  while (progress_.enabled() && !is_terminal(record_.job.status)) {
    auto next = co_await session_.client.job_after(record_.job.id, record_.job.version, no_deadline);
    if (next && next->job.version > record_.job.version) record_ = std::move(*next);
    if (!next) co_await sleep_until(deadline_in(retry_pause));
  }
}

Task<> AttachedJob::draw() {
  const SystemClock clock;
  co_await sleep_until(deadline_in(progress_delay));
  while (progress_.enabled() && !is_terminal(record_.job.status)) {
    progress_.show(progress_text(record_.job, clock.wall()));
    co_await sleep_until(deadline_in(progress_period));
  }
}

void AttachedJob::note(const std::string& text) {
  if (!session_.context.quiet) complain(text);
}

void AttachedJob::complain(const std::string& text) {
  progress_.hide();
  say_error(text);
}

}  // namespace berth::cli
