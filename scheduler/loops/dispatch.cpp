#include "scheduler/loops/dispatch.hpp"

#include "scheduler/loops/view_source.hpp"
#include "shared/base/backoff.hpp"
#include "shared/base/guards.hpp"
#include "shared/base/limits.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace berth {
namespace {

using namespace std::chrono_literals;

constexpr Milliseconds sweep_period = 30s;
constexpr std::size_t pass_limit = 2 * limits::max_batch;

std::string over_queue_timeout(const Job& job) {
  return "found no place within its queue_timeout of " + to_string(*job.definition.queue_timeout) +
         (job.message.empty() ? "" : "; " + job.message);
}

}  // namespace

Task<> Dispatch::run() {
  for (;;) {
    if (const auto epoch = leadership_.epoch()) {
      co_await serve(*epoch);
      is_complete_ = false;
    } else {
      co_await wakeup_.wait();
    }
  }
}

void Dispatch::on_events(const std::vector<Event>& events) {
  if (!leadership_.epoch()) return;
  events_.insert(events_.end(), events.begin(), events.end());
  wakeup_.notify();
}

// One time of leading. Returns when this scheduler was deposed, or when what it knows has become doubtful
// (the outcome of a write is unknown): then it starts over from a new snapshot.
Task<> Dispatch::serve(Epoch epoch) {
  events_.clear();
  last_seq_ = 0;
  view_.start_over();
  is_doubtful_ = false;
  const auto loaded = co_await read_live_jobs(store_, clock_, view_);
  if (!loaded) {
    co_await sleep_until(deadline_in(500ms));
    co_return;
  }
  view_.all_is_put();
  is_complete_ = true;
  spdlog::debug("dispatch: {} live jobs, {} waiting", view_.jobs().size(), view_.queue().size());
  auto swept_at = clock_.monotonic();
  while (leadership_.epoch() == epoch && !is_doubtful_) {
    take_in_executors(liveness_, view_);
    const bool followed = co_await take_in_events();
    if (!followed) co_return;
    if (clock_.monotonic() - swept_at >= sweep_period) {
      const bool swept = co_await sweep();
      if (!swept) co_return;
      swept_at = clock_.monotonic();
    }
    tell_time();
    if (auto loss = next_loss(clock_.wall())) {
      const bool written = co_await commit_loss(std::move(*loss), epoch);
      if (!written) co_return;
      continue;
    }
    const auto began = loop_now();
    auto changes = decide(clock_.wall());
    if (!changes.empty()) {
      const bool committed = co_await commit(std::move(changes), epoch);
      pass_seconds_.add(std::chrono::duration<double>(loop_now() - began).count());
      if (!committed) co_return;
      continue;  // there may be more to place
    }
    co_await wakeup_.wait(next_look(swept_at));
  }
}

Deadline Dispatch::next_look(Monotonic swept_at) const {
  auto deadline = swept_at + sweep_period;
  if (const auto due = view_.next_due()) {
    deadline = std::min(deadline, *due);
  }
  const auto left = std::chrono::ceil<Milliseconds>(deadline - clock_.monotonic());
  return deadline_in(std::max(left, Milliseconds{1}));
}

void Dispatch::tell_time() { view_.tell_time({clock_.wall(), clock_.monotonic()}); }

Task<bool> Dispatch::refresh(std::vector<JobId> ids) {
  const auto read = co_await read_jobs(store_, clock_, view_, std::move(ids), ClusterView::Learned::changed);
  co_return read.has_value();
}

Task<bool> Dispatch::take_in_events() {
  while (!events_.empty()) {
    std::vector<JobId> unknown;
    std::unordered_set<JobId> asked;
    while (!events_.empty() && unknown.size() < snapshot_page) {
      const auto event = std::move(events_.front());
      events_.pop_front();
      if (last_seq_ != 0 && event.seq != last_seq_ + 1) {
        spdlog::warn("dispatch: event {} was followed by event {}; reading everything again", last_seq_,
                     event.seq);
        co_return false;
      }
      last_seq_ = event.seq;
      if (!view_.absorb(event) && asked.insert(*event.job).second) unknown.push_back(*event.job);
    }
    if (unknown.empty()) continue;
    const bool read = co_await refresh(std::move(unknown));
    if (!read) co_return false;
  }
  co_return true;
}

