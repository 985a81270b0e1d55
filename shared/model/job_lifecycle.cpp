#include "shared/model/job_lifecycle.hpp"

#include "shared/base/utf8.hpp"

#include <algorithm>
#include <utility>

namespace berth::lifecycle {
namespace {

template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...)
    -> Overloaded<Functions...>;  // clang 14 (clang-tidy) doesn't deduce aggregates by itself

constexpr std::array<std::string_view, state_count> state_names{
    "QUEUED",   "UNSATISFIABLE", "BACKOFF",  "HELD",      "ASSIGNED", "PULLING", "STARTING",
    "ABORTING", "EXECUTING",     "STOPPING", "SUCCEEDED", "FAILED",   "ABORTED",
};
constexpr std::array<std::string_view, event_count> event_names{
    "Assigned",     "Unsatisfiable",  "Satisfiable",  "BackoffElapsed", "QueueTimedOut",
    "ExecutorLost", "AbortRequested", "Pulling",      "Starting",       "Started",
    "Stopping",     "Noted",          "AttemptEnded",
};

// Rows are states, columns events, both in the order of their declaration. An x is legal.
// clang-format off
constexpr std::array<std::string_view, state_count> table{
    //             A U S B Q L R P G D T N E
    /* QUEUED     */"x x . . x . x . . . . . .",
    /* UNSATISFIABLE*/"x x x . x . x . . . . . .",
    /* BACKOFF    */". . . x x . x . . . . . .",
    /* HELD       */". . . . x . x . . . . . .",
    /* ASSIGNED   */". . . . . x x x x x . x x",
    /* PULLING    */". . . . . x x x x x . x x",
    /* STARTING   */". . . . . x x x x x . x x",
    /* ABORTING   */". . . . . x x . . . . x x",
    /* EXECUTING  */". . . . . x x . . . x x x",
    /* STOPPING   */". . . . . x x . . . . x x",
    /* SUCCEEDED  */". . . . . . . . . . . . .",
    /* FAILED     */". . . . . . . . . . . . .",
    /* ABORTED    */". . . . . . . . . . . . .",
};
// clang-format on

bool is_live_attempt(State state) { return state >= State::assigned && state <= State::stopping; }

void set_pending(Job& job, Reason reason, std::string message = {}) {
  job.status = JobStatus::pending;
  job.reason = reason;
  job.message = std::move(message);
}

void finish(Job& job, JobStatus status, Cause cause, std::string message, WallTime at) {
  job.status = status;
  job.reason.reset();
  job.cause = cause;
  job.message = std::move(message);
  job.finished_at = at;
  job.retry_at.reset();
}

bool is_own_failure(Cause cause) {
  return cause == Cause::exit || cause == Cause::signal || cause == Cause::oom || cause == Cause::timeout;
}

bool is_infrastructure_failure(Cause cause) {
  return cause == Cause::executor_lost || cause == Cause::image_pull;
}

std::uint32_t own_retries_used(const Job& job) { return job.attempt - 1 - job.infrastructure_retries; }

// The wait before the next attempt, or nothing when the job's ending stands.
std::optional<Milliseconds> next_attempt_in(Job& job, Cause cause) {
  const auto& retries = job.definition.retries;
  const bool listed = std::find(retries.on.begin(), retries.on.end(), cause) != retries.on.end();
  if (job.definition.at_most_once && cause == Cause::executor_lost) return std::nullopt;
  if (is_infrastructure_failure(cause) && job.infrastructure_retries < limits::infrastructure_retries) {
    ++job.infrastructure_retries;
    return retry_delay(limits::first_backoff, job.infrastructure_retries);
  }
  const bool wanted = retries.on.empty() ? is_own_failure(cause) : listed;
  const auto used = own_retries_used(job);
  if (!wanted || used >= retries.max) return std::nullopt;
  return retry_delay(retries.backoff, used + 1);
}

// Earlier news stand where later ones say nothing of it.
void take_steps(Steps& known, const Steps& told) {
  const auto take = [](auto& into, const auto& from) {
    if (from) into = from;
  };
  take(known.begun_at, told.begun_at);
  take(known.pull_at, told.pull_at);
  take(known.pulled_at, told.pulled_at);
  take(known.created_at, told.created_at);
  take(known.stop_at, told.stop_at);
}

void end_attempt(Job& job, const Outcome& outcome) {
  auto& attempt = job.attempts.back();
  take_steps(attempt.steps, outcome.steps);
  if (outcome.started_at && attempt.started_at) attempt.started_at = job.started_at = outcome.started_at;
  attempt.finished_at = outcome.finished_at;
  attempt.cause = outcome.cause;
  attempt.exit_code = job.exit_code = outcome.exit_code;
  attempt.signal = job.signal = outcome.signal;
  attempt.oom_killed = job.oom_killed = outcome.oom_killed;
  attempt.peak_memory = outcome.peak_memory;
  attempt.cpu_time = outcome.cpu_time;
  attempt.message = outcome.message;
  attempt.output = outcome.output;

  const bool success = outcome.cause == Cause::exit && outcome.exit_code == 0;
  if (success) return finish(job, JobStatus::succeeded, Cause::exit, outcome.message, outcome.finished_at);
  if (job.abort_requested_at || outcome.cause == Cause::aborted) {
    // The person's words say more than the signal that carried them out.
    const auto& why = outcome.message.empty() ? job.message : outcome.message;
    return finish(job, JobStatus::aborted, Cause::aborted, why, outcome.finished_at);
  }
  if (const auto delay = next_attempt_in(job, outcome.cause)) {
    const std::string cause{to_string(outcome.cause)};
    set_pending(job, Reason::backoff,
                "attempt " + std::to_string(job.attempt) + " ended with " + cause +
                    (outcome.message.empty() ? "" : ": " + outcome.message));
    job.retry_at = outcome.finished_at + *delay;
    // What that attempt came to stands in attempts[]; the job itself has no result yet.
    job.started_at.reset();
    job.exit_code.reset();
    job.signal.reset();
    job.oom_killed = false;
    return;
  }
  finish(job, JobStatus::failed, outcome.cause, outcome.message, outcome.finished_at);
}

void stop(Job& job, WallTime now) {
  job.reason = Reason::stopping;
  auto& steps = job.attempts.back().steps;
  if (!steps.stop_at) steps.stop_at = now;
}

void request_abort(Job& job, State state, std::string message, WallTime now) {
  if (job.abort_requested_at) return;
  job.abort_requested_at = now;
  if (!is_live_attempt(state))
    return finish(job, JobStatus::aborted, Cause::aborted, std::move(message), now);
  if (state == State::executing) stop(job, now);
  job.message = std::move(message);
}

void assign(Job& job, const Assigned& to, WallTime now) {
  set_pending(job, Reason::assigned);
  ++job.attempt;
  Attempt attempt;
  attempt.number = job.attempt;
  attempt.executor = to.executor;
  attempt.gpus = to.gpus;
  attempt.why = to.why;
  attempt.assigned_at = now;
  job.attempts.push_back(std::move(attempt));
  job.executor = to.executor;
  job.scheduled_at = now;
}

void pull(Job& job, std::string message, WallTime now) {
  set_pending(job, Reason::pulling, std::move(message));
  auto& steps = job.attempts.back().steps;
  if (!steps.pull_at) steps.pull_at = now;
}

void start(Job& job, const Started& started) {
  job.status = JobStatus::running;
  job.reason = Reason::executing;
  job.message.clear();
  job.started_at = started.at;
  job.attempts.back().started_at = started.at;
  take_steps(job.attempts.back().steps, started.steps);
}

Outcome lost(std::string message, WallTime now) {
  Outcome outcome;
  outcome.cause = Cause::executor_lost;
  outcome.message = std::move(message);
  outcome.finished_at = now;
  return outcome;
}

}  // namespace

