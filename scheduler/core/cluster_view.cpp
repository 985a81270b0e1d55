#include "scheduler/core/cluster_view.hpp"

#include "shared/base/limits.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace berth {
namespace {

constexpr auto never_due = Monotonic::max();

bool has_place(const Job& job) { return holds_resources(job) && job.executor && !job.attempts.empty(); }

// The job's live attempt, with what it holds.
void add(ExecutorView& executor, const Job& job) {
  hold(executor.allocated, job.definition.resources);
  executor.jobs.insert(job.id);
  for (const auto& uuid : job.attempts.back().gpus) executor.held_gpus.emplace(uuid, job.id);
}

void remove(ExecutorView& executor, const Job& job) {
  release(executor.allocated, job.definition.resources);
  executor.jobs.erase(job.id);
  for (const auto& uuid : job.attempts.back().gpus) executor.held_gpus.erase({uuid, job.id});
}

// A job waits from its submission, and again from the end of each attempt.
WallTime waits_since(const Job& job) {
  return job.attempts.empty() ? job.created_at : job.attempts.back().finished_at.value_or(job.created_at);
}

// Says which GPU two attempts hold, if any.
std::string shared_gpu(const std::string& name, const ExecutorView& executor) {
  const auto same = [](const auto& a, const auto& b) { return a.first == b.first; };
  const auto& held = executor.held_gpus;
  const auto twice = std::adjacent_find(held.begin(), held.end(), same);
  if (twice == held.end()) return {};
  return "GPU " + twice->first + " of executor " + name + " is held by jobs " + to_string(twice->second) +
         " and " + to_string(std::next(twice)->second);
}

}  // namespace

bool is_placeable(const Job& job) {
  return job.status == JobStatus::pending &&
         (job.reason == Reason::queued || job.reason == Reason::unsatisfiable);
}

Monotonic ClusterView::Wait::due() const {
  return std::min(backoff_ends.value_or(never_due), queue_ends.value_or(never_due));
}

// `since` and `length` come from one record, and so from one clock, whichever that was.
Monotonic ClusterView::end_of(WallTime since, Milliseconds length, Learned how) const {
  const auto full = std::max(length, Milliseconds{0});
  if (how == Learned::changed) return now_.monotonic + full;
  return now_.monotonic + std::clamp(length - (now_.wall - since), Milliseconds{0}, full);
}

// Longer than it takes to be kept an executor makes no difference, and a wrong clock could make it any
// length.
Monotonic ClusterView::placeable_since(const Job& job, Learned how) const {
  if (how == Learned::changed) return now_.monotonic;
  return now_.monotonic - std::clamp(now_.wall - waits_since(job), Milliseconds{0}, limits::reserve_after);
}

const ClusterView::Wait* ClusterView::known_wait(const Job& job) const {
  for (const auto* waits : {&waits_, &earlier_waits_}) {
    const auto found = waits->find(job.id);
    if (found != waits->end() && found->second.attempt == job.attempt) return &found->second;
  }
  return nullptr;
}

std::optional<ClusterView::Wait> ClusterView::wait_of(const Job& job, Learned how) const {
  if (job.status != JobStatus::pending || holds_resources(job)) return std::nullopt;
  Wait wait;
  wait.attempt = job.attempt;
  const auto* before = known_wait(job);
  const auto ended_at = waits_since(job);
  if (is_placeable(job)) {
    const bool is_known = before != nullptr && before->placeable_since;
    wait.placeable_since = is_known ? before->placeable_since : placeable_since(job, how);
  }
  if (job.retry_at) {
    const bool is_known = before != nullptr && before->backoff_ends;
    wait.backoff_ends = is_known ? before->backoff_ends : end_of(ended_at, *job.retry_at - ended_at, how);
  }
  if (job.definition.queue_timeout) {
    const bool is_known = before != nullptr && before->queue_ends;
    wait.queue_ends = is_known ? before->queue_ends : end_of(ended_at, *job.definition.queue_timeout, how);
  }
  return wait;
}

void ClusterView::start_over() {
  auto waits = std::move(waits_);
  waits.merge(earlier_waits_);  // those that the last start didn't come to
  *this = ClusterView{};
  earlier_waits_ = std::move(waits);
}

