// What would become of a submit. Pure.
#pragma once

#include "scheduler/core/explain.hpp"

#include <vector>

namespace berth {

// The jobs are put behind those that wait, in their order, and one pass is made over all of them. What keeps
// a job that would wait is told for the first of its shape, and only for so many shapes.
DryRun dry_run(const ClusterView& view, const PlacementRules& rules, std::vector<JobDefinition> definitions,
               WallTime now, bool has_leader);

}  // namespace berth
