// What is left of an executor for a job, and who has the rest. Pure.
#pragma once

#include "scheduler/core/jobs_to_end.hpp"
#include "scheduler/core/placement_pass.hpp"

#include <optional>
#include <string>
#include <vector>

namespace berth {

// What is left of an executor for a job, and who has the rest before it.
struct SlotRoom {
  Amounts free;  // less than nothing where it shrank; GPUs: of those that are wanted
  std::optional<JobId> kept_for;
  std::vector<Holding> taken;  // by jobs of earlier turns
};

// As a pass finds the slot. `given`: what it gave, there and elsewhere, to jobs of the view.
SlotRoom room_of(const ClusterView& view, const PlacementPass::Slot& slot,
                 const std::vector<Assignment>& given, const Resources& wanted);

// Those that run there, with what they would give back.
std::vector<Holding> running_on(const ClusterView& view, const ExecutorView& executor,
                                const Resources& wanted);

// How much more would have to be free.
Amounts lacking(const Resources& wanted, const Amounts& free);

}  // namespace berth
