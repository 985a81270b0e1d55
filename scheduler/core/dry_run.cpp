#include "scheduler/core/dry_run.hpp"

#include "scheduler/core/outlook.hpp"
#include "shared/base/limits.hpp"
#include "shared/model/image_name.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

namespace berth {
namespace {

// Numbers behind all that were given.
JobId number_of(std::size_t index) { return {max_job_id + 1 + index}; }

// Behind every turn.
constexpr Turn the_end{-1, JobId{std::numeric_limits<std::uint64_t>::max()}};

// Whose reason for waiting is looked for: each costs a judgement of all executors.
constexpr std::size_t shapes_told = 20;

using Newcomers = std::vector<PlacementPass::Newcomer>;
using Places = std::unordered_map<JobId, Assignment>;

// What the jobs that get no place meet when their turn comes, by shape_key: for the first of each shape.
std::map<std::string, std::string> whys_of_waiting(const ClusterView& view, const PlacementRules& rules,
                                                   const Newcomers& jobs, const Places& got) {
  std::map<std::string, Turn> first_turns;
  for (const auto& [id, definition] : jobs) {
    if (got.contains(id)) continue;
    const Turn turn{definition.priority, id};
    auto& first = first_turns.try_emplace(shape_key(shape_of(definition)), turn).first->second;
    first = std::min(first, turn);
  }
  std::vector<std::pair<Turn, std::string>> turns;
  for (const auto& [key, turn] : first_turns) turns.emplace_back(turn, key);
  std::sort(turns.begin(), turns.end());
  if (turns.size() > shapes_told) turns.resize(shapes_told);
  std::map<std::string, std::string> whys;
  PlacementPass pass(view, rules, jobs);
  for (const auto& [turn, key] : turns) {
    pass.run_until(turn);
    const auto shape = shape_of(jobs[turn.job.value - number_of(0).value].definition);
    const auto reasons = reasons_of(shape, judge_all(shape, pass));
    if (!reasons.empty()) whys[key] = reasons.front().message;
  }
  return whys;
}

Explanation explanation_of(const ClusterView& view, const PlacementRules& rules, WallTime now,
                           bool has_leader, const Newcomers& jobs, std::size_t index) {
  Job job;
  job.id = number_of(index);
  job.definition = jobs[index].definition;
  job.reason = Reason::queued;
  auto explanation = explain({view, rules, job, now, has_leader, {}, &jobs});
  explanation.job.reset();
  return explanation;
}

// Whose size is looked for: each costs a look at all executors.
constexpr std::size_t images_sized = 100;

// The largest of those that executors have by this name: it may have changed since some pulled it.
std::optional<Bytes> known_size(const ClusterView& view, const std::string& image) {
  std::optional<Bytes> size;
  for (const auto& [name, executor] : view.executors())
    size = std::max(size, image_size(executor.info, image));
  return size;
}

// What is to be pulled, each image once on each executor.
class Pulls {
 public:
  explicit Pulls(const ClusterView& view) : view_(view) {}

  void add(const std::string& executor, const std::string& image) {
    const auto name = full_image_name(image);
    if (!pulled_.emplace(executor, name).second) return;
    if (!sizes_.contains(name) && sizes_.size() < images_sized) sizes_[name] = known_size(view_, name);
    const auto known = sizes_.find(name);
    if (known != sizes_.end() && known->second) {
      bytes_ += *known->second;
    } else if (unknown_.empty()) {
      unknown_ = known == sizes_.end() ? "these are more images than are looked for"
                                       : "no executor tells the size of " + image;
    }
    first_ = first_.empty() ? image + " by " + executor : first_;
  }

  std::optional<Bytes> bytes() const { return unknown_.empty() ? std::optional(bytes_) : std::nullopt; }
  std::string in_words() const {
    if (pulled_.empty()) return "nothing, the image is there";
    if (!unknown_.empty()) return "unknown: " + unknown_ + ", and a size only shows when an image is pulled";
    const auto size = to_string(bytes_) + " when unpacked, as other executors have it";
    if (pulled_.size() == 1) return first_ + ": " + size;
    return std::to_string(pulled_.size()) + " pulls, as of " + first_ + ": " + size;
  }

 private:
  const ClusterView& view_;
  std::set<std::pair<std::string, std::string>> pulled_;
  std::map<std::string, std::optional<Bytes>> sizes_;
  Bytes bytes_{};
  std::string first_;
  std::string unknown_;
};

}  // namespace

DryRun dry_run(const ClusterView& view, const PlacementRules& rules, std::vector<JobDefinition> definitions,
               WallTime now, bool has_leader) {
  Newcomers jobs;
  for (std::size_t i = 0; i < definitions.size(); ++i)
    jobs.push_back({number_of(i), std::move(definitions[i])});
  Places got;
  PlacementPass pass(view, rules, jobs);
  if (has_leader) {
    for (auto& assignment : pass.run_until(the_end)) got.emplace(assignment.job, std::move(assignment));
  }
  DryRun result;
  result.jobs = jobs.size();
  Pulls pulls(view);
  std::optional<std::size_t> first_that_waits;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    PlannedPlace place;
    place.index = i;
    const auto found = got.find(number_of(i));
    if (found != got.end()) {
      const auto image = full_image_name(jobs[i].definition.image);
      place.executor = found->second.executor;
      place.why = found->second.why;
      place.image_there = has_image(view.executors().at(found->second.executor).info, image);
      if (!place.image_there) pulls.add(found->second.executor, jobs[i].definition.image);
      ++result.placed;
    } else if (!first_that_waits) {
      first_that_waits = i;
    }
    result.places.push_back(std::move(place));
  }
  result.waiting = result.jobs - result.placed;
  if (result.placed > 0) result.pull_bytes = pulls.bytes();
  result.pull = result.placed > 0 ? pulls.in_words() : "unknown before it is known where it goes";
  result.explanation = explanation_of(view, rules, now, has_leader, jobs, first_that_waits.value_or(0));
  if (result.waiting > 1 && has_leader) {
    const auto whys = whys_of_waiting(view, rules, jobs, got);
    for (auto& place : result.places) {
      if (place.executor) continue;
      const auto why = whys.find(shape_key(shape_of(jobs[place.index].definition)));
      place.why = why == whys.end() ? "no executor has room for it when its turn comes" : why->second;
    }
  } else if (result.waiting > 0) {
    for (auto& place : result.places) {
      if (!place.executor) place.why = result.explanation->summary;
    }
  }
  return result;
}

}  // namespace berth
