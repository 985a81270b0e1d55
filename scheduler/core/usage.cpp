#include "scheduler/core/usage.hpp"

namespace berth {
namespace {

// Another attempt of the job may be meant: its executor hasn't looked since this one began.
const AttemptUsage* told_of(const ToldUsage& told, const std::string& executor, JobId job,
                            std::uint32_t attempt) {
  const auto report = told.find(executor);
  return report == told.end() ? nullptr : find_usage(report->second, job, attempt);
}

}  // namespace

void add_usage(ExecutorStatus& executor, const ToldUsage& told) {
  const auto report = told.find(executor.name);
  if (report == told.end() || report->second.measured == 0) return;
  executor.cpu_used = report->second.cpu;
  executor.memory_used = report->second.memory;
}

void add_usage(Overview& overview, const ToldUsage& told) {
  for (auto& executor : overview.executors) add_usage(executor, told);
  for (auto& job : overview.running_jobs) {
    const auto* usage = told_of(told, job.executor, job.id, job.attempt);
    if (usage == nullptr) continue;
    job.cpu_used = usage->cpu;
    job.memory_used = usage->memory;
  }
}

void add_usage(JobUsage& job, const ToldUsage& told) {
  const auto* usage = job.executor ? told_of(told, *job.executor, job.job, job.attempt) : nullptr;
  if (usage == nullptr) return;
  job.cpu_used = usage->cpu;
  job.memory_used = usage->memory;
}

}  // namespace berth
