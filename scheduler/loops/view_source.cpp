#include "scheduler/loops/view_source.hpp"

#include <utility>

namespace berth {

JobQuery live_jobs(std::optional<JobId> before) {
  JobQuery query;
  query.statuses = {JobStatus::pending, JobStatus::running};
  query.before = before;
  query.limit = snapshot_page;
  return query;
}

Task<Result<>> read_live_jobs(Store& store, const Clock& clock, ClusterView& view) {
  std::optional<JobId> before;
  for (;;) {
    const auto ids = co_await store.find_jobs(live_jobs(before));
    if (!ids) co_return ids.error();
    if (ids->empty()) co_return Result<>{};
    before = ids->back();
    const auto read = co_await read_jobs(store, clock, view, *ids, ClusterView::Learned::found);
    if (!read) co_return read.error();
  }
}

Task<Result<>> read_jobs(Store& store, const Clock& clock, ClusterView& view, std::vector<JobId> ids,
                         ClusterView::Learned how) {
  auto jobs = co_await store.jobs(ids);
  if (!jobs) co_return jobs.error();
  view.tell_time({clock.wall(), clock.monotonic()});
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if ((*jobs)[i]) {
      view.put(std::move(*(*jobs)[i]), how);
    } else {
      view.forget(ids[i]);
    }
  }
  co_return Result<>{};
}

void take_in_executors(const Liveness& liveness, ClusterView& view) {
  for (const auto& [name, known] : liveness.executors()) {
    view.put_executor(known.record.info, known.is_alive ? known.state : ExecutorState::lost);
  }
}

}  // namespace berth