// Compares which jobs are live in the store and in the view, and reads those in which they differ. One page
// of the others is read in turn: the feed brings every change and a gap in it is noticed, so this only heals
// what nobody thought of, and must not cost a read of everything.
Task<bool> Dispatch::sweep() {
  std::unordered_set<JobId> live;
  std::optional<JobId> before;
  std::vector<JobId> differing;
  for (;;) {
    const auto ids = co_await store_.find_jobs(live_jobs(before));
    if (!ids) co_return false;
    if (ids->empty()) break;
    const bool is_its_turn = differing.empty() && (!reread_ || ids->back() < *reread_);
    if (is_its_turn) differing = *ids;
    before = ids->back();
    live.insert(ids->begin(), ids->end());
  }
  reread_ = differing.empty() ? std::nullopt : std::optional(differing.back());
  for (const auto id : live) {
    if (view_.find(id) == nullptr) differing.push_back(id);
  }
  for (const auto& [id, job] : view_.jobs()) {
    if (!live.contains(id)) differing.push_back(id);
  }
  if (differing.empty()) co_return true;
  const bool read = co_await refresh(std::move(differing));
  co_return read;
}

void Dispatch::add_change(std::vector<Change>& changes, JobId id, const lifecycle::Event& event,
                          WallTime now) const {
  const auto* job = view_.find(id);
  if (job == nullptr) return;
  auto after = lifecycle::apply(*job, event, now);
  if (!after) return;
  auto type = lifecycle::feed_type(event, *after);
  changes.push_back({*job, std::move(*after), std::move(type), actor_});
}

// Attempts on a machine that fell silent: each is run again elsewhere or ended, as its definition says.
std::optional<Dispatch::Loss> Dispatch::next_loss(WallTime now) const {
  for (const auto& [name, known] : liveness_.executors()) {
    if (known.state != ExecutorState::lost) continue;
    const auto found = view_.executors().find(name);
    if (found == view_.executors().end()) continue;
    const auto silence = limits::lost_after(known.record.info.lease);
    const lifecycle::Event lost =
        lifecycle::ExecutorLost{"executor " + name + " is lost: no heartbeat for " + to_string(silence)};
    Loss loss{{name, known.record.incarnation, known.record.beat}, {}};
    for (const auto id : found->second.jobs) {
      if (loss.changes.size() < pass_limit) add_change(loss.changes, id, lost, now);
    }
    if (!loss.changes.empty()) return loss;
  }
  return std::nullopt;
}

std::vector<Change> Dispatch::decide(WallTime now) {
  std::vector<Change> changes;
  for (const auto& due : view_.due(pass_limit)) {
    if (due.backoff_is_over) {
      add_change(changes, due.job, lifecycle::BackoffElapsed{}, now);
    } else {
      add_change(changes, due.job, lifecycle::QueueTimedOut{over_queue_timeout(*view_.find(due.job))}, now);
    }
  }
  if (!changes.empty()) return changes;  // first what is due: a job that ends now shall not be placed
  const auto placed = place(view_, pass_limit, rules_);
  for (const auto& assignment : placed.assignments) {
    const lifecycle::Assigned assigned{assignment.executor, assignment.gpus, assignment.why};
    add_change(changes, assignment.job, assigned, now);
  }
  for (const auto& verdict : placed.verdicts) {
    if (verdict.satisfiable) {
      add_change(changes, verdict.job, lifecycle::Satisfiable{}, now);
    } else {
      add_change(changes, verdict.job, lifecycle::Unsatisfiable{verdict.message}, now);
    }
  }
  return changes;
}

Task<bool> Dispatch::commit(std::vector<Change> changes, Epoch epoch) {
  const auto proof = is_on(Guard::epoch) ? std::optional(epoch) : std::nullopt;
  auto results = co_await store_.transition(changes, proof);
  const bool taken = co_await take_results(std::move(changes), std::move(results));
  co_return taken;
}

Task<bool> Dispatch::commit_loss(Loss loss, Epoch epoch) {
  auto results = co_await store_.lose_attempts(loss.changes, epoch, loss.last);
  // It may have come back at the last moment: then nothing was written, and a look shows it alive.
  if (results) co_await liveness_.look_and_wait();
  const bool taken = co_await take_results(std::move(loss.changes), std::move(results));
  co_return taken;
}

Task<bool> Dispatch::take_results(std::vector<Change> changes, Result<std::vector<Changed>> results) {
  if (!results) {
    if (results.error().kind == ErrorKind::conflict) {
      leadership_.on_deposed();
    } else {
      spdlog::warn("dispatch: {}", results.error().message);
      co_await sleep_until(deadline_in(200ms));
    }
    co_return false;
  }
  tell_time();
  std::vector<JobId> moved_on;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const auto& result = (*results)[i];
    if (result.outcome == Changed::Outcome::done) {
      changes[i].after.version = result.version;
      placements_ += changes[i].after.attempt > changes[i].before.attempt ? 1 : 0;
      view_.put(std::move(changes[i].after));
    } else {
      moved_on.push_back(changes[i].before.id);
    }
  }
  if (moved_on.empty()) co_return true;
  const bool read = co_await refresh(std::move(moved_on));
  co_return read;
}

}  // namespace berth
