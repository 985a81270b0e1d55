// The loop around one attempt's state machine: carries out its effects on runtime, store and timers, and
// feeds the results back. All decisions are the machine's.
#pragma once

#include "executor/core/attempt.hpp"
#include "executor/link/reporter.hpp"
#include "executor/logs/upload.hpp"
#include "executor/runtime/container_runtime.hpp"
#include "shared/runtime/task_group.hpp"

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace berth {

// What every attempt of this executor works with. All of it outlives them.
struct Surroundings {
  asio::any_io_executor executor;
  Store& store;
  ContainerRuntime& runtime;
  Clock& clock;
  Reporter& reporter;
  std::string cluster;
  std::string name;  // the executor's
  LogLimit log_limit{};
};

ContainerView view_of(const ContainerState& state);

class AttemptRunner final : public ReportListener, public std::enable_shared_from_this<AttemptRunner> {
 public:
  using OnFinished = std::function<void(AttemptKey)>;

  // `is_adopted`: an earlier process may have stored output of it already. `on_finished` is called once, from
  // within deliver() or a task of the runner: it mustn't destroy it.
  AttemptRunner(Surroundings& surroundings, const Job& record, ContainerSpec spec, bool is_adopted,
                OnFinished on_finished);

  AttemptKey key() const { return key_; }
  std::optional<WallTime> scheduled_at() const { return scheduled_at_; }
  // That the store has acknowledged; absent until then, and if it was fenced off.
  const std::optional<lifecycle::Outcome>& recorded_ending() const { return recorded_ending_; }
  void deliver(attempt::Event event);

  // Ends what is under way and ignores what comes; the container is left as it is. Afterwards it may be
  // destroyed.
  Task<> stop();

  void on_ending_recorded() override;
  void on_all_told() override;
  void on_fenced_off(const std::string& why) override;
  void on_abort(const std::string& message) override;

 private:
  void perform(const attempt::Effect& effect);
  void carry_out(const attempt::effects::Pull&);
  void carry_out(const attempt::effects::Create&);
  void carry_out(const attempt::effects::Start&);
  void carry_out(const attempt::effects::Inspect&);
  void carry_out(const attempt::effects::Wait&);
  void carry_out(const attempt::effects::CopyLogs&);
  void carry_out(const attempt::effects::WatchLogs&);
  void carry_out(const attempt::effects::FinishLogs&);
  void carry_out(const attempt::effects::Kill& effect);
  void carry_out(const attempt::effects::Remove&);
  void carry_out(const attempt::effects::Arm& effect);
  void carry_out(const attempt::effects::Report& effect);
  void carry_out(const attempt::effects::Forget&);

  Task<> pull();
  Task<> create();
  Task<> start();
  Task<Result<>> ask_to_begin();
  Task<> inspect();
  Task<> wait();
  Task<> copy_logs();
  Task<> finish_logs();
  Task<Result<>> resume_logs();
  void logs_copied(Result<> copied, Result<> stored);
  Task<> watch_logs();
  Task<> kill(std::string signal);
  Task<> remove();
  Task<> fire(attempt::Timer timer, std::uint64_t armed, Milliseconds delay);
  void on_pull_progress(PullProgress progress);

  Surroundings& home_;
  AttemptKey key_;
  std::optional<WallTime> scheduled_at_;
  std::optional<WallTime> started_at_;  // as the store was told
  std::optional<lifecycle::Outcome> recorded_ending_;
  ContainerSpec spec_;
  OnFinished on_finished_;
  attempt::Machine machine_;
  std::deque<attempt::Event> events_;
  bool is_delivering_ = false;
  bool is_stopped_ = false;
  std::array<std::uint64_t, attempt::timer_count>
      armed_{};  // counts the arming of each timer: an older one is stale
  Monotonic next_progress_{};
  TaskGroup tasks_;
  LogUpload upload_;
  bool must_resume_logs_;
  Wakeup told_;        // the reporter's, and the machine's state: may it begin?
  TaskGroup copying_;  // the copy of its output, which can be ended on its own
};

}  // namespace berth
