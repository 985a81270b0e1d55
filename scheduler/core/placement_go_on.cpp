// What comes of a pass when something changes after it.
#include "scheduler/core/placement_pass.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace berth {

// The other's slots aren't its own: they are judged again where they change.
PlacementPass::PlacementPass(const PlacementPass& other)
    : view_(other.view_),
      rules_(other.rules_),
      slots_(other.slots_),
      work_(slots_.size() + other.shapes_.size() + other.given_.size()),
      given_(other.given_),
      ended_(other.ended_) {
  opened_.emplace();
  for (const auto& shape : other.shapes_) {
    shapes_.push_back({shape.line, shape.next, {}, shape.is_judged, shape.satisfiable});
  }
}

std::vector<Assignment> PlacementPass::go_on(const Later& later, const Turn& turn) {
  opened_.emplace();
  for (auto& slot : slots_) {
    if (!std::exchange(slot.kept_for, std::nullopt)) continue;
    opened_->insert(&slot);
  }
  has_looked_for_reservation_ = false;
  if (later.executor != nullptr) replace(*later.executor);
  for (const auto id : later.ended) end(id);
  for (auto given = given_.lower_bound(turn); given != given_.end();) take_back(given++);
  // At its turn, as in any pass: what goes before it decides where it fits best.
  for (auto& shape : shapes_) shape.is_judged = false;
  take_turns(std::numeric_limits<std::size_t>::max(), &turn);
  return std::exchange(result_.assignments, {});
}

PlacementPass::Slot& PlacementPass::open(const std::string& executor) {
  const auto slot =
      std::lower_bound(slots_.begin(), slots_.end(), executor,
                       [](const Slot& one, const auto& name) { return one.executor->info.name < name; });
  opened_->insert(&*slot);
  return *slot;
}

// What the pass gave there stays given.
void PlacementPass::replace(const ExecutorView& executor) {
  auto& slot = open(executor.info.name);
  const auto before = free_of(*slot.executor);
  auto free = free_of(executor);
  free.cpu += slot.free.cpu - before.cpu;
  free.memory += slot.free.memory - before.memory;
  const auto is_in = [](const std::vector<const Gpu*>& gpus, const Gpu* gpu) {
    return std::any_of(gpus.begin(), gpus.end(), [&](const Gpu* other) { return other->uuid == gpu->uuid; });
  };
  std::erase_if(free.gpus,
                [&](const Gpu* gpu) { return is_in(before.gpus, gpu) && !is_in(slot.free.gpus, gpu); });
  slot.executor = &executor;
  slot.free = std::move(free);
}

void PlacementPass::end(JobId id) {
  if (!ended_.insert(id).second) return;
  const auto* job = view_.find(id);  // nothing: a newcomer
  const auto given = job != nullptr ? given_.find({job->definition.priority, id})
                                    : std::find_if(given_.begin(), given_.end(),
                                                   [&](const auto& one) { return one.first.job == id; });
  if (given != given_.end()) take_back(given);
  if (job == nullptr || !holds_resources(*job) || !job->executor || job->attempts.empty()) return;
  auto& slot = open(*job->executor);
  give_back(slot.free, job->definition.resources, job->attempts.back().gpus, *slot.executor);
}

void PlacementPass::take_back(std::map<Turn, Given>::iterator given) {
  const auto& [number, resources, gpus] = given->second;
  auto& slot = slots_[number];
  opened_->insert(&slot);
  give_back(slot.free, *resources, gpus, *slot.executor);
  given_.erase(given);
}

}  // namespace berth
