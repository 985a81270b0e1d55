// The life of one attempt on its executor: a pure state machine. It takes what happened and answers what to
// do; it does no I/O, has no clock, and never blocks. The loop around it (executor/attempt_runner) carries
// out the effects and feeds their results back as events.
//
//             no image            pulled
//   Creating ──────────▶ Pulling ─────────▶ Creating
//      │ created                                               every state before Running, when asked to stop
//      ▼          outcome unknown                              or when fenced off:
//   Starting ─────────────────────▶ Looking                      ──▶ Withdrawing ──▶ Reporting (asked)
//      │ started ◀────── runs, or has run ──┘                              └───────▶ Finished  (fenced off)
//      ▼            asked to stop
//   Running ──────────────────────▶ Stopping
//      │ exited                        │ exited        as the wait says, or a look at all containers
//      └───────▶ Draining ◀────────────┘        the exit is known, its output not yet all stored
//                   │ output stored
//                   ▼
//               Reporting                       until the store has acknowledged the ending
//                   ▼
//               Removing ──▶ Finished           the container goes last: it is the proof of what happened
//
// What it holds to:
// - Once it was asked to stop, nothing starts. A start in flight is followed by a forced removal *after* its
// answer,
//   because Docker starts a container that was "stopped" while it was only created.
// - A start whose answer was lost is looked at before it is repeated: starting an exited container would run
// it twice.
// - A container that ran goes only after its ending was acknowledged, or when the attempt was fenced off.
// - A wait or a follow that hangs holds up nothing for ever: the reconciling look tells the exit too, and a
// follow that
//   falls silent after it is replaced by one bounded read.
// - A runtime that doesn't answer costs time: the same step is repeated with backoff. An attempt that surely
//   hasn't begun when the silence has lasted is given back, and begins on another machine; unless it is
//   `at_most_once`, which a lost machine ends.
#pragma once

#include "executor/core/container_view.hpp"
#include "executor/core/exit_cause.hpp"
#include "shared/base/quantity.hpp"
#include "shared/base/result.hpp"
#include "shared/model/job_lifecycle.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace berth::attempt {

// What of the job the machine decides by.
struct Plan {
  std::string image;
  std::optional<Milliseconds> timeout;
  std::string stop_signal = "SIGTERM";
  Milliseconds stop_grace{};
  Bytes memory{};  // its limit
  bool at_most_once = false;
  bool recorded_running =
      false;  // the record says RUNNING already: an attempt taken over from an earlier process
  bool recorded_stopping = false;  // and that it was asked to end, and when
};

// The plan of the job's current attempt.
Plan plan_of(const Job& job);

enum class Timer {
  timeout,     // the job's own. The container ends itself at it; this one is for telling so
  grace,       // between stop_signal and SIGKILL
  retry_step,  // the runtime didn't answer the current step
  retry_logs,
  retry_kill,
};
inline constexpr std::size_t timer_count = 5;

// --- what happens ---
namespace events {
struct Begin {};  // nothing of it exists yet
struct Found {
  ContainerView container;
};                   // a container of it was left by an earlier process
struct Vanished {};  // the record says RUNNING, and there is no container
struct Over {
  lifecycle::Outcome outcome;
};  // how it ended is known, and there is nothing to do for it
struct Refused {
  std::string message;
};  // this executor won't run it (a volume it doesn't allow)
struct Created {
  Result<> result;
};
struct Pulled {
  Result<> result;
};
struct PullProgressed {
  Bytes done{};
  Bytes total{};
};
struct StartReturned {
  Result<> result;
};
struct Inspected {
  Result<ContainerView> result;
};
struct WaitReturned {
  Result<ContainerView> result;
};
struct SeenExited {
  ContainerView container;
};                     // a look at all containers found it ended
struct LogsSilent {};  // nothing came for limits::log_silence
struct LogsCopied {
  Result<> result;                        // all of it is in the store
  std::optional<AttemptOutput> output{};  // as far as it was read
};
struct KillReturned {
  Result<> result;
};
struct RemoveReturned {
  Result<> result;
};
struct TimerFired {
  Timer timer = Timer::timeout;
};
struct Beginning {};      // its process is being told to begin: from here on it may have
struct RuntimeBack {};    // it answers again: don't wait out the backoff
struct RuntimeSilent {};  // it hasn't answered for limits::runtime_patience
struct StopAsked {
  StopCause why;
};                         // by a person (ABORTED), or because the executor is drained (EXECUTOR_LOST)
struct EndingRecorded {};  // the store acknowledged the ending
struct FencedOff {};       // the record moved on: another attempt, or an ending by another hand
}  // namespace events

