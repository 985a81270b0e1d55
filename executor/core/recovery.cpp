#include "executor/core/recovery.hpp"

#include <map>

namespace berth {

RecoveryPlan plan_recovery(const Observed& observed, const EndedAttempts& ended) {
  std::map<AttemptKey, const ContainerView*> containers;
  for (const auto& container : observed.containers) containers[container.attempt] = &container;
  const auto is_driven = [&](AttemptKey key) {
    return observed.driven_before.contains(key) || observed.driven.contains(key);
  };

  RecoveryPlan plan;
  DrivenAttempts live;
  for (const auto& job : observed.live) {
    const AttemptKey key{job.id, job.attempt};
    live.emplace(key, job.scheduled_at);
    if (is_driven(key)) {
      plan.driven.push_back(job);
      continue;
    }
    const auto* end = ended.find(key);
    const bool is_it = end && end->scheduled_at == job.scheduled_at;
    if (is_it && end->number >= observed.ended_before) continue;  // the record may have been read before that
    if (is_it && end->outcome) {
      plan.forgotten.push_back({job, *end->outcome});
    } else if (end) {
      plan.reused.push_back(job);
    } else if (const auto found = containers.find(key); found != containers.end()) {
      plan.adopt.push_back({job, *found->second});
    } else if (job.status == JobStatus::running) {
      plan.vanished.push_back(job);
    } else {
      plan.begin.push_back(job);
    }
  }
  for (const auto& [key, container] : containers) {
    if (container->phase == ContainerView::Phase::exited && is_driven(key)) plan.exited.push_back(*container);
    if (!live.contains(key) && !is_driven(key)) plan.remove.push_back(key);
  }
  for (const auto& [key, scheduled_at] : observed.driven_before) {
    const auto found = live.find(key);
    if (found == live.end() || found->second != scheduled_at) plan.fenced.push_back(key);
  }
  return plan;
}

}  // namespace berth
