#include "scheduler/core/placement.hpp"

#include "scheduler/core/constraints.hpp"
#include "scheduler/core/placement_pass.hpp"

#include <algorithm>
#include <limits>
#include <queue>
#include <utility>

namespace berth {
namespace {

using Slot = PlacementPass::Slot;

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
  const double there = has_image(slot.executor->info, shape.image) ? no_transfer : 0.0;
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

// Among which executors one was chosen.
struct Choice {
  std::size_t count = 0;
  bool is_counted = false;  // else some of them may have been filled since
  bool has_gpus = false;    // some executor has a free one
};

// In words, for the record of the attempt. What weighs more than the fit is named: only among those that are
// equal in it is the place the one that fits best.
std::string why_there(const Shape& shape, const Slot& slot, const Choice& choice,
                      const PlacementRules& rules) {
  const bool has_image_there = has_image(slot.executor->info, shape.image);
  if (choice.count == 1)
    return std::string("the only executor with room") + (has_image_there ? ", and it has the image" : "");
  std::string why = rules.spread ? "the emptiest" : "the tightest fit";
  const bool spares_gpus = !shape.resources.gpu && choice.has_gpus && slot.free.gpus.empty();
  if (spares_gpus) why += " without a free GPU";
  if (has_image_there) why += spares_gpus ? " and with the image" : " with the image";
  return why + (choice.is_counted ? " of " : " of at most ") + std::to_string(choice.count) +
         " executors with room";
}

bool fits_now(const Shape& shape, const Slot& slot) {
  return !slot.kept_for && constraints::all(shape, *slot.executor, slot.free) == Fit::now;
}

}  // namespace

PlacementPass::PlacementPass(const ClusterView& view, const PlacementRules& rules,
                             const std::vector<Newcomer>& besides)
    : view_(view), rules_(rules) {
  for (const auto& [name, executor] : view.executors()) {
    slots_.push_back({&executor, free_of(executor), {}});
    executors_.push_back(&executor);
  }
  for (const auto& [key, line] : view.queue().lines()) shapes_.push_back({&line, line.turns.begin()});
  for (const auto& [job, definition] : besides) {
    auto shape = shape_of(definition);
    auto& line = lines_besides_[shape_key(shape)];
    line.shape = std::move(shape);
    line.turns.insert({definition.priority, job});
  }
  for (const auto& [key, line] : lines_besides_) shapes_.push_back({&line, line.turns.begin()});
}

PlacementResult PlacementPass::run(std::size_t limit) {
  verdict_limit_ = limit;
  take_turns(limit, nullptr);
  return std::move(result_);
}

std::vector<Assignment> PlacementPass::run_until(const Turn& turn) {
  take_turns(std::numeric_limits<std::size_t>::max(), &turn);
  return std::exchange(result_.assignments, {});
}

// Whether the shape has a job whose turn may come.
bool PlacementPass::skip_those_that_ended(Candidates& shape) const {
  while (shape.next != shape.line->turns.end() && ended_.contains(shape.next->job)) ++shape.next;
  return shape.next != shape.line->turns.end();
}

// What an assignment costs, in judgements.
constexpr std::size_t assignment_work = 50;

void PlacementPass::take_turns(std::size_t limit, const Turn* until) {
  // Heap of shapes by whose next job's turn it is.
  const auto later = [](const Candidates* a, const Candidates* b) { return *b->next < *a->next; };
  std::priority_queue<Candidates*, std::vector<Candidates*>, decltype(later)> turns(later);
  for (auto& shape : shapes_) {
    if (skip_those_that_ended(shape)) turns.push(&shape);
  }
  const bool has_gpus =
      std::any_of(slots_.begin(), slots_.end(), [](const Slot& slot) { return !slot.free.gpus.empty(); });
  while (!turns.empty() && result_.assignments.size() < limit) {
    auto* shape = turns.top();
    if (until != nullptr && *shape->next >= *until) return;
    turns.pop();
    const bool is_first = !shape->is_judged;
    if (is_first) judge(*shape);
    auto* slot = best_of(*shape);
    if (slot == nullptr) {  // no room for this shape in this pass
      if (shape->satisfiable) reserve_for(*shape);
      continue;
    }
    auto& given = result_.assignments.emplace_back(assign(shape->next->job, shape->line->shape, *slot));
    given.why = why_there(shape->line->shape, *slot, {shape->slots.size(), is_first, has_gpus}, rules_);
    if (until != nullptr) {
      work_ += assignment_work;
      const auto number = static_cast<std::size_t>(slot - slots_.data());
      given_.emplace(*shape->next, Given{number, &shape->line->shape.resources, given.gpus});
    }
    ++shape->next;
    if (skip_those_that_ended(*shape)) turns.push(shape);
  }
}

const Slot* PlacementPass::best_slot(const Shape& shape) {
  const JobQueue::Line line{shape, {}};
  Candidates candidates{&line, line.turns.begin()};
  judge(candidates);
  return best_of(candidates);
}

Assignment PlacementPass::assign(JobId job, const Shape& shape, const Slot& slot) {
  auto& taken = slots_[static_cast<std::size_t>(&slot - slots_.data())];
  auto gpus = take(taken.free, shape.resources);
  return {job, taken.executor->info.name, std::move(gpus), {}};
}

void PlacementPass::judge(Candidates& shape) {
  shape.is_judged = true;
  shape.slots.clear();
  if (opened_) {
    for (auto* slot : *opened_) judge_on(shape, *slot);
  } else {
    for (auto& slot : slots_) judge_on(shape, slot);
  }
  std::make_heap(shape.slots.begin(), shape.slots.end());
  // With no executor at all nothing is known yet: jobs wait.
  if (slots_.empty()) shape.satisfiable = true;
  note_verdict(shape);
}

void PlacementPass::judge_on(Candidates& shape, Slot& slot) {
  ++work_;
  const auto& wanted = shape.line->shape;
  const auto fit = constraints::all(wanted, *slot.executor, slot.free);
  if (fit == Fit::now && !slot.kept_for) shape.slots.push_back({score(wanted, slot, rules_), &slot});
  if (fit != Fit::never) shape.satisfiable = true;
}

void PlacementPass::note_verdict(const Candidates& shape) {
  if (result_.verdicts.size() >= verdict_limit_) return;
  std::string message;
  if (!shape.satisfiable) message = constraints::explain_never(shape.line->shape, executors_);
  for (const auto& turn : shape.line->turns) {
    if (result_.verdicts.size() >= verdict_limit_) return;
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
PlacementPass::Slot* PlacementPass::best_of(Candidates& shape) const {
  const auto& wanted = shape.line->shape;
  while (!shape.slots.empty()) {
    const auto best = shape.slots.front();
    const auto now = score(wanted, *best.slot, rules_);
    const bool fits = fits_now(wanted, *best.slot);
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
void PlacementPass::reserve_for(const Candidates& shape) {
  if (has_looked_for_reservation_) return;
  has_looked_for_reservation_ = true;
  const auto job = shape.next->job;
  if (!view_.queue().contains(job)) return;  // it has only just come
  if (view_.now().monotonic - view_.queue().since(job) < rules_.reserve_after) return;
  const auto& wanted = shape.line->shape;
  work_ += slots_.size();
  Slot* nearest = nullptr;
  double least = 0;
  for (auto& slot : slots_) {
    const auto short_of = missing(wanted, slot);
    if (nearest != nullptr && short_of >= least) continue;
    const bool may_fit = constraints::all(wanted, *slot.executor, slot.free) != Fit::never &&
                         constraints::Health::check(wanted, *slot.executor, slot.free) == Fit::now;
    if (!may_fit) continue;
    nearest = &slot;
    least = short_of;
  }
  if (nearest != nullptr) nearest->kept_for = job;
}

PlacementResult place(const ClusterView& view, std::size_t limit, const PlacementRules& rules) {
  return PlacementPass(view, rules).run(limit);
}

}  // namespace berth
