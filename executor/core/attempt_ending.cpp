#include "executor/core/attempt_step.hpp"

#include <algorithm>
#include <utility>

namespace berth::attempt {

using namespace states;

lifecycle::Outcome Step::outcome(Cause cause, std::string message) const {
  lifecycle::Outcome outcome;
  outcome.cause = cause;
  outcome.message = std::move(message);
  outcome.finished_at = now_;
  return outcome;
}

// --- asking it to end ---

// Until the ending tells this instant, the record has the one at which it was written. Of an attempt that was
// taken over that one stands: it is earlier than when this process asks again.
void Step::note_stop() {
  if (!m_.steps_.stop_at && !m_.plan_.recorded_stopping) m_.steps_.stop_at = now_;
}

void Step::stop(StopCause why) {
  enter(Stopping{});
  note_stop();
  auto& state = *in<Stopping>();
  state.why = std::move(why);
  state.grace_over = m_.plan_.stop_grace <= Milliseconds{0};
  if (!state.grace_over) emit(effects::Arm{Timer::grace, m_.plan_.stop_grace});
  kill(state);
}

void Step::kill(Stopping& state) {
  state.in_flight = true;
  state.killed = state.grace_over;
  emit(effects::Kill{state.grace_over ? "SIGKILL" : m_.plan_.stop_signal});
}

void Step::operator()(const events::KillReturned& event) {
  auto* state = in<Stopping>();
  if (!state) return;
  state->in_flight = false;
  if (event.result) {
    m_.kill_failures_ = 0;
    state->reached = true;
  }
  if (state->end) return exited(ContainerView{*state->end});
  if (state->grace_over && !state->killed)
    return kill(*state);  // the grace ended while the first was under way
  if (event.result) return;
  // A no (it isn't running) is followed by the exit; silence is not.
  if (!is_unanswered(event.result.error())) return;
  ++m_.kill_failures_;
  emit(effects::Arm{Timer::retry_kill, lifecycle::retry_delay(limits::first_backoff, m_.kill_failures_)});
}

// --- the exit ---

void Step::operator()(const events::WaitReturned& event) {
  if (!in_any<Running, Stopping>()) return;
  if (const auto* state = in<Stopping>(); state && state->end) return;  // the end was seen by another way
  if (!event.result) {
    const auto& error = event.result.error();
    if (error.kind != ErrorKind::not_found) return back_off(error);
    ContainerView gone;  // somebody took it away: it has ended, and its exit code went with it
    gone.phase = ContainerView::Phase::exited;
    answered();
    return exited(gone);
  }
  const auto& container = *event.result;
  if (container.phase == ContainerView::Phase::running) {
    return back_off(unavailable("it said that the container had exited, but it runs"));
  }
  answered();
  exited(container);
}

void Step::operator()(const events::SeenExited& event) {
  if (!in_any<Running, Stopping>()) return;
  if (const auto* state = in<Stopping>(); state && state->end) return;
  // Only an unbroken wait may know the code: one that is alive has answered before the next look.
  if (!event.container.exit_code && !std::exchange(m_.seen_exited_, true)) return;
  answered();
  exited(event.container);
}

void Step::exited(const ContainerView& container) {
  std::optional<StopCause> stopped;
  if (auto* state = in<Stopping>()) {
    if (state->in_flight) {
      state->end = container;
      return;
    }
    if (state->reached) stopped = state->why;
  }
  // Sent by the process before this one, which didn't live to tell, or by a call that was never answered.
  if (!stopped && m_.stop_ && container.is_signalled) stopped = m_.stop_;
  if (!stopped && container.is_timed_out) stopped = StopCause{Cause::timeout, timeout_message()};
  auto outcome = judge_exit(container, stopped, m_.plan_.memory, now_);
  // Without the runtime's own word the start is stamped when its answer comes, and a short process may have
  // ended by then.
  if (m_.started_at_ && !outcome.started_at) {
    outcome.finished_at = std::max(outcome.finished_at, *m_.started_at_);
  }
  enter(Draining{std::move(outcome)});
  if (m_.logs_done_) return drained();
  if (m_.logs_ == Machine::Call::in_flight) emit(effects::WatchLogs{});
}

// --- its output ---

void Step::copy_logs() {
  m_.logs_ = Machine::Call::in_flight;
  m_.logs_follow_ = !in_any<Draining>();
  if (m_.logs_follow_) return emit(effects::CopyLogs{});
  emit(effects::FinishLogs{});
}

void Step::operator()(const events::LogsSilent&) {
  if (!in_any<Draining>() || m_.logs_ != Machine::Call::in_flight || !m_.logs_follow_) return;
  copy_logs();
}

void Step::operator()(const events::LogsCopied& event) {
  if (!in_any<Running, Stopping, Draining>()) return;
  m_.logs_ = Machine::Call::idle;
  m_.output_ = event.output;
  if (!event.result) {
    const auto& error = event.result.error();
    if (m_.output_) m_.output_->sha256.reset();  // what was read needn't be all
    // A runtime that is away comes back. One that answers, and yet can't get the rest to us, never will.
    const bool is_hopeless = !m_.logs_follow_ && error.kind == ErrorKind::timeout;
    if (is_unanswered(error) && !is_hopeless) {
      m_.logs_ = Machine::Call::backing_off;
      ++m_.log_failures_;
      emit(effects::Arm{Timer::retry_logs, lifecycle::retry_delay(limits::first_backoff, m_.log_failures_)});
      return;
    }
    if (error.kind != ErrorKind::not_found) m_.log_problem_ = error.message;
  }
  m_.log_failures_ = 0;
  m_.logs_done_ = true;
  if (in_any<Draining>()) drained();
}

void Step::drained() {
  auto outcome = std::move(in<Draining>()->outcome);
  if (!m_.log_problem_.empty()) {
    if (!outcome.message.empty()) outcome.message += "; ";
    outcome.message += "its output is incomplete: " + m_.log_problem_;
  }
  outcome.output = m_.output_;
  finish(std::move(outcome));
}

// --- telling it, and cleaning up ---

void Step::finish(lifecycle::Outcome outcome, bool container_gone) {
  outcome.steps = m_.steps_;
  report(lifecycle::AttemptEnded{outcome});
  enter(Reporting{std::move(outcome), container_gone});
  m_.step_ = Machine::Call::idle;
}

void Step::end_before_start(Cause cause, std::string message) {
  finish(outcome(cause, std::move(message)), true);
}

void Step::operator()(const events::EndingRecorded&) {
  auto* state = in<Reporting>();
  if (!state) return;
  if (state->container_gone) return forget();
  remove();
}

void Step::remove() {
  enter(Removing{});
  m_.step_failures_ = 0;
  call(effects::Remove{});
}

void Step::operator()(const events::RemoveReturned& event) {
  auto* withdrawing = in<Withdrawing>();
  if (!withdrawing && !in_any<Removing>()) return;
  // Even a no is asked again: Docker refuses while a mount is busy, and a leak is worse than a call.
  if (!event.result) return back_off(event.result.error());
  answered();
  if (!withdrawing) return forget();
  if (withdrawing->call_in_flight) return;
  if (std::exchange(withdrawing->look_again, false)) return call(effects::Remove{});
  if (!withdrawing->ending) return forget();
  finish(lifecycle::Outcome{*withdrawing->ending}, true);
}

void Step::forget() {
  enter(Finished{});
  m_.step_ = Machine::Call::idle;
  m_.logs_ = Machine::Call::idle;
  emit(effects::Forget{});
}

}  // namespace berth::attempt
