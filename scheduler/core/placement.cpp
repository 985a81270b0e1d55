#include "scheduler/core/placement.hpp"

#include "scheduler/core/constraints.hpp"

#include <algorithm>
#include <queue>

namespace berth {
namespace {

// One executor during a pass, with what the pass has left of it.
struct Slot {
  const ExecutorView* executor;
  Free free;
  bool is_reserved = false;  // for a job that this pass found no room for
};

constexpr auto share = [](auto part, auto whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0.0;
};

// How much of an executor would still be free after taking the shape.
double slack(const Shape& shape, const Slot& slot) {
  const auto& wanted = shape.resources;
  const auto& capacity = slot.executor->info.capacity;
  const auto gpus = static_cast<std::int64_t>(slot.free.gpus.size());
  return share((slot.free.cpu - wanted.cpu).value, capacity.cpu.value) +
         share((slot.free.memory - wanted.memory).value, capacity.memory.value) +
         (wanted.gpu ? share(gpus - wanted.gpu->count, capacity.gpus.size()) : 0.0);
}

// How good a place it is: the higher, the better.
double score(const Shape& shape, const Slot& slot, const PlacementRules& rules) {
  // More than all else together: what needs no GPU goes where none is free, if it can.
  constexpr double last_choice = 4;
  const double kept = !shape.resources.gpu && !slot.free.gpus.empty() ? last_choice : 0.0;
  // As much as half of what it offers of one resource: a transfer costs minutes, a worse fit perhaps nothing.
  constexpr double no_transfer = 0.5;
  const auto& images = slot.executor->info.runtime.images;
  const double there = std::binary_search(images.begin(), images.end(), shape.image) ? no_transfer : 0.0;
  const double left = slack(shape, slot);
  return (rules.spread ? left : -left) + there - kept;
}

// How much must end on an executor before the shape has room there, as a share of the executor.
double missing(const Shape& shape, const Slot& slot) {
  const auto& wanted = shape.resources;
  const auto& capacity = slot.executor->info.capacity;
  const auto short_of = [](std::int64_t amount) { return std::max<std::int64_t>(amount, 0); };
  std::int64_t gpus = 0;
  if (wanted.gpu) {
    gpus = wanted.gpu->count - std::count_if(slot.free.gpus.begin(), slot.free.gpus.end(),
                                             [&](const Gpu* gpu) { return is_wanted(*wanted.gpu, *gpu); });
  }
  return share(short_of((wanted.cpu - slot.free.cpu).value), capacity.cpu.value) +
         share(short_of((wanted.memory - slot.free.memory).value), capacity.memory.value) +
         share(short_of(gpus), capacity.gpus.size());
}

struct Candidate {
  double score = 0;
  Slot* slot = nullptr;
  // The earlier in the list of executors wins a tie: the same view gives the same answer.
  bool operator<(const Candidate& other) const {
    return score != other.score ? score < other.score : slot > other.slot;
  }
};

// The waiting jobs of one shape during a pass, and the executors that may take them, best first.
struct Candidates {
  const JobQueue::Line* line;
  std::set<Turn>::const_iterator next;
  std::vector<Candidate> slots;  // a heap, the best in front; scores may be out of date
  bool is_judged = false;
  bool satisfiable = false;
};

class Pass {
 public:
  Pass(const ClusterView& view, const PlacementRules& rules) : view_(view), rules_(rules) {
    for (const auto& [name, executor] : view.executors()) {
      slots_.push_back({&executor, free_of(executor), false});
      executors_.push_back(&executor);
    }
    for (const auto& [key, line] : view.queue().lines()) shapes_.push_back({&line, line.turns.begin(), {}});
  }

