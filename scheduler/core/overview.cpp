#include "scheduler/core/overview.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <tuple>
#include <vector>

namespace berth {
namespace {

using RunningJobs = std::vector<const Job*>;

bool has_run_longer(const Job* a, const Job* b) {
  return std::tuple(a->started_at.value_or(WallTime{}), a->id) <
         std::tuple(b->started_at.value_or(WallTime{}), b->id);
}

RunningJob line_of(const Job& job) {
  RunningJob line;
  line.id = job.id;
  line.name = job.definition.name;
  line.image = job.definition.image;
  line.executor = job.executor.value_or("");
  line.attempt = job.attempt;
  line.reason = job.reason;
  line.started_at = job.started_at;
  line.resources = job.definition.resources;
  return line;
}

// Counts those that wait by their reasons, and returns the others.
RunningJobs count_pending(const ClusterView& view, Overview& overview) {
  RunningJobs running;
  std::array<std::uint64_t, EnumNames<Reason>::names.size()> counts{};
  for (const auto& [id, job] : view.jobs()) {
    if (job.status == JobStatus::running) {
      running.push_back(&job);
    } else if (job.reason) {
      ++counts[static_cast<std::size_t>(*job.reason)];
    }
  }
  for (const auto& [reason, name] : EnumNames<Reason>::names) {
    if (reason == Reason::executing || reason == Reason::stopping) continue;
    overview.pending.emplace(name, counts[static_cast<std::size_t>(reason)]);
  }
  return running;
}

void sum_up(const ClusterView& view, Overview& overview) {
  for (const auto& [name, executor] : view.executors()) {
    if (executor.state == ExecutorState::lost) continue;
    overview.offered.cpu += executor.info.capacity.cpu;
    overview.offered.memory += executor.info.capacity.memory;
    overview.offered.gpus += executor.info.capacity.gpus.size();
    overview.held.cpu += executor.allocated.cpu;
    overview.held.memory += executor.allocated.memory;
    overview.held.gpus += executor.allocated.gpus;
  }
}

}  // namespace

Overview survey(const ClusterView& view, std::size_t longest_running) {
  Overview overview;
  auto running = count_pending(view, overview);
  overview.running = running.size();
  const auto told = static_cast<std::ptrdiff_t>(std::min(longest_running, running.size()));
  std::partial_sort(running.begin(), running.begin() + told, running.end(), has_run_longer);
  for (auto job = running.begin(); job != running.begin() + told; ++job)
    overview.running_jobs.push_back(line_of(**job));
  sum_up(view, overview);
  return overview;
}

}  // namespace berth
