#include "scheduler/core/remedies.hpp"

#include "scheduler/core/constraints.hpp"
#include "scheduler/core/remedy_plan.hpp"
#include "scheduler/core/remedy_words.hpp"
#include "shared/base/limits.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace berth {
namespace {

constexpr std::size_t nearest_tried = 6;         // executors
constexpr std::size_t of_each_kind_tried = 2;    // those that need the fewest changes, by what is in the way
constexpr std::size_t of_each_kind_sized = 200;  // the nearest, whose changes are counted for that
constexpr std::size_t remedies_told = 6;
constexpr std::size_t turns_yielded = 4;       // jobs that may have to go before, beyond the first
constexpr std::size_t endings_doubted = 8;     // of more it isn't tried whether each is needed
constexpr std::size_t trials_limit = 200'000;  // of all trials (PlacementPass::work)
constexpr std::size_t doubts_limit = 100'000;  // beyond which no ending is doubted any more

// Two ways that differ in amounts alone: the nearer executor's is the smaller change.
using Pattern = std::vector<std::pair<ChangeKind, std::optional<std::string>>>;
Pattern pattern_of(const RemedyPlan& plan) {
  Pattern pattern;
  for (const auto& change : plan.changes()) {
    const bool is_own = change.kind == ChangeKind::definition;
    pattern.emplace_back(change.kind, is_own            ? change.field
                                      : change.executor ? change.executor
                                                        : plan.executor());
  }
  return pattern;
}

// What a pass makes of a plan.
struct Trial {
  std::vector<std::string> fitting;  // where the job would go
  SlotRoom room;                     // on the plan's executor, and who gets it instead
  std::size_t work = 0;
};

Trial try_out(const ClusterView& view, const Outlook& outlook, const RemedyPlan& plan) {
  PlacementPass pass(outlook.pass());
  auto given = pass.go_on(plan.later(), plan.turn());
  for (const auto& before : outlook.before()) {
    const auto* job = view.find(before.job);
    const bool has_ended = std::count(plan.ended().begin(), plan.ended().end(), before.job) > 0;
    const bool keeps_it =
        job != nullptr && !has_ended && Turn{job->definition.priority, job->id} < plan.turn();
    if (keeps_it) given.push_back(before);
  }
  const auto shape = shape_of(plan.definition());
  Trial trial;
  for (const auto& slot : pass.slots()) {
    const auto& name = slot.executor->info.name;
    if (name == plan.executor()) trial.room = room_of(view, slot, given, plan.definition().resources);
    if (!slot.kept_for && constraints::all(shape, *slot.executor, slot.free) == Fit::now)
      trial.fitting.push_back(name);
  }
  trial.work = pass.work() + pass.slots().size();
  return trial;
}

void add(Resources& sum, const Resources& more) {
  sum.cpu += more.cpu;
  sum.memory += more.memory;
  if (sum.gpu && more.gpu) sum.gpu->count += more.gpu->count;
}

// Jobs of earlier turns that wait on, and that a machine would run too which has what the job asks for, if
// only it were large enough: the first of each shape.
std::vector<JobId> rivals_on_a_new_one(const Inquiry& inquiry, const Outlook& outlook) {
  const auto& wanted = outlook.shape();
  ExecutorView machine;
  auto& info = machine.info;
  info.capacity.cpu = limits::max_cpu;
  info.capacity.memory = limits::max_memory;
  if (wanted.resources.gpu)
    info.capacity.gpus.resize(limits::max_gpus, {wanted.resources.gpu->type.value_or(""), "", {}});
  if (!wanted.placement.regions.empty()) info.region = wanted.placement.regions.front();
  if (!wanted.placement.datacenters.empty()) info.datacenter = wanted.placement.datacenters.front();
  info.labels = wanted.placement.labels;
  info.volume_paths = wanted.host_paths;
  std::set<JobId> placed;
  for (const auto& assignment : outlook.before()) placed.insert(assignment.job);
  const Turn turn{inquiry.job.definition.priority, inquiry.job.id};
  std::vector<JobId> rivals;
  for (const auto& [key, line] : inquiry.view.queue().lines()) {
    auto shape = line.shape;
    // A machine of any type may join.
    if (wanted.resources.gpu && !wanted.resources.gpu->type && shape.resources.gpu)
      shape.resources.gpu->type.reset();
    if (constraints::all(shape, machine, free_of(machine)) == Fit::never) continue;
    std::size_t of_this_shape = 0;
    for (const auto& earlier : line.turns) {
      if (earlier >= turn || of_this_shape > turns_yielded) break;
      if (placed.contains(earlier.job)) continue;
      rivals.push_back(earlier.job);
      ++of_this_shape;
    }
  }
  return rivals;
}

class Search {
 public:
  Search(const Inquiry& inquiry, const Outlook& outlook) : inquiry_(inquiry), outlook_(outlook) {}

