// Random walks of the attempt machine through a small model of a runtime that loses answers, is slow, and
// lets processes end at any moment. An invariant checker watches every effect. A failing seed replays.
#include "executor/core/attempt.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>

namespace berth::attempt {
namespace {

const Error no_answer{ErrorKind::timeout, "no answer"};

class World {
 public:
  explicit World(std::uint32_t seed) : random_(seed), faults_left_(roll(12)), machine_(plan()) {
    image_present_ = roll(3) != 0;
    deliver(events::Begin{});
  }

  // Returns false when the attempt is over.
  bool step() {
    if (machine_.is_finished()) return false;
    const auto choice = roll(12);
    if (choice == 0 && faults_left_ > 0 && !abort_known_) return abort(), true;
    if (choice == 1 && faults_left_ > 0 && !acknowledged_ && roll(8) == 0) return fence(), true;
    if (choice == 2 && faults_left_ > 0 && roll(8) == 0) return fall_silent(), true;
    if (choice <= 3 && container_ == Container::running) return end_process(static_cast<int>(roll(2))), true;
    if (choice == 4 && ending_) return acknowledge(), true;
    if (choice == 5 && !timers_.empty()) return fire(), true;
    if (choice == 6 && container_ == Container::exited) return deliver(events::SeenExited{view()}), true;
    if (choice == 7 && std::exchange(is_watched_, false)) return deliver(events::LogsSilent{}), true;
    if (!calls_.empty()) return complete(), true;
    if (!timers_.empty()) return fire(), true;
    if (ending_ && !acknowledged_) return acknowledge(), true;
    if (container_ == Container::running) return end_process(0), true;
    ADD_FAILURE() << "stuck in " << name_of(machine_.state());
    return false;
  }

  // What a call that was under way left when the attempt had been given back, the look at all containers
  // finds.
  bool is_clean() const {
    return container_ == Container::none || (was_silent_ && container_ == Container::created);
  }
  std::string state() const { return std::string(name_of(machine_.state())); }

 private:
  enum class Container { none, created, running, exited };

  static Plan plan() {
    Plan plan;
    plan.image = "busybox";
    plan.stop_grace = std::chrono::seconds{1};
    plan.timeout = std::chrono::seconds{60};
    return plan;
  }
  std::size_t roll(std::size_t sides) { return random_() % sides; }
  bool fault() {
    if (faults_left_ == 0 || roll(4) != 0) return false;
    --faults_left_;
    return true;
  }

  void deliver(Event event) {
    now_.milliseconds += 10;
    for (const auto& effect : machine_.on(event, now_)) note(effect);
  }

  void note(const Effect& effect) {
    if (const auto* arm = std::get_if<effects::Arm>(&effect)) {
      timers_.insert(arm->timer);
    } else if (const auto* report = std::get_if<effects::Report>(&effect)) {
      note_report(report->event);
    } else if (std::holds_alternative<effects::WatchLogs>(effect)) {
      is_watched_ = true;
    } else if (std::holds_alternative<effects::FinishLogs>(effect)) {
      // It takes the place of the follow, if there is one.
      std::erase_if(calls_, [](const auto& c) { return std::holds_alternative<effects::CopyLogs>(c); });
      calls_.push_back(effect);
    } else if (std::holds_alternative<effects::Forget>(effect)) {
      EXPECT_TRUE(acknowledged_ || fenced_) << "forgotten before its ending was acknowledged";
    } else {
      if (std::holds_alternative<effects::Start>(effect)) {
        EXPECT_FALSE(abort_known_) << "started after an abort";
        EXPECT_FALSE(fenced_) << "started after it was fenced off";
      }
      if (std::holds_alternative<effects::Remove>(effect) && started_) {
        EXPECT_TRUE(acknowledged_ || fenced_) << "removed before its ending was acknowledged";
      }
      calls_.push_back(effect);
    }
  }

  void note_report(const lifecycle::Event& event) {
    EXPECT_FALSE(fenced_) << "reported after it was fenced off";
    if (std::holds_alternative<lifecycle::Started>(event)) started_ = true;
    const auto* ended = std::get_if<lifecycle::AttemptEnded>(&event);
    if (!ended) return;
    EXPECT_FALSE(ending_) << "ended twice";
    EXPECT_TRUE(calls_.empty() || !(has_call<effects::CopyLogs>() || has_call<effects::FinishLogs>()))
        << "its output wasn't stored yet";
    ending_ = true;
    if (ended->outcome.cause == Cause::exit) {
      EXPECT_EQ(ended->outcome.exit_code, exit_code_) << "an exit code that nobody saw";
    }
    if (!started_) {
      EXPECT_NE(container_, Container::running) << "said to be over, and it runs";
    }
  }

  template <class E>
  bool has_call() const {
    return std::any_of(calls_.begin(), calls_.end(),
                       [](const auto& c) { return std::holds_alternative<E>(c); });
  }

