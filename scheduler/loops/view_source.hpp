// Brings a view up to date: the live jobs of the store, and the executors as they are seen.
#pragma once

#include "scheduler/core/cluster_view.hpp"
#include "scheduler/loops/liveness.hpp"
#include "shared/runtime/async.hpp"
#include "shared/store/store.hpp"

#include <optional>
#include <vector>

namespace berth {

inline constexpr std::size_t snapshot_page = 1'000;  // jobs in one call

JobQuery live_jobs(std::optional<JobId> before);

// All of them, newest first. On an error the view is incomplete. The view outlives the call.
Task<Result<>> read_live_jobs(Store& store, const Clock& clock, ClusterView& view);

// These ones; those that are gone are forgotten.
Task<Result<>> read_jobs(Store& store, const Clock& clock, ClusterView& view, std::vector<JobId> ids,
                         ClusterView::Learned how);

void take_in_executors(const Liveness& liveness, ClusterView& view);

}  // namespace berth