  // The best of each kind come first: the work may run out before the rest is tried.
  Remedies run() {
    const auto [best, others] = candidates();
    for (const auto* judged : best) try_it(*judged, RemedyPlan::Way::others);
    auto nearest = best;
    nearest.insert(nearest.end(), others.begin(), others.end());
    std::sort(nearest.begin(), nearest.end());
    for (const auto* judged : nearest) try_it(*judged, RemedyPlan::Way::owner);
    for (const auto* judged : others) try_it(*judged, RemedyPlan::Way::others);
    auto& found = result_.found;
    const bool is_hopeless =
        outlook_.executors().empty() || outlook_.executors().front().severity == never_passes;
    if (is_hopeless) add_new_executor();
    std::stable_sort(found.begin(), found.end(),
                     [](const auto& a, const auto& b) { return a.changes.size() < b.changes.size(); });
    const bool is_all = nearest.size() == outlook_.executors().size() && found.size() <= remedies_told;
    result_.is_cut = result_.is_cut || !is_all;
    if (found.size() > remedies_told) found.resize(remedies_told);
    return std::move(result_);
  }

 private:
  // They point into the outlook's list, whose order is that of nearness.
  struct Chosen {
    std::vector<const Judged*> best;    // of each kind of obstacle the one that needs the fewest changes
    std::vector<const Judged*> others;  // the next of each kind, and the nearest of all
  };

  Chosen candidates() const {
    using Sized = std::pair<std::size_t, const Judged*>;  // by how many changes it needs, then by nearness
    std::map<std::pair<Obstacle, Fit>, std::vector<Sized>> kinds;
    std::set<Sized> best;
    std::set<Sized> others;
    std::size_t seen = 0;
    for (const auto& judged : outlook_.executors()) {
      if (judged.verdict.findings.empty()) continue;
      const auto& worst = judged.verdict.findings.front();
      auto& kind = kinds[{worst.code, worst.fit}];
      if (kind.size() == of_each_kind_sized) continue;
      kind.emplace_back(changes_needed(inquiry_, judged), &judged);
      if (seen++ < nearest_tried) others.insert(kind.back());
    }
    for (auto& [obstacle, kind] : kinds) {
      std::sort(kind.begin(), kind.end());
      best.insert(kind.front());
      for (std::size_t i = 1; i < std::min(kind.size(), of_each_kind_tried); ++i) others.insert(kind[i]);
    }
    Chosen chosen;
    for (const auto& [size, judged] : best) chosen.best.push_back(judged);
    for (const auto& one : others) {
      if (!best.contains(one)) chosen.others.push_back(one.second);
    }
    return chosen;
  }

  // What became of a plan.
  struct Settled {
    bool is_told = false;
    SlotRoom first;  // who got the room when it was put to a pass as it was
  };