using Event = std::variant<events::Begin, events::Found, events::Vanished, events::Over, events::Refused,
                           events::Created, events::Pulled, events::PullProgressed, events::StartReturned,
                           events::Inspected, events::WaitReturned, events::SeenExited, events::LogsSilent,
                           events::LogsCopied, events::KillReturned, events::RemoveReturned,
                           events::TimerFired, events::Beginning, events::RuntimeBack, events::RuntimeSilent,
                           events::StopAsked, events::EndingRecorded, events::FencedOff>;

// --- what to do ---
namespace effects {
struct Pull {};
struct Create {};
struct Start {};
struct Inspect {};
struct Wait {};
struct CopyLogs {};    // follows
struct WatchLogs {};   // tell LogsSilent once nothing has come for a while
struct FinishLogs {};  // ends the follow, if any, and reads the rest without following
struct Kill {
  std::string signal;
};
struct Remove {};
struct Arm {
  Timer timer = Timer::timeout;
  Milliseconds delay{};
};  // replaces the same timer, if armed
struct Report {
  lifecycle::Event event;
};
struct Forget {};  // it's over: nothing more comes, and what is still under way may be cancelled
}  // namespace effects

using Effect = std::variant<effects::Pull, effects::Create, effects::Start, effects::Inspect, effects::Wait,
                            effects::CopyLogs, effects::WatchLogs, effects::FinishLogs, effects::Kill,
                            effects::Remove, effects::Arm, effects::Report, effects::Forget>;
using Effects = std::vector<Effect>;

// --- where it stands ---
namespace states {
struct Idle {};
struct Creating {};
struct Pulling {};
struct Starting {};
struct Looking {};
struct Running {};
struct Stopping {
  StopCause why;
  bool grace_over = false;
  bool in_flight = false;            // a kill is
  bool killed = false;               // SIGKILL was asked for
  bool reached = false;              // one of our signals reached the process
  std::optional<ContainerView> end;  // held until the kill in flight tells which came first
};
struct Draining {
  lifecycle::Outcome outcome;
};
struct Reporting {
  lifecycle::Outcome outcome;
  bool container_gone = false;
};
struct Removing {};
struct Withdrawing {
  std::optional<lifecycle::Outcome> ending;  // absent when fenced off: then there is nothing to report
  bool call_in_flight = false;               // a create or start, which may still make something
  bool look_again = false;                   // remove once more, after that call's answer
};
struct Finished {};
}  // namespace states

using State = std::variant<states::Idle, states::Creating, states::Pulling, states::Starting, states::Looking,
                           states::Running, states::Stopping, states::Draining, states::Reporting,
                           states::Removing, states::Withdrawing, states::Finished>;

std::string_view name_of(const State& state);

class Machine {
 public:
  explicit Machine(Plan plan) : plan_(std::move(plan)) {}

  // Events that mean nothing in the present state (late answers, repeated aborts) change nothing.
  Effects on(const Event& event, WallTime now);

  const State& state() const { return state_; }
  // Whether its process may begin now.
  bool is_starting() const { return std::holds_alternative<states::Starting>(state_); }
  bool is_finished() const { return std::holds_alternative<states::Finished>(state_); }

 private:
  friend class Step;
  enum class Call { idle, in_flight, backing_off };

  Plan plan_;
  State state_;
  Call step_ = Call::idle;  // of the runtime call that the present state is about
  std::uint32_t step_failures_ = 0;
  bool noted_ = false;  // people were told that the runtime doesn't answer
  std::uint32_t pulls_ = 0;
  bool may_have_begun_ = false;
  Call logs_ = Call::idle;
  std::uint32_t log_failures_ = 0;
  bool logs_follow_ = false;  // the copy under way follows
  bool logs_done_ = false;
  std::string log_problem_;  // why its output isn't complete
  std::optional<AttemptOutput> output_;
  std::uint32_t kill_failures_ = 0;
  bool seen_exited_ = false;       // by a look that didn't know the exit code
  std::optional<StopCause> stop_;  // asked for from outside; an abort replaces any other
  std::optional<WallTime> started_at_;
  Steps steps_;  // so far
};

}  // namespace berth::attempt
