#include "scheduler/core/outlook.hpp"

#include "shared/base/joined.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace berth {
namespace {

// The executors on which one thing is in the way.
struct Group {
  Obstacle code;
  Fit fit;
  std::vector<const Judged*> executors{};  // the nearest first
};

// "the only executor is", "all 3 executors are", "1 of 3 executors is".
std::string so_many(std::size_t count, std::size_t all, const std::string& one, const std::string& several) {
  if (all == 1) return "the only executor " + one;
  if (count == all) return "all " + std::to_string(all) + " executors " + several;
  return std::to_string(count) + " of " + std::to_string(all) + " executors " + (count == 1 ? one : several);
}

// "(exec1, exec2, exec3 and 2 more)"
std::string names_of(const Group& group) {
  constexpr std::size_t most = 3;
  std::vector<std::string> names;
  for (const auto* judged : group.executors) {
    if (names.size() < most) names.push_back(judged->verdict.name);
  }
  const auto more = group.executors.size() - names.size();
  return " (" + joined(names) + (more > 0 ? " and " + std::to_string(more) + " more)" : ")");
}

// What counts of an executor: what is free where others have it, else what it offers.
Millicores cores_that_count(const Judged& judged, Fit fit) {
  return fit == Fit::later ? judged.verdict.free.cpu : judged.slot->executor->info.capacity.cpu;
}
Bytes memory_that_counts(const Judged& judged, Fit fit) {
  return fit == Fit::later ? judged.verdict.free.memory : judged.slot->executor->info.capacity.memory;
}

// The executor of the group that has most.
template <class AmountOf>
const Judged& richest(const Group& group, AmountOf amount_of) {
  const auto less = [&](const Judged* a, const Judged* b) {
    return amount_of(*a, group.fit) < amount_of(*b, group.fit);
  };
  return **std::max_element(group.executors.begin(), group.executors.end(), less);
}

std::string most_words(const Group& group, const std::string& amount, const Judged& judged) {
  return std::string(group.fit == Fit::later ? " (most: " : " (at most ") + amount + " on " +
         judged.verdict.name + ")";
}

std::string most_memory(const Group& group, const Shape& shape) {
  const auto& most = richest(group, memory_that_counts);
  return most_words(group, told_apart(memory_that_counts(most, group.fit), shape.resources.memory), most);
}

std::string most_cores(const Group& group) {
  const auto& most = richest(group, cores_that_count);
  return most_words(group, to_string(cores_that_count(most, group.fit)), most);
}

std::string want_words(const Group& group, const Shape& shape) {
  std::string labels;
  for (const auto& [name, value] : shape.placement.labels)
    labels += (labels.empty() ? "" : ", ") + name + "=" + value;
  switch (group.code) {
    case Obstacle::labels:
      return "wants label " + labels + ": ";
    case Obstacle::region:
      return "wants region " + joined(shape.placement.regions) + ": ";
    case Obstacle::datacenter:
      return "wants datacenter " + joined(shape.placement.datacenters) + ": ";
    case Obstacle::volumes:
      return "mounts " + joined(shape.host_paths) + ": ";
    case Obstacle::gpu:
    case Obstacle::gpu_health:
      return "needs " + in_words(*shape.resources.gpu) + ": ";
    case Obstacle::cpu:
      return "needs " + in_words(shape.resources.cpu) + ": ";
    case Obstacle::memory:
      return "needs " +
             told_apart(shape.resources.memory,
                        memory_that_counts(richest(group, memory_that_counts), group.fit)) +
             " of memory: ";
    default:
      return "";
  }
}

std::string lack_words(const Group& group, const Shape& shape, std::size_t all) {
  const auto count = group.executors.size();
  const bool is_busy = group.fit == Fit::later;
  switch (group.code) {
    case Obstacle::labels:
      return so_many(count, all, "hasn't it", "haven't it");
    case Obstacle::region:
    case Obstacle::datacenter:
      return so_many(count, all, "is elsewhere", "are elsewhere");
    case Obstacle::volumes:
      return so_many(count, all, "doesn't allow it", "don't allow it");
    case Obstacle::gpu:
      return is_busy ? so_many(count, all, "has them in use", "have them in use")
                     : so_many(count, all, "hasn't them", "haven't them");
    case Obstacle::cpu:
      return (is_busy ? so_many(count, all, "has fewer free", "have fewer free")
                      : so_many(count, all, "is smaller", "are smaller")) +
             most_cores(group);
    case Obstacle::memory:
      return (is_busy ? so_many(count, all, "has less free", "have less free")
                      : so_many(count, all, "is smaller", "are smaller")) +
             most_memory(group, shape);
    case Obstacle::gpu_health:
      return so_many(count, all, "has one that is out of order", "have some that are out of order") +
             names_of(group);
    case Obstacle::draining:
      return so_many(count, all, "is being drained", "are being drained") + names_of(group);
    case Obstacle::runtime:
      return so_many(count, all, "has a container runtime that takes nothing",
                     "have container runtimes that take nothing") +
             names_of(group);
    case Obstacle::lost:
      return so_many(count, all, "isn't heard", "aren't heard") + names_of(group);
    case Obstacle::reservation:
      return group.executors.front()->verdict.name + " is kept for job " +
             to_string(*group.executors.front()->slot->kept_for) + ", which waits longer";
    case Obstacle::turn:
      return "jobs whose turn is earlier take what is free" + names_of(group);
    default:
      return "";
  }
}

// Groups in order: the one first that binds the nearest executor.
auto rank_of(const Group& group) {
  using Rank = std::tuple<int, bool, std::size_t, double>;
  Rank best{99, true, 0, 0.0};
  for (const auto* judged : group.executors) {
    const bool is_bound_by_worse = severity_of({group.code, group.fit, {}}) != judged->severity;
    best = std::min(best, Rank{judged->severity, is_bound_by_worse, judged->binding, judged->missing});
  }
  return best;
}

}  // namespace

