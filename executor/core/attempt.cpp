#include "executor/core/attempt.hpp"

#include "executor/core/attempt_step.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace berth::attempt {

using namespace states;

namespace {

constexpr std::array<std::string_view, std::variant_size_v<State>> state_names{
    "Idle",     "Creating", "Pulling",   "Starting", "Looking",     "Running",
    "Stopping", "Draining", "Reporting", "Removing", "Withdrawing", "Finished"};

Effect call_of(const State& state) {
  if (std::holds_alternative<Creating>(state)) return effects::Create{};
  if (std::holds_alternative<Pulling>(state)) return effects::Pull{};
  if (std::holds_alternative<Starting>(state)) return effects::Start{};
  if (std::holds_alternative<Looking>(state)) return effects::Inspect{};
  if (std::holds_alternative<Running>(state) || std::holds_alternative<Stopping>(state))
    return effects::Wait{};
  return effects::Remove{};
}

// "43 % of 28MiB"; nothing while it isn't known how much there is.
std::string progress_words(const events::PullProgressed& progress) {
  const auto [done, total] = progress;
  if (total.value == 0) return {};
  return std::to_string(100 * done.value / total.value) + " % of " + to_string(total);
}

}  // namespace

Plan plan_of(const Job& job) {
  Plan plan;
  plan.image = job.definition.image;
  plan.timeout = job.definition.timeout;
  plan.stop_signal = job.definition.stop_signal;
  plan.stop_grace = job.definition.stop_grace;
  plan.memory = job.definition.resources.memory;
  plan.at_most_once = job.definition.at_most_once;
  plan.recorded_running = job.status == JobStatus::running;
  plan.recorded_stopping = plan.recorded_running && job.reason == Reason::stopping;
  return plan;
}

std::string_view name_of(const State& state) { return state_names[state.index()]; }

Effects Machine::on(const Event& event, WallTime now) {
  Step step(*this, now);
  std::visit(step, event);
  return step.take();
}

// --- calls of the runtime, and what if it doesn't answer ---

void Step::call(Effect effect) {
  m_.step_ = Machine::Call::in_flight;
  emit(std::move(effect));
}

void Step::repeat_call() { call(call_of(m_.state_)); }

void Step::answered() {
  m_.step_ = Machine::Call::idle;
  m_.step_failures_ = 0;
  if (!std::exchange(m_.noted_, false)) return;
  if (in_any<Running>()) report(lifecycle::Noted{""});  // nothing is wrong any more
}

void Step::back_off(const Error& error) {
  m_.step_ = Machine::Call::backing_off;
  ++m_.step_failures_;
  emit(effects::Arm{Timer::retry_step, lifecycle::retry_delay(limits::first_backoff, m_.step_failures_)});
  const auto* withdrawing = in<Withdrawing>();
  const bool is_ours = !in_any<Removing>() && (!withdrawing || withdrawing->ending);
  if (m_.step_failures_ >= limits::runtime_tries && give_back()) return;
  if (m_.noted_ || !is_ours) return;
  m_.noted_ = true;
  report(lifecycle::Noted{"the container runtime doesn't answer, trying again: " + error.message});
}

// --- the way to a running process ---

void Step::create() {
  enter(Creating{});
  if (!m_.steps_.begun_at) m_.steps_.begun_at = now_;
  report(lifecycle::Starting{});
  call(effects::Create{});
}

void Step::pull() {
  enter(Pulling{});
  ++m_.pulls_;
  if (!m_.steps_.pull_at) m_.steps_.pull_at = now_;
  report(lifecycle::Pulling{});
  call(effects::Pull{});
}

void Step::start() {
  enter(Starting{});
  call(effects::Start{});
}

void Step::look() {
  enter(Looking{});
  call(effects::Inspect{});
}

void Step::run(WallTime started_at) {
  enter(Running{});
  m_.started_at_ = started_at;
  if (!m_.plan_.recorded_running) report(lifecycle::Started{started_at, m_.steps_});
  call(effects::Wait{});
  copy_logs();
}

