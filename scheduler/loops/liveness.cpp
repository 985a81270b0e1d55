#include "scheduler/loops/liveness.hpp"

#include "shared/base/guards.hpp"
#include "shared/base/limits.hpp"
#include "shared/runtime/log_subject.hpp"

#include <utility>

namespace berth {

Monotonic Liveness::now() const {
  return is_on(Guard::beat) ? loop_now() : Monotonic{Milliseconds{clock_.wall().milliseconds}};
}

Task<> Liveness::run() {
  bool was_failing = false;
  auto looked_at = now();
  for (;;) {
    const auto asked_at = now();
    auto found = co_await store_.executors();
    const auto now = this->now();
    // The store took long, or this process did: it was paused, or busy. What wasn't seen proves nothing.
    const bool was_slow = now - asked_at > limits::heartbeat || asked_at - looked_at > 2 * limits::heartbeat;
    looked_at = now;
    const bool is_forgiven = (was_failing || was_slow) && is_on(Guard::beat);
    const auto silence = is_forgiven ? Silence::is_forgiven : Silence::counts;
    if (found) update_all(std::move(*found), now, silence);
    was_failing = !found;
    co_await look_now_.wait(deadline_in(limits::heartbeat));
  }
}

Task<Result<>> Liveness::look_and_wait() {
  auto found = co_await store_.executors();
  if (!found) co_return found.error();
  update_all(std::move(*found), now(), Silence::is_not_judged);
  co_return Result<>{};
}

void Liveness::update_all(std::vector<RegisteredExecutor> found, Monotonic now, Silence silence) {
  bool changed = false;
  for (auto& record : found) changed |= update(std::move(record), now, silence);
  if (changed) on_change_();
}

bool Liveness::update(RegisteredExecutor record, Monotonic now, Silence silence) {
  const auto [entry, added] = executors_.try_emplace(record.info.name);
  auto& known = entry->second;
  const bool moved =
      !added && (record.beat != known.record.beat || record.incarnation != known.record.incarnation);
  const bool was_lost = known.state == ExecutorState::lost;
  if (added || moved || (silence == Silence::is_forgiven && !was_lost)) known.moved_at = now;
  const bool is_lost = silence == Silence::is_not_judged
                           ? was_lost && !moved
                           : now - known.moved_at >= limits::lost_after(record.info.lease) &&
                                 (was_lost || limit_.may_lose(now, executors_.size()));
  const bool was_alive =
      std::exchange(known.is_alive, !record.has_left && (moved || (known.is_alive && !is_lost)));
  const auto state = is_lost        ? ExecutorState::lost
                     : record.drain ? ExecutorState::draining
                                    : ExecutorState::ready;
  const bool changed =
      added || was_alive != known.is_alive || state != known.state || !(record.info == known.record.info);
  if (!added && state != known.state) {
    const auto name = record.info.name;
    if (is_lost) {
      log_about({name}, spdlog::level::warn, "executor {} is lost: no heartbeat for {}", name,
                to_string(limits::lost_after(record.info.lease)));
    } else {
      log_about({name}, spdlog::level::info, "executor {} is {}", name, to_string(state));
    }
  }
  known.state = state;
  known.record = std::move(record);
  return changed;
}

}  // namespace berth