Outlook::Outlook(const ClusterView& view, const PlacementRules& rules, const Turn& turn,
                 const JobDefinition& definition, const std::vector<PlacementPass::Newcomer>& besides)
    : shape_(shape_of(definition)),
      pass_(view, rules, besides),
      before_(pass_.run_until(turn)),
      judged_(judge_all(shape_, pass_)) {
  if (const auto* best = pass_.best_slot(shape_)) place_ = pass_.assign(turn.job, shape_, *best);
}

std::vector<Judged> judge_all(const Shape& shape, const PlacementPass& pass) {
  std::vector<Judged> all;
  for (const auto& slot : pass.slots()) all.push_back(judge(shape, slot));
  std::stable_sort(all.begin(), all.end());
  return all;
}

std::vector<WaitReason> reasons_of(const Outlook& outlook) {
  if (outlook.place()) return {};
  return reasons_of(outlook.shape(), outlook.executors());
}

std::vector<WaitReason> reasons_of(const Shape& shape, const std::vector<Judged>& executors) {
  if (executors.empty()) {
    return {{Obstacle::no_executor, Fit::later, 0,
             "no executor has registered: `berth executor` starts one on a machine"}};
  }
  std::map<std::pair<Obstacle, Fit>, Group> by_code;
  for (const auto& judged : executors) {
    for (const auto& finding : judged.verdict.findings) {
      auto& group =
          by_code.try_emplace({finding.code, finding.fit}, Group{finding.code, finding.fit}).first->second;
      group.executors.push_back(&judged);
    }
  }
  std::vector<const Group*> groups;
  for (const auto& [code, group] : by_code) groups.push_back(&group);
  std::stable_sort(groups.begin(), groups.end(), [](const Group* a, const Group* b) {
    const auto first = rank_of(*a);
    const auto second = rank_of(*b);
    return first != second ? first < second : a->executors.size() > b->executors.size();
  });
  std::vector<WaitReason> reasons;
  for (const auto* group : groups) {
    reasons.push_back({group->code, group->fit, static_cast<std::uint32_t>(group->executors.size()),
                       want_words(*group, shape) + lack_words(*group, shape, executors.size())});
  }
  return reasons;
}

}  // namespace berth
