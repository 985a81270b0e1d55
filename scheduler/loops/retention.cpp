#include "scheduler/loops/retention.hpp"

#include "shared/base/limits.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace berth {

std::uint64_t ended_jobs_of(const std::array<std::uint64_t, 5>& counts) {
  std::uint64_t ended = 0;
  for (const auto& [status, name] : EnumNames<JobStatus>::names) {
    if (is_terminal(status)) ended += counts[static_cast<std::size_t>(status)];
  }
  return ended;
}

Task<> Retention::run() {
  for (;;) {
    co_await sleep_until(deadline_in(limits::retention_period));
    const auto epoch = leadership_.epoch();
    if (!epoch) continue;
    const auto cleaned = co_await clean_up(*epoch);
    if (cleaned && *cleaned > 0) spdlog::info("retention: deleted {} jobs that had ended", *cleaned);
    // A later leader, or a store that is away: both are said elsewhere, and the next look comes.
    if (!cleaned) spdlog::debug("retention: {}", cleaned.error().message);
  }
}

// From the oldest job on. Jobs are numbered as they come, and none has ended before it came: behind the first
// one that came after the limit of age there is nothing too old.
Task<Result<std::size_t>> Retention::clean_up(Epoch epoch) {
  const auto counts = co_await store_.count_jobs();
  if (!counts) co_return counts.error();
  const auto ended = ended_jobs_of(*counts);
  auto excess = ended - std::min(ended, rules_.max_jobs);
  const WallTime oldest = clock_.wall() + -rules_.max_age;
  std::size_t deleted = 0;
  JobId after{0};
  for (;;) {
    const auto ids = co_await store_.ended_jobs(after, limits::retention_batch);
    if (!ids) co_return ids.error();
    if (ids->empty()) co_return deleted;
    after = ids->back();
    auto records = co_await store_.jobs(*ids);
    if (!records) co_return records.error();
    std::vector<Job> old;
    bool may_have_older = true;
    for (auto& job : *records) {
      if (!job || !is_terminal(job->status)) continue;
      may_have_older = job->created_at < oldest;
      const bool is_too_old = job->finished_at && *job->finished_at < oldest;
      if (excess == 0 && !is_too_old) continue;
      excess -= excess > 0 ? 1 : 0;
      old.push_back(std::move(*job));
    }
    if (!old.empty()) {
      const auto forgotten = co_await store_.forget_jobs(std::move(old), epoch);
      if (!forgotten) co_return forgotten.error();
      deleted += *forgotten;
    }
    if (excess == 0 && !may_have_older) co_return deleted;
  }
}

}  // namespace berth
