// One reaction of the attempt machine: the handlers of its events. Private to executor/core; see attempt.hpp.
#pragma once

#include "executor/core/attempt.hpp"

#include <utility>

namespace berth::attempt {

// Handlers first look at the state: a late answer to a call of an earlier state means nothing any more.
// Entering a state invalidates references into the one before.
class Step {
 public:
  Step(Machine& machine, WallTime now) : m_(machine), now_(now) {}
  Effects take() { return std::move(out_); }

  // Up to the running process (attempt.cpp).
  void operator()(const events::Begin&);
  void operator()(const events::Found&);
  void operator()(const events::Vanished&);
  void operator()(const events::Over&);
  void operator()(const events::Refused&);
  void operator()(const events::Created&);
  void operator()(const events::Pulled&);
  void operator()(const events::PullProgressed&);
  void operator()(const events::StartReturned&);
  void operator()(const events::Inspected&);
  void operator()(const events::TimerFired&);
  void operator()(const events::Beginning&);
  void operator()(const events::RuntimeBack&);
  void operator()(const events::RuntimeSilent&);
  void operator()(const events::StopAsked&);
  void operator()(const events::FencedOff&);

  // From the running process to its end (attempt_ending.cpp).
  void operator()(const events::WaitReturned&);
  void operator()(const events::SeenExited&);
  void operator()(const events::LogsSilent&);
  void operator()(const events::LogsCopied&);
  void operator()(const events::KillReturned&);
  void operator()(const events::RemoveReturned&);
  void operator()(const events::EndingRecorded&);

 private:
  template <class S>
  S* in() {
    return std::get_if<S>(&m_.state_);
  }
  template <class... S>
  bool in_any() const {
    return (std::holds_alternative<S>(m_.state_) || ...);
  }

  void emit(Effect effect) { out_.push_back(std::move(effect)); }
  void report(lifecycle::Event event) { emit(effects::Report{std::move(event)}); }
  template <class S>
  void enter(S state) {
    m_.state_ = std::move(state);
  }

  void call(Effect effect);           // the call of the present state
  void repeat_call();                 // the same again, after a backoff
  void answered();                    // the runtime did
  void back_off(const Error& error);  // it didn't

  void create();
  void pull();
  void start();
  void look();
  void run(WallTime started_at);
  void adopt(const ContainerView& container);
  void go_on_with(const ContainerView& container);
  void withdraw(std::optional<lifecycle::Outcome> ending);
  bool give_back();                                // what hasn't begun, to begin on another machine
  void call_returned(states::Withdrawing& state);  // the create or start that was in flight

  void note_stop();
  void stop(StopCause why);
  void kill(states::Stopping& state);
  void exited(const ContainerView& container);
  void copy_logs();
  void drained();
  void finish(lifecycle::Outcome outcome, bool container_gone = false);
  void remove();
  void forget();
  void end_before_start(Cause cause, std::string message);
  lifecycle::Outcome outcome(Cause cause, std::string message) const;
  std::string timeout_message() const {
    return "ran longer than its timeout of " + to_string(m_.plan_.timeout.value_or(Milliseconds{0}));
  }
  lifecycle::Outcome stopped() const { return outcome(m_.stop_->cause, m_.stop_->message); }

  Machine& m_;
  WallTime now_;
  Effects out_;
};

// The runtime gave no answer, as opposed to a no: whether the call took effect is unknown.
inline bool is_unanswered(const Error& error) {
  return is_transient(error) || error.kind == ErrorKind::cancelled;
}

}  // namespace berth::attempt