void Step::adopt(const ContainerView& container) {
  run(container.started_at.value_or(now_));
  // Its first process knows its timeout. How much is left of it the wall clock, which may have been set
  // since, doesn't tell.
  if (m_.stop_ && container.phase != ContainerView::Phase::exited) stop(*m_.stop_);
}

// A container whose process may or may not have begun: what it looks like decides.
void Step::go_on_with(const ContainerView& container) {
  const bool never_ran = container.phase == ContainerView::Phase::created;
  if (never_ran && m_.stop_) return withdraw(stopped());
  if (never_ran) return start();
  if (container.phase == ContainerView::Phase::exited && !container.error.empty()) {
    return finish(judge_failed_start(container.error, now_));
  }
  adopt(container);
}

void Step::operator()(const events::Begin&) {
  if (!in_any<Idle>()) return;
  if (m_.stop_) return withdraw(stopped());
  create();
}

void Step::operator()(const events::Found& event) {
  if (!in_any<Idle>()) return;
  m_.may_have_begun_ = true;  // the process before this one may have given the word
  go_on_with(event.container);
}

void Step::operator()(const events::Vanished&) {
  if (!in_any<Idle>()) return;
  finish(outcome(Cause::exit_unknown, "its container is gone: nobody saw how it ended"));
}

void Step::operator()(const events::Over& event) {
  if (!in_any<Idle>()) return;
  const auto& outcome = event.outcome;
  m_.steps_ = outcome.steps;
  if (outcome.started_at && !m_.plan_.recorded_running)
    report(lifecycle::Started{*outcome.started_at, outcome.steps});
  finish(lifecycle::Outcome{outcome}, true);
}

void Step::operator()(const events::Refused& event) {
  if (in_any<Idle>()) end_before_start(Cause::start, event.message);
}

void Step::operator()(const events::Created& event) {
  if (auto* state = in<Withdrawing>()) return call_returned(*state);
  if (!in_any<Creating>()) return;
  if (event.result) {
    answered();
    m_.steps_.created_at = now_;
    return start();
  }
  const auto& error = event.result.error();
  if (is_unanswered(error)) return back_off(error);
  answered();
  // Another executor on the same daemon has its container under that name, which isn't ours to remove. The
  // job has no part in that.
  if (error.kind == ErrorKind::conflict) return end_before_start(Cause::executor_lost, error.message);
  if (error.kind != ErrorKind::not_found) return finish(judge_failed_start(error.message, now_));
  if (m_.pulls_ < limits::pull_tries) return pull();
  end_before_start(Cause::image_pull, m_.plan_.image + " couldn't be pulled: " + error.message);
}

void Step::operator()(const events::Pulled& event) {
  if (!in_any<Pulling>()) return;
  if (event.result) {
    answered();
    m_.steps_.pulled_at = now_;
    return create();
  }
  const auto& error = event.result.error();
  if (!is_unanswered(error)) {
    const bool is_absent = error.kind == ErrorKind::not_found || error.kind == ErrorKind::invalid;
    return end_before_start(is_absent ? Cause::image_not_found : Cause::image_pull, error.message);
  }
  if (m_.pulls_ >= limits::pull_tries) return end_before_start(Cause::image_pull, error.message);
  // The next try begins at the create: its answer tells a registry that is away from a runtime that is.
  enter(Creating{});
  back_off(error);
}

void Step::operator()(const events::PullProgressed& event) {
  if (in_any<Pulling>()) report(lifecycle::Pulling{progress_words(event)});
}

void Step::operator()(const events::StartReturned& event) {
  if (auto* state = in<Withdrawing>()) return call_returned(*state);
  if (!in_any<Starting>()) return;
  if (event.result) {
    answered();
    run(now_);
    if (m_.plan_.timeout) emit(effects::Arm{Timer::timeout, *m_.plan_.timeout});
    return;
  }
  const auto& error = event.result.error();
  if (is_unanswered(error)) {
    enter(Looking{});
    return back_off(error);
  }
  answered();
  if (error.kind == ErrorKind::not_found) return create();  // somebody took it away before it ran
  finish(judge_failed_start(error.message, now_));
}

