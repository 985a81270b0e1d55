#include "executor/attempt_runner.hpp"

#include "executor/link/retry.hpp"
#include "shared/base/guards.hpp"
#include "shared/runtime/log_subject.hpp"

#include <utility>

namespace berth {

namespace events = attempt::events;
namespace effects = attempt::effects;

ContainerView view_of(const ContainerState& state) {
  ContainerView view;
  view.attempt = {state.identity.job, state.identity.attempt};
  switch (state.phase) {
    case ContainerPhase::created:
      view.phase = ContainerView::Phase::created;
      break;
    case ContainerPhase::running:
      view.phase = ContainerView::Phase::running;
      break;
    case ContainerPhase::exited:
      view.phase = ContainerView::Phase::exited;
      break;
  }
  view.exit_code = state.exit_code;
  view.signal = state.signal;
  view.is_timed_out = state.ended_by == EndedBy::timeout;
  view.is_lease_over = state.ended_by == EndedBy::lease;
  view.is_signalled = state.is_signalled;
  view.oom_killed = state.oom_killed;
  view.peak_memory = state.peak_memory;
  view.cpu_time = state.cpu_time;
  view.error = state.error;
  view.started_at = state.started_at;
  view.finished_at = state.finished_at;
  const bool was_seen = view.exit_code || !view.error.empty() || view.is_lease_over;
  if (view.phase == ContainerView::Phase::exited && !was_seen && !is_on(Guard::exit_record))
    view.exit_code = 0;
  return view;
}

namespace {

Result<ContainerView> view_of(const Result<ContainerState>& state) {
  if (!state) return state.error();
  return berth::view_of(*state);
}

// For output that can't be stored, so that its job isn't held up.
class Discard final : public LogSink {
 public:
  Task<Result<>> write(LogStream, std::string_view bytes) override {
    discarded_ += bytes.size();
    co_return Result<>{};
  }
  std::uint64_t stored() const override { return discarded_; }
  void leave_out(std::uint64_t out, std::uint64_t err) override { discarded_ = out + err; }

