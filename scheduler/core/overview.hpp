// A whole cluster on one page, as far as the view of it tells. Pure.
#pragma once

#include "scheduler/core/cluster_view.hpp"
#include "shared/model/overview.hpp"

#include <cstddef>

namespace berth {

// What waits and why, what runs, and what of the fleet is held. `longest_running` jobs are told one by one.
// Looks at every live job once.
Overview survey(const ClusterView& view, std::size_t longest_running);

}  // namespace berth