void ClusterView::put(Job job, Learned how) {
  const auto wait = wait_of(job, how);
  const auto known = jobs_.find(job.id);
  if (known != jobs_.end()) {
    if (known_version(known->second) > job.version) return;
    forget(job.id);
  }
  if (is_terminal(job.status)) return;
  index(job, wait);
  const auto id = job.id;
  if (wait) waits_.emplace(id, *wait);
  if (wait && wait->due() != never_due) due_.emplace(wait->due(), id);
  jobs_.emplace(id, std::move(job));
}

std::uint64_t ClusterView::known_version(const Job& job) const {
  const auto ahead = ahead_.find(job.id);
  return ahead == ahead_.end() ? job.version : ahead->second;
}

void ClusterView::forget(JobId id) {
  const auto known = jobs_.find(id);
  if (known == jobs_.end()) return;
  unindex(known->second);
  jobs_.erase(known);
  ahead_.erase(id);
}

bool ClusterView::absorb(const Event& event) {
  if (!event.job || !event.status) return true;
  const auto known = jobs_.find(*event.job);
  if (known != jobs_.end() && known_version(known->second) >= event.version) return true;
  if (is_terminal(*event.status)) {
    forget(*event.job);
    return true;
  }
  if (known == jobs_.end()) return false;
  // While an attempt lives, only how far it is changes; anything else (its end, a retry) needs the whole
  // record.
  auto next = known->second;
  next.status = *event.status;
  next.reason = event.reason;
  if (next.status == JobStatus::running && !next.started_at) next.started_at = event.at;
  const bool same_attempt = holds_resources(known->second) && holds_resources(next) &&
                            event.attempt == next.attempt &&
                            event.version == known_version(known->second) + 1;
  if (!same_attempt) return false;
  known->second = std::move(next);
  ahead_[*event.job] = event.version;
  return true;
}

void ClusterView::put_executor(ExecutorInfo info, ExecutorState state) {
  auto& executor = executors_[info.name];
  executor.info = std::move(info);
  executor.state = state;
}

const Job* ClusterView::find(JobId id) const {
  const auto found = jobs_.find(id);
  return found == jobs_.end() ? nullptr : &found->second;
}

void ClusterView::index(const Job& job, const std::optional<Wait>& wait) {
  if (wait && wait->placeable_since) queue_.push(job.id, job.definition, *wait->placeable_since);
  if (!has_place(job)) return;
  const auto [executor, added] = executors_.try_emplace(*job.executor);
  if (added) {
    // Known only from a job that it holds: it has no room until it registers.
    executor->second.info.name = *job.executor;
    executor->second.state = ExecutorState::lost;
  }
  add(executor->second, job);
}

void ClusterView::unindex(const Job& job) {
  queue_.remove(job.id);
  if (const auto wait = waits_.find(job.id); wait != waits_.end()) {
    due_.erase({wait->second.due(), job.id});
    waits_.erase(wait);
  }
  if (!has_place(job)) return;
  remove(executors_.at(*job.executor), job);
}

std::optional<Monotonic> ClusterView::next_due() const {
  if (due_.empty()) return std::nullopt;
  return due_.begin()->first;
}

std::vector<ClusterView::Due> ClusterView::due(std::size_t limit) const {
  std::vector<Due> found;
  for (const auto& [at, id] : due_) {
    if (at > now_.monotonic || found.size() == limit) break;
    const auto& backoff_ends = waits_.at(id).backoff_ends;
    found.push_back({id, backoff_ends && *backoff_ends <= now_.monotonic});
  }
  return found;
}

std::string ClusterView::check_invariants() const {
  std::map<std::string, ExecutorView> sums;
  std::size_t placeable = 0;
  for (const auto& [id, job] : jobs_) {
    if (is_terminal(job.status)) return "job " + to_string(id) + " has ended and is still here";
    if (is_placeable(job) != queue_.contains(id)) return "job " + to_string(id) + " and the queue disagree";
    placeable += is_placeable(job) ? 1 : 0;
    if (has_place(job)) add(sums[*job.executor], job);
  }
  if (placeable != queue_.size()) return "the queue holds jobs that aren't here";
  for (const auto& [name, executor] : executors_) {
    const auto& sum = sums[name];
    if (!(executor.allocated == sum.allocated) || executor.jobs != sum.jobs ||
        executor.held_gpus != sum.held_gpus)
      return "executor " + name + "'s allocation isn't the sum of its jobs";
    if (auto shared = shared_gpu(name, executor); !shared.empty()) return shared;
  }
  return {};
}

}  // namespace berth