 private:
  std::uint64_t discarded_ = 0;
};

}  // namespace

AttemptRunner::AttemptRunner(Surroundings& surroundings, const Job& record, ContainerSpec spec,
                             bool is_adopted, OnFinished on_finished)
    : home_(surroundings),
      key_{record.id, record.attempt},
      scheduled_at_(record.scheduled_at),
      spec_(std::move(spec)),
      on_finished_(std::move(on_finished)),
      machine_(attempt::plan_of(record)),
      tasks_(surroundings.executor),
      upload_(surroundings.executor, surroundings.store, surroundings.clock, tasks_, key_,
              surroundings.log_limit),
      must_resume_logs_(is_adopted),
      told_(surroundings.executor),
      copying_(surroundings.executor) {
  if (record.status == JobStatus::running) started_at_ = record.started_at;
  home_.reporter.track(record, *this);
}

// An effect may lead to an event at once: it waits until the effects before it have been carried out.
void AttemptRunner::deliver(attempt::Event event) {
  if (is_stopped_) return;
  events_.push_back(std::move(event));
  if (std::exchange(is_delivering_, true)) return;
  while (!events_.empty()) {
    const auto next = std::move(events_.front());
    events_.pop_front();
    const auto before = machine_.state().index();
    const auto effects = machine_.on(next, home_.clock.wall());
    if (machine_.state().index() != before) {
      told_.notify();
      log_about({home_.name, key_.job, key_.number}, spdlog::level::debug, "{}: {} is {}", home_.name,
                to_string(key_), attempt::name_of(machine_.state()));
    }
    for (const auto& effect : effects) perform(effect);
  }
  is_delivering_ = false;
}

Task<> AttemptRunner::stop() {
  is_stopped_ = true;
  copying_.cancel();
  tasks_.cancel();
  co_await tasks_.join();
  co_await copying_.join();
  home_.reporter.forget(key_, *this);
}

void AttemptRunner::on_ending_recorded() {
  if (const auto* told = std::get_if<attempt::states::Reporting>(&machine_.state()))
    recorded_ending_ = told->outcome;
  if (recorded_ending_ && !recorded_ending_->started_at) recorded_ending_->started_at = started_at_;
  deliver(events::EndingRecorded{});
}
void AttemptRunner::on_all_told() { told_.notify(); }
void AttemptRunner::on_fenced_off(const std::string&) { deliver(events::FencedOff{}); }
void AttemptRunner::on_abort(const std::string& message) {
  deliver(events::StopAsked{{Cause::aborted, message}});
}

// --- effects ---

void AttemptRunner::perform(const attempt::Effect& effect) {
  const auto carry = [this](const auto& what) { carry_out(what); };
  std::visit(carry, effect);
}

void AttemptRunner::carry_out(const effects::Pull&) { tasks_.spawn("pull", pull()); }
void AttemptRunner::carry_out(const effects::Create&) { tasks_.spawn("create", create()); }
void AttemptRunner::carry_out(const effects::Start&) { tasks_.spawn("start", start()); }
void AttemptRunner::carry_out(const effects::Inspect&) { tasks_.spawn("inspect", inspect()); }
void AttemptRunner::carry_out(const effects::Wait&) { tasks_.spawn("wait", wait()); }
void AttemptRunner::carry_out(const effects::CopyLogs&) { copying_.spawn("copy logs", copy_logs()); }
void AttemptRunner::carry_out(const effects::WatchLogs&) { tasks_.spawn("watch logs", watch_logs()); }
void AttemptRunner::carry_out(const effects::FinishLogs&) {
  copying_.cancel();
  tasks_.spawn("finish logs", finish_logs());
}
void AttemptRunner::carry_out(const effects::Kill& effect) { tasks_.spawn("kill", kill(effect.signal)); }
void AttemptRunner::carry_out(const effects::Remove&) { tasks_.spawn("remove", remove()); }

void AttemptRunner::carry_out(const effects::Arm& effect) {
  const auto armed = ++armed_[static_cast<std::size_t>(effect.timer)];
  tasks_.spawn("timer", fire(effect.timer, armed, effect.delay));
}

void AttemptRunner::carry_out(const effects::Report& effect) {
  if (const auto* started = std::get_if<lifecycle::Started>(&effect.event)) started_at_ = started->at;
  home_.reporter.report(key_, effect.event);
}

void AttemptRunner::carry_out(const effects::Forget&) { on_finished_(key_); }

// --- their tasks: one call each, its result is an event ---

Task<> AttemptRunner::pull() {
  // The transfer may be shared with other attempts and outlive this one.
  OnPullProgress on_progress = [weak = weak_from_this()](PullProgress progress) {
    if (const auto self = weak.lock()) self->on_pull_progress(progress);
  };
  auto result = co_await home_.runtime.pull(spec_.definition.image, std::move(on_progress));
  deliver(events::Pulled{std::move(result)});
}

void AttemptRunner::on_pull_progress(PullProgress progress) {
  const auto now = home_.clock.monotonic();
  if (now < next_progress_) return;
  next_progress_ = now + limits::pull_report_period;
  deliver(events::PullProgressed{progress.done, progress.total});
}

Task<> AttemptRunner::create() {
  auto result = co_await home_.runtime.create(spec_);
  deliver(events::Created{std::move(result)});
}

Task<> AttemptRunner::start() {
  ContainerRuntime::MayStart may_start = [this] { return ask_to_begin(); };
  auto result = co_await home_.runtime.start(spec_, std::move(may_start));
  deliver(events::StartReturned{std::move(result)});
}

// At the last moment, and of the store: an abort that was acknowledged before stands in the record, even
// where the word of it hasn't come here.
Task<Result<>> AttemptRunner::ask_to_begin() {
  home_.reporter.verify(key_);
  const auto give_up = deadline_in(limits::store_call);
  while (!is_stopped_ && machine_.is_starting() && !home_.reporter.has_told(key_)) {
    const bool is_told = co_await told_.wait(give_up);
    if (!is_told) co_return unavailable("the store doesn't say whether it is still wanted");
  }
  if (is_stopped_ || !machine_.is_starting())
    co_return Error{ErrorKind::conflict, "it isn't wanted any more"};
  deliver(events::Beginning{});
  co_return Result<>{};
}

Task<> AttemptRunner::inspect() {
  const auto result = co_await home_.runtime.inspect(spec_.identity);
  deliver(events::Inspected{view_of(result)});
}

Task<> AttemptRunner::wait() {
  const auto result = co_await home_.runtime.wait(spec_.identity);
  deliver(events::WaitReturned{view_of(result)});
}

// An outage is waited out: meanwhile all that it writes lies with the runtime, or makes it wait.
Task<Result<>> AttemptRunner::resume_logs() {
  StoreRetry retry;
  while (must_resume_logs_) {
    auto resumed = co_await upload_.resume();
    if (resumed) {
      must_resume_logs_ = false;
      break;
    }
    if (upload_.is_resume_hopeless()) co_return resumed;
    if (!retry.has_failed())
      log_about({home_.name, key_.job, key_.number}, spdlog::level::warn,
                "{}: can't read its output so far, trying again: {}", to_string(key_),
                resumed.error().message);
    co_await retry.pause();
  }
  co_return Result<>{};
}

Task<> AttemptRunner::copy_logs() {
  auto resumed = co_await resume_logs();
  if (!resumed) {
    Discard nobody;
    auto discarded = co_await home_.runtime.copy_logs(spec_.identity, 0, nobody);
    const bool is_over = discarded || !is_transient(discarded.error());
    deliver(events::LogsCopied{is_over ? std::move(resumed) : std::move(discarded)});
    co_return;
  }
  auto copied = co_await home_.runtime.copy_logs(spec_.identity, upload_.taken(), upload_);
  auto stored = co_await upload_.flush();
  logs_copied(std::move(copied), std::move(stored));
}

Task<> AttemptRunner::finish_logs() {
  co_await copying_.join();  // cut short at whatever byte: the upload knows how far it came
  auto resumed = co_await resume_logs();
  if (!resumed) {
    deliver(events::LogsCopied{std::move(resumed)});
    co_return;
  }
  auto copied = co_await home_.runtime.copy_ended_logs(spec_.identity, upload_.taken(), upload_);
  auto stored = co_await upload_.flush();
  logs_copied(std::move(copied), std::move(stored));
}

void AttemptRunner::logs_copied(Result<> copied, Result<> stored) {
  events::LogsCopied told;
  told.result = copied ? std::move(stored) : std::move(copied);
  told.output = upload_.output();
  deliver(std::move(told));
}

Task<> AttemptRunner::watch_logs() {
  std::uint64_t taken = 0;
  do {
    taken = upload_.taken();
    co_await sleep_until(deadline_in(limits::log_silence));
  } while (upload_.taken() != taken);
  deliver(events::LogsSilent{});
}

Task<> AttemptRunner::kill(std::string signal) {
  auto result = co_await home_.runtime.kill(spec_.identity, std::move(signal));
  deliver(events::KillReturned{std::move(result)});
}

Task<> AttemptRunner::remove() {
  auto result = co_await home_.runtime.remove(spec_.identity);
  deliver(events::RemoveReturned{std::move(result)});
}

Task<> AttemptRunner::fire(attempt::Timer timer, std::uint64_t armed, Milliseconds delay) {
  co_await sleep_until(deadline_in(delay));
  if (armed == armed_[static_cast<std::size_t>(timer)]) deliver(events::TimerFired{timer});
}

}  // namespace berth
