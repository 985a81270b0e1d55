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
    if (ended_.contains(key) || !holds_resources(record)) return;
    // An earlier attempt of the job that is still driven here can't be the live one any more.
    for (auto older = runners_.lower_bound({record.id, 0}); older != runners_.end() && older->first < key;
         ++older) {
      surroundings_.reporter.verify(older->first);
    }
    add(record, false, events::Begin{});
    return;
  }
  if (!record.abort_requested_at) return;
  surroundings_.reporter.refresh(record);
  const auto runner = found->second;
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

void Attempts::recover(const RecoveryPlan& plan) {
  for (const auto& adoption : plan.adopt) {
    log_about({surroundings_.name, adoption.job.id, adoption.job.attempt}, spdlog::level::info,
              "{}: takes over the container of job {}", surroundings_.name, to_string(adoption.job.id));
    add(adoption.job, true, events::Found{adoption.container});
  }
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
  for (const auto& job : plan.aborted) take(job);
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

std::set<AttemptKey> Attempts::driven() const {
  std::set<AttemptKey> keys;
  for (const auto& [key, runner] : runners_) keys.insert(keys.end(), key);
  return keys;
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
  over_.push_back(std::move(found->second));
  runners_.erase(found);
  remember(key);
  over_changed_.notify();
}

void Attempts::remember(AttemptKey key) {
  if (!ended_.insert(key).second) return;
  ended_order_.push_back(key);
  if (ended_order_.size() <= limits::attempts_remembered) return;
  ended_.erase(ended_order_.front());
  ended_order_.pop_front();
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
