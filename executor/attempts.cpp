#include "executor/attempts.hpp"

#include "shared/runtime/log_subject.hpp"

#include <utility>

namespace berth {

namespace events = attempt::events;

Attempts::Attempts(Surroundings surroundings)
    : surroundings_(std::move(surroundings)),
      over_changed_(surroundings_.executor),
      removals_(surroundings_.executor) {}

void Attempts::take(const Job& record) {
  const AttemptKey key{record.id, record.attempt};
  const auto found = runners_.find(key);
  if (found == runners_.end()) {
    const auto* ended = ended_.find(key);
    const bool is_over = ended && ended->scheduled_at == record.scheduled_at;
    if (is_over || !holds_resources(record)) return;
    if (ended) return give_back(record);
    // An earlier attempt of the job that is still driven here can't be the live one any more.
    for (auto older = runners_.lower_bound({record.id, 0}); older != runners_.end() && older->first < key;
         ++older) {
      surroundings_.reporter.verify(older->first);
    }
    add(record, false, events::Begin{});
    return;
  }
  const auto runner = found->second;
  // Given anew under the same number by a store that went back in time: what is driven goes first.
  if (runner->scheduled_at() != record.scheduled_at) return surroundings_.reporter.verify(key);
  surroundings_.reporter.refresh(record);
  if (!record.abort_requested_at) return;
  runner->deliver(events::StopAsked{{Cause::aborted, record.message}});
}

std::shared_ptr<AttemptRunner> Attempts::add(const Job& record, bool is_adopted, attempt::Event first) {
  const AttemptKey key{record.id, record.attempt};
  auto spec = container_spec(record, surroundings_.cluster, surroundings_.name, provisions_);
  if (!spec && !is_adopted) first = events::Refused{spec.error().message};
  if (!spec) {
    // Adopted or refused, it is never created: the identity is all that is needed.
    spec = ContainerSpec{
        {surroundings_.cluster, surroundings_.name, key.job, key.number}, record.definition, {}};
  }
  auto on_end = [this](AttemptKey ended) { on_finished(ended); };
  auto runner =
      std::make_shared<AttemptRunner>(surroundings_, record, std::move(*spec), is_adopted, std::move(on_end));
  runners_.emplace(key, runner);
  // Known before the first step, so that it can't start.
  if (record.abort_requested_at) runner->deliver(events::StopAsked{{Cause::aborted, record.message}});
  runner->deliver(std::move(first));
  return runner;
}

// Its container, its output and its fence were another's. The next number may be free.
void Attempts::give_back(const Job& record) {
  lifecycle::Outcome outcome;
  outcome.cause = Cause::executor_lost;
  outcome.message = surroundings_.name + " has had an attempt of this number: the store went back in time";
  outcome.finished_at = surroundings_.clock.wall();
  if (record.abort_requested_at) {
    outcome.cause = Cause::aborted;
    outcome.message = record.message;
  }
  log_about({surroundings_.name, record.id, record.attempt}, spdlog::level::warn, "{}: gives back {}: {}",
            surroundings_.name, to_string(AttemptKey{record.id, record.attempt}), outcome.message);
  add(record, true, events::Over{std::move(outcome)});
}

void Attempts::recover(const RecoveryPlan& plan) {
  for (const auto& adoption : plan.adopt) {
    log_about({surroundings_.name, adoption.job.id, adoption.job.attempt}, spdlog::level::info,
              "{}: takes over the container of job {}", surroundings_.name, to_string(adoption.job.id));
    add(adoption.job, true, events::Found{adoption.container});
  }
  for (auto [job, outcome] : plan.forgotten) {
    log_about({surroundings_.name, job.id, job.attempt}, spdlog::level::warn,
              "{}: tells again how job {} ended: the store went back to before that", surroundings_.name,
              to_string(job.id));
    // Some of its output may be forgotten as well, and is nowhere else any more.
    if (outcome.output) outcome.output->sha256.reset();
    add(job, true, events::Over{std::move(outcome)});
  }
  for (const auto& job : plan.reused) give_back(job);
  for (const auto& job : plan.begin) add(job, false, events::Begin{});
  for (const auto& job : plan.vanished) {
    log_about({surroundings_.name, job.id, job.attempt}, spdlog::level::warn,
              "{}: the container of job {} is gone", surroundings_.name, to_string(job.id));
    add(job, true, events::Vanished{});
  }
  for (const auto& container : plan.exited) {
    const auto found = runners_.find(container.attempt);
    if (found == runners_.end()) continue;
    const auto runner = found->second;  // the event may end it
    runner->deliver(events::SeenExited{container});
  }
  for (const auto& job : plan.driven) take(job);
  for (const auto key : plan.fenced) surroundings_.reporter.verify(key);
  for (const auto key : plan.remove) {
    if (!leftovers_.insert(key).second) continue;
    log_about({surroundings_.name, key.job, key.number}, spdlog::level::info,
              "{}: removes the container of {}, which is no live attempt", surroundings_.name,
              to_string(key));
    removals_.spawn("removal of a leftover container", remove_leftover(key));
  }
}

// If it fails, the next look at the containers finds it again.
Task<> Attempts::remove_leftover(AttemptKey key) {
  const ContainerIdentity identity{surroundings_.cluster, surroundings_.name, key.job, key.number};
  const auto removed = co_await surroundings_.runtime.remove(identity);
  if (!removed) {
    log_about({surroundings_.name, key.job, key.number}, spdlog::level::warn,
              "{}: can't remove the container of {}: {}", surroundings_.name, to_string(key),
              removed.error().message);
  }
  leftovers_.erase(key);
}

void Attempts::drop(AttemptKey key) {
  const auto found = runners_.find(key);
  if (found == runners_.end()) return;
  const auto runner = found->second;
  runner->on_fenced_off("the store gave it to another while contact was lost");
}

DrivenAttempts Attempts::driven() const {
  DrivenAttempts driven;
  for (const auto& [key, runner] : runners_) driven.emplace_hint(driven.end(), key, runner->scheduled_at());
  return driven;
}

void Attempts::on_runtime_back() {
  const auto runners = runners_;  // an event may end an attempt
  for (const auto& [key, runner] : runners) runner->deliver(events::RuntimeBack{});
}

void Attempts::on_runtime_silent() {
  const auto runners = runners_;
  for (const auto& [key, runner] : runners) runner->deliver(events::RuntimeSilent{});
}

void Attempts::stop_all(const StopCause& why) {
  const auto runners = runners_;
  for (const auto& [key, runner] : runners) runner->deliver(events::StopAsked{why});
}

void Attempts::on_finished(AttemptKey key) {
  const auto found = runners_.find(key);
  if (found == runners_.end()) return;
  const auto& runner = *found->second;
  ended_.add(key, runner.scheduled_at(), runner.recorded_ending());
  over_.push_back(std::move(found->second));
  runners_.erase(found);
  over_changed_.notify();
}

Task<> Attempts::reap() {
  while (true) {
    co_await over_changed_.wait();
    while (!over_.empty()) {
      const auto runner = over_.front();
      co_await runner->stop();
      over_.pop_front();
    }
  }
}

Task<> Attempts::stop() {
  for (auto& [key, runner] : std::exchange(runners_, {})) over_.push_back(std::move(runner));
  removals_.cancel();
  while (!over_.empty()) {
    const auto runner = over_.front();
    co_await runner->stop();
    over_.pop_front();
  }
  co_await removals_.join();
}

}  // namespace berth