State state_of(const Job& job) {
  switch (job.status) {
    case JobStatus::succeeded:
      return State::succeeded;
    case JobStatus::failed:
      return State::failed;
    case JobStatus::aborted:
      return State::aborted;
    case JobStatus::running:
      return job.reason == Reason::stopping ? State::stopping : State::executing;
    case JobStatus::pending:
      break;
  }
  if (holds_resources(job) && job.abort_requested_at) return State::aborting;
  switch (job.reason.value_or(Reason::queued)) {
    case Reason::unsatisfiable:
      return State::unsatisfiable;
    case Reason::backoff:
      return State::backoff;
    case Reason::held:
      return State::held;
    case Reason::assigned:
      return State::assigned;
    case Reason::pulling:
      return State::pulling;
    case Reason::starting:
      return State::starting;
    default:
      return State::queued;
  }
}

std::string_view to_string(State state) { return state_names[static_cast<std::size_t>(state)]; }
std::string_view event_name(const Event& event) { return event_names[event.index()]; }

bool is_legal(State state, const Event& event) {
  return table[static_cast<std::size_t>(state)][event.index() * 2] == 'x';
}

Result<Job> apply(const Job& job, const Event& event, WallTime now) {
  const auto state = state_of(job);
  if (!is_legal(state, event)) {
    return Error{ErrorKind::conflict, "job " + berth::to_string(job.id) + " is " +
                                          std::string(to_string(state)) + ": " +
                                          std::string(event_name(event)) + " is not possible"};
  }
  Job after = job;
  const Overloaded change{
      [&](const Assigned& e) { assign(after, e, now); },
      [&](const Unsatisfiable& e) { set_pending(after, Reason::unsatisfiable, e.message); },
      [&](const Satisfiable&) { set_pending(after, Reason::queued); },
      [&](const BackoffElapsed&) {
        set_pending(after, Reason::queued, job.message);
        after.retry_at.reset();
      },
      [&](const QueueTimedOut& e) { finish(after, JobStatus::failed, Cause::queue_timeout, e.message, now); },
      [&](const ExecutorLost& e) { end_attempt(after, lost(e.message, now)); },
      [&](const AbortRequested& e) { request_abort(after, state, e.message, now); },
      [&](const Pulling& e) { pull(after, e.message, now); },
      [&](const Starting&) { set_pending(after, Reason::starting); },
      [&](const Started& e) { start(after, e); },
      [&](const Stopping& e) {
        stop(after, now);
        after.message = e.message;
      },
      [&](const Noted& e) { after.message = e.message; },
      [&](const AttemptEnded& e) { end_attempt(after, e.outcome); },
  };
  std::visit(change, event);
  // The one way into a record and its event: what a container or its runtime wrote may be any bytes, and a
  // record that isn't UTF-8 could be written but never read again.
  after.message = as_utf8(after.message);
  if (!after.attempts.empty()) after.attempts.back().message = as_utf8(after.attempts.back().message);
  return after;
}

std::string feed_type(const Event& event, const Job& after) {
  if (after.status == JobStatus::succeeded) return "job.succeeded";
  if (after.status == JobStatus::failed) return "job.failed";
  if (after.status == JobStatus::aborted) return "job.aborted";
  if (after.reason == Reason::backoff) return "job.backoff";
  const Overloaded type{
      [](const Assigned&) { return "job.assigned"; },
      [](const Unsatisfiable&) { return "job.unsatisfiable"; },
      [](const Pulling&) { return "job.pulling"; },
      [](const Starting&) { return "job.starting"; },
      [](const Started&) { return "job.started"; },
      [](const Stopping&) { return "job.stopping"; },
      [](const AbortRequested&) { return "job.stopping"; },
      [](const Noted&) { return "job.noted"; },
      [](const auto&) { return "job.queued"; },
  };
  return std::visit(type, event);
}

Milliseconds retry_delay(Milliseconds backoff, std::uint32_t retry) {
  const auto doublings = std::min<std::uint32_t>(retry > 0 ? retry - 1 : 0, 20);
  return std::min(backoff * (std::int64_t{1} << doublings), std::max(backoff, limits::longest_backoff));
}

}  // namespace berth::lifecycle
