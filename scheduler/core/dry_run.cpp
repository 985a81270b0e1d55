#include "scheduler/core/dry_run.hpp"

#include "scheduler/core/outlook.hpp"
#include "shared/base/limits.hpp"
#include "shared/model/image_name.hpp"

#include <limits>
#include <unordered_map>
#include <utility>

namespace berth {
namespace {

// Numbers behind all that were given.
JobId number_of(std::size_t index) { return {max_job_id + 1 + index}; }

// Behind every turn.
constexpr Turn the_end{-1, JobId{std::numeric_limits<std::uint64_t>::max()}};

Explanation explanation_of(const ClusterView& view, const PlacementRules& rules, WallTime now,
                           bool has_leader, const std::vector<PlacementPass::Newcomer>& jobs,
                           std::size_t index) {
  Job job;
  job.id = number_of(index);
  job.definition = jobs[index].definition;
  job.reason = Reason::queued;
  auto explanation = explain({view, rules, job, now, has_leader});
  if (jobs.size() > 1 && explanation.reasons.front().code == Obstacle::next_pass) {
    // It would wait for the others of the same submit.
    const Outlook outlook(view, rules, {job.definition.priority, job.id}, job.definition, jobs);
    explanation.reasons = reasons_of(outlook);
    if (!explanation.reasons.empty()) explanation.summary = explanation.reasons.front().message;
  }
  explanation.job.reset();
  return explanation;
}

std::string pull_words(const DryRun& result, const std::vector<PlacementPass::Newcomer>& jobs) {
  std::string missing;
  for (const auto& place : result.places) {
    if (!place.executor || place.image_there) continue;
    const auto words = jobs[place.index].definition.image + " isn't known to be on " + *place.executor;
    if (missing.empty()) missing = words;
  }
  if (result.placed == 0) return "unknown before it is known where it goes";
  if (missing.empty()) return "nothing, the image is there";
  return "unknown: " + missing + ", and its size only shows when it is pulled";
}

}  // namespace

DryRun dry_run(const ClusterView& view, const PlacementRules& rules, std::vector<JobDefinition> definitions,
               WallTime now, bool has_leader) {
  std::vector<PlacementPass::Newcomer> jobs;
  for (std::size_t i = 0; i < definitions.size(); ++i)
    jobs.push_back({number_of(i), std::move(definitions[i])});
  std::unordered_map<JobId, Assignment> got;
  PlacementPass pass(view, rules, jobs);
  for (auto& assignment : pass.run_until(the_end)) got.emplace(assignment.job, std::move(assignment));
  DryRun result;
  result.jobs = jobs.size();
  bool is_all_there = true;
  std::optional<std::size_t> first_that_waits;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    PlannedPlace place;
    place.index = i;
    const auto found = has_leader ? got.find(number_of(i)) : got.end();
    if (found != got.end()) {
      const auto image = full_image_name(jobs[i].definition.image);
      place.executor = found->second.executor;
      place.why = found->second.why;
      place.image_there = has_image(view.executors().at(found->second.executor).info, image);
      is_all_there = is_all_there && place.image_there;
      ++result.placed;
    } else if (!first_that_waits) {
      first_that_waits = i;
    }
    result.places.push_back(std::move(place));
  }
  result.waiting = result.jobs - result.placed;
  if (result.placed > 0 && is_all_there) result.pull_bytes = Bytes{0};
  result.pull = pull_words(result, jobs);
  result.explanation = explanation_of(view, rules, now, has_leader, jobs, first_that_waits.value_or(0));
  if (first_that_waits) result.places[*first_that_waits].why = result.explanation->summary;
  return result;
}

}  // namespace berth