  void try_it(const Judged& judged, RemedyPlan::Way way) {
    auto plan = RemedyPlan::make(inquiry_, judged, outlook_.before(), way);
    if (!plan) return;
    auto pattern = pattern_of(*plan);
    if (patterns_.contains(pattern)) return;
    const auto settled = settle(*plan, way);
    if (settled.is_told) patterns_.insert(std::move(pattern));
    // Instead of letting those go first, it may outrank them.
    if (way == RemedyPlan::Way::others && plan->get_past(settled.first, RemedyPlan::Way::owner))
      settle(std::move(*plan), RemedyPlan::Way::owner);
  }

  // Tells the plan if a pass says that it suffices, or as soon as it does.
  Settled settle(RemedyPlan plan, RemedyPlan::Way way) {
    Settled settled;
    for (std::size_t yielded = 0; yielded <= turns_yielded; ++yielded) {
      if (work_ >= trials_limit) break;
      auto trial = put_to_a_pass(plan);
      if (!trial.fitting.empty()) {
        tell(std::move(plan), std::move(trial.fitting));
        settled.is_told = true;
        return settled;
      }
      if (yielded == 0) settled.first = trial.room;
      if (!plan.get_past(trial.room, way)) return settled;
    }
    result_.is_cut = true;
    return settled;
  }

  Trial put_to_a_pass(const RemedyPlan& plan) {
    auto trial = try_out(inquiry_.view, outlook_, plan);
    work_ += trial.work;
    return trial;
  }

  // Without what turned out to be in vain: those who would have got the room may find some elsewhere, or a
  // later change made an earlier one needless.
  void tell(RemedyPlan plan, std::vector<std::string> fitting) {
    while (plan.changes().size() > 1 && drop_one(plan, fitting)) {
    }
    const auto is_it = [&](const Remedy& other) { return other.changes == plan.changes(); };
    if (std::any_of(result_.found.begin(), result_.found.end(), is_it)) return;
    result_.found.push_back(told(plan.changes(), std::move(fitting)));
  }

  bool drop_one(RemedyPlan& plan, std::vector<std::string>& fitting) {
    if (plan.ended().size() > endings_doubted || work_ >= doubts_limit) {
      result_.is_cut = result_.is_cut || !plan.ended().empty();
      return false;
    }
    for (const auto job : plan.ended()) {
      auto shorter = plan.without(job);
      auto trial = put_to_a_pass(shorter);
      if (trial.fitting.empty()) continue;
      plan = std::move(shorter);
      fitting = std::move(trial.fitting);
      return true;
    }
    return false;
  }

  // A machine that has what is asked for, and what jobs before it would take of it; or the job outranks
  // those.
  void add_new_executor() {
    const auto rivals = rivals_on_a_new_one(inquiry_, outlook_);
    auto wanted = outlook_.shape();
    std::vector<NeededChange> changes;
    if (rivals.size() <= turns_yielded) {
      for (const auto id : rivals) add(wanted.resources, inquiry_.view.find(id)->definition.resources);
    } else {
      int highest = 0;
      for (const auto id : rivals) highest = std::max(highest, inquiry_.view.find(id)->definition.priority);
      result_.is_cut = result_.is_cut || highest >= limits::max_priority;
      if (highest >= limits::max_priority) return;
      changes.push_back({ChangeKind::definition, {}, {}, "priority", std::to_string(highest + 1)});
    }
    changes.push_back({ChangeKind::executor_joins, {}, {}, {}, demands_of(wanted)});
    std::string message;
    for (const auto& change : changes) message += (message.empty() ? "" : " and ") + in_words(change);
    result_.found.push_back({std::move(message), std::move(changes), {}});
  }

  const Inquiry& inquiry_;
  const Outlook& outlook_;
  std::size_t work_ = 0;
  std::set<Pattern> patterns_;
  Remedies result_;
};

}  // namespace

Remedies remedies_of(const Inquiry& inquiry, const Outlook& outlook) {
  return Search(inquiry, outlook).run();
}

}  // namespace berth
