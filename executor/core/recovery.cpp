#include "executor/core/recovery.hpp"

#include <map>

namespace berth {

RecoveryPlan plan_recovery(const Observed& observed, const std::unordered_set<AttemptKey>& ended) {
  std::map<AttemptKey, const ContainerView*> containers;
  for (const auto& container : observed.containers) containers[container.attempt] = &container;
  const auto is_driven = [&](AttemptKey key) {
    return observed.driven_before.contains(key) || observed.driven.contains(key);
  };

  RecoveryPlan plan;
  std::set<AttemptKey> live;
  for (const auto& job : observed.live) {
    const AttemptKey key{job.id, job.attempt};
    live.insert(key);
    if (is_driven(key) && job.abort_requested_at) plan.aborted.push_back(job);
    if (is_driven(key) || ended.contains(key)) continue;
    if (const auto found = containers.find(key); found != containers.end()) {
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
  for (const auto key : observed.driven_before) {
    if (!live.contains(key)) plan.fenced.push_back(key);
  }
  return plan;
}

}  // namespace berth