void Step::operator()(const events::Inspected& event) {
  if (!in_any<Looking>()) return;
  if (event.result) {
    answered();
    return go_on_with(*event.result);
  }
  const auto& error = event.result.error();
  if (error.kind != ErrorKind::not_found) return back_off(error);
  answered();
  // Whether the lost start ran it before somebody took it away can't be told; beginning again might run it
  // twice.
  finish(outcome(Cause::exit_unknown, "its container is gone after a start that wasn't answered"), true);
}

// --- timers, and what comes from outside ---

void Step::operator()(const events::TimerFired& event) {
  switch (event.timer) {
    case Timer::retry_step:
      if (m_.step_ == Machine::Call::backing_off) repeat_call();
      return;
    case Timer::retry_logs:
      if (m_.logs_ == Machine::Call::backing_off) copy_logs();
      return;
    case Timer::retry_kill:
      if (auto* state = in<Stopping>(); state && !state->in_flight && !state->end) kill(*state);
      return;
    case Timer::grace:
      if (auto* state = in<Stopping>(); state && !state->end) {
        state->grace_over = true;
        if (!state->in_flight) kill(*state);
      }
      return;
    case Timer::timeout:
      if (!in_any<Running>()) return;
      note_stop();
      report(lifecycle::Stopping{timeout_message()});
  }
}

void Step::operator()(const events::RuntimeBack&) {
  if (m_.step_ == Machine::Call::backing_off) repeat_call();
  if (m_.logs_ == Machine::Call::backing_off) copy_logs();
  if (auto* state = in<Stopping>(); state && m_.kill_failures_ > 0 && !state->in_flight && !state->end)
    kill(*state);
}

void Step::operator()(const events::Beginning&) { m_.may_have_begun_ = true; }

// What hasn't begun never will now, so its ending needn't wait. Its container, if there is one, goes when the
// runtime is back.
bool Step::give_back() {
  if (m_.may_have_begun_) return false;
  const auto* withdrawing = in<Withdrawing>();
  const bool is_on_its_way = in_any<Creating, Pulling, Starting, Looking>();
  if (withdrawing && withdrawing->ending) {
    finish(lifecycle::Outcome{*withdrawing->ending});
  } else if (is_on_its_way && m_.stop_) {
    finish(stopped());
  } else if (is_on_its_way && !m_.plan_.at_most_once) {
    finish(
        outcome(Cause::executor_lost, "the container runtime didn't answer, and the process hadn't begun"));
  } else {
    return false;
  }
  return true;
}

void Step::operator()(const events::RuntimeSilent&) { give_back(); }

void Step::operator()(const events::StopAsked& event) {
  const bool is_abort = event.why.cause == Cause::aborted;
  if (!m_.stop_ || (is_abort && m_.stop_->cause != Cause::aborted)) m_.stop_ = event.why;
  if (in_any<Creating, Pulling, Starting>()) return withdraw(stopped());
  // An unanswered start may have run it: the look that is under way tells which end it needs.
  if (!in_any<Running>()) return;
  // An abort stands in the record already.
  if (!is_abort) report(lifecycle::Stopping{event.why.message});
  stop(event.why);
}

void Step::operator()(const events::FencedOff&) {
  if (in_any<Removing, Finished>()) return;
  if (in_any<Draining>()) return remove();
  if (auto* state = in<Reporting>()) return state->container_gone ? forget() : remove();
  if (auto* state = in<Withdrawing>()) {
    state->ending.reset();
    return;
  }
  withdraw(std::nullopt);
}

// --- backing out ---

void Step::withdraw(std::optional<lifecycle::Outcome> ending) {
  const bool may_make_something = in_any<Creating, Starting>() && m_.step_ == Machine::Call::in_flight;
  enter(Withdrawing{std::move(ending), may_make_something, may_make_something});
  call(effects::Remove{});
}

void Step::call_returned(Withdrawing& state) {
  state.call_in_flight = false;
  if (m_.step_ != Machine::Call::idle || !state.look_again) return;
  state.look_again = false;
  call(effects::Remove{});
}

}  // namespace berth::attempt
