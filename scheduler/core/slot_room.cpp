#include "scheduler/core/slot_room.hpp"

#include "scheduler/core/verdict.hpp"

#include <algorithm>

namespace berth {
namespace {

std::uint32_t wanted_gpus(const Resources& wanted, const Free& free) {
  return static_cast<std::uint32_t>(wanted.gpu ? count_free(*wanted.gpu, free) : 0);
}

// What a job with these resources gives back on the executor.
Holding holding_of(const Job& job, const std::vector<std::string>& gpus, const ExecutorView& executor,
                   const Resources& wanted) {
  Free freed;
  give_back(freed, job.definition.resources, gpus, executor);
  return {job.id, {freed.cpu, freed.memory, wanted_gpus(wanted, freed)}};
}

}  // namespace

SlotRoom room_of(const ClusterView& view, const PlacementPass::Slot& slot,
                 const std::vector<Assignment>& given, const Resources& wanted) {
  SlotRoom room{{slot.free.cpu, slot.free.memory, wanted_gpus(wanted, slot.free)}, slot.kept_for, {}};
  for (const auto& taken : given) {
    const auto* job = view.find(taken.job);
    if (job == nullptr || taken.executor != slot.executor->info.name) continue;
    room.taken.push_back(holding_of(*job, taken.gpus, *slot.executor, wanted));
  }
  return room;
}

std::vector<Holding> running_on(const ClusterView& view, const ExecutorView& executor,
                                const Resources& wanted) {
  std::vector<Holding> holdings;
  for (const auto id : executor.jobs) {
    const auto* job = view.find(id);
    if (job != nullptr) holdings.push_back(holding_of(*job, job->attempts.back().gpus, executor, wanted));
  }
  return holdings;
}

Amounts lacking(const Resources& wanted, const Amounts& free) {
  const auto gpus = wanted.gpu ? wanted.gpu->count : 0;
  return {std::max(wanted.cpu - free.cpu, Millicores{}), std::max(wanted.memory - free.memory, Bytes{}),
          gpus - std::min(gpus, free.gpus)};
}

}  // namespace berth