  void abort() {
    abort_known_ = true;
    deliver(events::StopAsked{{Cause::aborted, "enough"}});
  }
  void fall_silent() {
    was_silent_ = true;
    deliver(events::RuntimeSilent{});
  }
  void fence() {
    fenced_ = true;
    deliver(events::FencedOff{});
  }
  void acknowledge() {
    if (acknowledged_ || fenced_) return;
    acknowledged_ = true;
    deliver(events::EndingRecorded{});
  }
  void end_process(int code) {
    container_ = Container::exited;
    exit_code_ = code;
  }
  void fire() {
    auto timer = timers_.begin();
    std::advance(timer, static_cast<std::ptrdiff_t>(roll(timers_.size())));
    const auto fired = *timer;
    timers_.erase(timer);
    deliver(events::TimerFired{fired});
  }

  ContainerView view() const {
    ContainerView view;
    view.phase = container_ == Container::created   ? ContainerView::Phase::created
                 : container_ == Container::running ? ContainerView::Phase::running
                                                    : ContainerView::Phase::exited;
    if (container_ == Container::exited) view.exit_code = exit_code_;
    return view;
  }

  // One call under way comes back: its effect is there either way, its answer may be lost.
  void complete() {
    const auto chosen = roll(calls_.size());
    const auto call = calls_[chosen];
    const bool must_wait =
        (std::holds_alternative<effects::Wait>(call) || std::holds_alternative<effects::CopyLogs>(call)) &&
        container_ == Container::running;
    if (must_wait && !fault()) return wait_for_exit();
    calls_.erase(calls_.begin() + static_cast<std::ptrdiff_t>(chosen));
    if (must_wait) return answer(call, no_answer);
    const bool is_lost = fault();
    const bool took_effect = !is_lost || roll(2) == 0;
    const auto result = took_effect ? perform(call) : Result<>{};
    answer(call, is_lost ? Result<>{no_answer} : result);
  }

  // Nothing else may be left to happen but the end of the process.
  void wait_for_exit() {
    if (roll(3) == 0) end_process(static_cast<int>(roll(2)));
  }

  Result<> perform(const Effect& call) {
    if (std::holds_alternative<effects::Pull>(call)) image_present_ = true;
    if (std::holds_alternative<effects::Create>(call)) {
      if (!image_present_) return Error{ErrorKind::not_found, "no such image"};
      if (container_ == Container::none) container_ = Container::created;
    }
    if (std::holds_alternative<effects::Start>(call)) {
      EXPECT_NE(container_, Container::exited) << "ran twice";
      if (container_ == Container::none) return Error{ErrorKind::not_found, "no such container"};
      if (container_ == Container::running) return {};
      if (!machine_.is_starting()) return Error{ErrorKind::conflict, "it isn't wanted any more"};
      deliver(events::Beginning{});
      container_ = Container::running;
    }
    if (std::holds_alternative<effects::Kill>(call)) {
      if (container_ != Container::running) return Error{ErrorKind::conflict, "not running"};
      if (std::get<effects::Kill>(call).signal == "SIGKILL" || roll(2) == 0) end_process(137);
    }
    if (std::holds_alternative<effects::Remove>(call)) container_ = Container::none;
    return {};
  }

  void answer(const Effect& call, Result<> result) {
    const bool is_gone = container_ == Container::none;
    const auto seen = !result   ? Result<ContainerView>{result.error()}
                      : is_gone ? Result<ContainerView>{Error{ErrorKind::not_found, "no such container"}}
                                : Result<ContainerView>{view()};
    if (std::holds_alternative<effects::Pull>(call)) deliver(events::Pulled{result});
    if (std::holds_alternative<effects::Create>(call)) deliver(events::Created{result});
    if (std::holds_alternative<effects::Start>(call)) deliver(events::StartReturned{result});
    if (std::holds_alternative<effects::Kill>(call)) deliver(events::KillReturned{result});
    if (std::holds_alternative<effects::Remove>(call)) deliver(events::RemoveReturned{result});
    const bool is_copy =
        std::holds_alternative<effects::CopyLogs>(call) || std::holds_alternative<effects::FinishLogs>(call);
    if (is_copy) deliver(events::LogsCopied{result});
    if (std::holds_alternative<effects::Inspect>(call)) deliver(events::Inspected{seen});
    if (std::holds_alternative<effects::Wait>(call)) deliver(events::WaitReturned{seen});
  }

  std::mt19937 random_;
  std::size_t faults_left_;
  Machine machine_;
  WallTime now_{1'000};
  Container container_ = Container::none;
  std::optional<int> exit_code_;
  bool image_present_ = true;
  std::vector<Effect> calls_;
  std::multiset<Timer> timers_;
  bool is_watched_ = false;
  bool was_silent_ = false;
  bool abort_known_ = false;
  bool fenced_ = false;
  bool started_ = false;
  bool ending_ = false;
  bool acknowledged_ = false;
};

TEST(AttemptWalk, whatever_happens_it_ends_cleanly_and_holds_its_promises) {
  for (std::uint32_t seed = 0; seed < 20'000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(seed);
    int steps = 0;
    while (world.step() && ++steps < 2'000) {
    }
    EXPECT_EQ(world.state(), "Finished");
    EXPECT_TRUE(world.is_clean()) << "a container is left";
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace berth::attempt
