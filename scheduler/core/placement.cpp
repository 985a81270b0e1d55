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
};

// How much of an executor would still be free after taking the shape: the smaller, the better the fit.
double slack(const Shape& shape, const Slot& slot) {
  const auto left = [](auto free, auto wanted, auto all) {
    return all > 0 ? static_cast<double>(free - wanted) / static_cast<double>(all) : 0.0;
  };
  const auto& capacity = slot.executor->info.capacity;
  const auto gpus = static_cast<std::int64_t>(slot.free.gpus.size());
  const std::int64_t gpus_wanted = shape.resources.gpu ? shape.resources.gpu->count : 0;
  // More than all else together: what needs no GPU goes where none is free, if it can.
  constexpr double last_choice = 2;
  const double reserve =
      shape.resources.gpu ? left(gpus, gpus_wanted, capacity.gpus.size()) : (gpus > 0 ? last_choice : 0.0);
  return left(slot.free.cpu.value, shape.resources.cpu.value, capacity.cpu.value) +
         left(slot.free.memory.value, shape.resources.memory.value, capacity.memory.value) + reserve;
}

// The waiting jobs of one shape during a pass, and the executors that may take them, best first.
struct Candidates {
  const JobQueue::Line* line;
  std::set<Turn>::const_iterator next;
  std::vector<Slot*> slots;  // back is best
  bool is_judged = false;
  bool satisfiable = false;
};

class Pass {
 public:
  explicit Pass(const ClusterView& view) : view_(view) {
    for (const auto& [name, executor] : view.executors()) {
      slots_.push_back({&executor, free_of(executor)});
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
      if (slot == nullptr) continue;  // no room for this shape in this pass
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
      if (fit == Fit::now) shape.slots.push_back(&slot);
      if (fit != Fit::never) shape.satisfiable = true;
    }
    std::stable_sort(shape.slots.begin(), shape.slots.end(),
                     [&](const Slot* a, const Slot* b) { return slack(wanted, *a) > slack(wanted, *b); });
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

  // Other shapes may have used up a slot since it was judged: those that are full are dropped.
  static Slot* best_slot(Candidates& shape) {
    while (!shape.slots.empty()) {
      auto* slot = shape.slots.back();
      if (constraints::all(shape.line->shape, *slot->executor, slot->free) == Fit::now) return slot;
      shape.slots.pop_back();
    }
    return nullptr;
  }

  const ClusterView& view_;
  std::vector<Slot> slots_;
  std::vector<const ExecutorView*> executors_;
  std::vector<Candidates> shapes_;
  PlacementResult result_;
};

}  // namespace

PlacementResult place(const ClusterView& view, std::size_t limit) { return Pass(view).run(limit); }

}  // namespace berth