  PlacementResult run(std::size_t limit) {
    // Heap of shapes by whose next job's turn it is.
    const auto later = [](const Candidates* a, const Candidates* b) { return *b->next < *a->next; };
    std::priority_queue<Candidates*, std::vector<Candidates*>, decltype(later)> turns(later);
    for (auto& shape : shapes_) turns.push(&shape);
    while (!turns.empty() && result_.assignments.size() < limit) {
      auto* shape = turns.top();
      turns.pop();
      if (!shape->is_judged) judge(*shape, limit);
      auto* slot = best_slot(*shape);
      if (slot == nullptr) {  // no room for this shape in this pass
        if (shape->satisfiable) reserve_for(*shape);
        continue;
      }
      auto gpus = take(slot->free, shape->line->shape.resources);
      result_.assignments.push_back({shape->next->job, slot->executor->info.name, std::move(gpus)});
      if (++shape->next != shape->line->turns.end()) turns.push(shape);
    }
    return std::move(result_);
  }

 private:
  void judge(Candidates& shape, std::size_t limit) {
    shape.is_judged = true;
    const auto& wanted = shape.line->shape;
    for (auto& slot : slots_) {
      const auto fit = constraints::all(wanted, *slot.executor, slot.free);
      if (fit == Fit::now && !slot.is_reserved) shape.slots.push_back({score(wanted, slot, rules_), &slot});
      if (fit != Fit::never) shape.satisfiable = true;
    }
    std::make_heap(shape.slots.begin(), shape.slots.end());
    // With no executor at all nothing is known yet: jobs wait.
    if (executors_.empty()) shape.satisfiable = true;
    note_verdict(shape, limit);
  }

  void note_verdict(const Candidates& shape, std::size_t limit) {
    std::string message;
    if (!shape.satisfiable) message = constraints::explain_never(shape.line->shape, executors_);
    for (const auto& turn : shape.line->turns) {
      if (result_.verdicts.size() >= limit) return;
      const auto& job = *view_.find(turn.job);
      const bool was_satisfiable = job.reason != Reason::unsatisfiable;
      if (was_satisfiable == shape.satisfiable && (shape.satisfiable || job.message == message)) continue;
      // One that gets a place now needs no change of verdict first.
      if (shape.satisfiable && !shape.slots.empty()) continue;
      result_.verdicts.push_back({turn.job, shape.satisfiable, message});
    }
  }

  // Slots are used since they were judged: those that are full are dropped, and one that has become a worse
  // place than it was goes behind the better ones.
  Slot* best_slot(Candidates& shape) const {
    const auto& wanted = shape.line->shape;
    while (!shape.slots.empty()) {
      const auto best = shape.slots.front();
      const auto now = score(wanted, *best.slot, rules_);
      const bool fits = !best.slot->is_reserved &&
                        constraints::all(wanted, *best.slot->executor, best.slot->free) == Fit::now;
      if (fits && now >= best.score) return best.slot;
      std::pop_heap(shape.slots.begin(), shape.slots.end());
      shape.slots.pop_back();
      if (!fits) continue;
      shape.slots.push_back({now, best.slot});
      std::push_heap(shape.slots.begin(), shape.slots.end());
    }
    return nullptr;
  }

  // The first in turn that finds no room keeps others from where it needs the least to end: every pass finds
  // the same executor, as that only comes nearer. One executor in all, so a job that never ends there costs
  // no more than what is left of it.
  void reserve_for(const Candidates& shape) {
    if (has_looked_for_reservation_) return;
    has_looked_for_reservation_ = true;
    if (view_.now().monotonic - view_.queue().since(shape.next->job) < rules_.reserve_after) return;
    const auto& wanted = shape.line->shape;
    Slot* nearest = nullptr;
    for (auto& slot : slots_) {
      const bool may_fit = constraints::all(wanted, *slot.executor, slot.free) != Fit::never &&
                           constraints::Health::check(wanted, *slot.executor, slot.free) == Fit::now;
      if (may_fit && (nearest == nullptr || missing(wanted, slot) < missing(wanted, *nearest)))
        nearest = &slot;
    }
    if (nearest != nullptr) nearest->is_reserved = true;
  }

  const ClusterView& view_;
  const PlacementRules& rules_;
  bool has_looked_for_reservation_ = false;
  std::vector<Slot> slots_;
  std::vector<const ExecutorView*> executors_;
  std::vector<Candidates> shapes_;
  PlacementResult result_;
};

}  // namespace

PlacementResult place(const ClusterView& view, std::size_t limit, const PlacementRules& rules) {
  return Pass(view, rules).run(limit);
}

}  // namespace berth
