// One way to make room for a job on one executor: the changes, and what of the cluster they concern. Pure;
// whether it suffices is for a pass to tell.
#pragma once

#include "scheduler/core/explain.hpp"
#include "scheduler/core/outlook.hpp"

#include <optional>
#include <string>
#include <vector>

namespace berth {

class RemedyPlan {
 public:
  // Who changes something, where there is a choice: whoever runs the executors and the other jobs, or the
  // job's owner.
  enum class Way { others, owner };

  // Nothing where it can't be done so. `before`: what jobs of an earlier turn get in the pass.
  static std::optional<RemedyPlan> make(const Inquiry& inquiry, const Judged& judged,
                                        const std::vector<Assignment>& before, Way way);

  const std::vector<NeededChange>& changes() const { return changes_; }
  const std::string& executor() const { return executor_.info.name; }
  const JobDefinition& definition() const { return definition_; }
  Turn turn() const { return {definition_.priority, inquiry_->job.id}; }
  // For the pass that tells; while the plan lasts and stays where it is.
  PlacementPass::Later later() const { return {&executor_, ended_}; }

  // A pass gave the room to these jobs all the same: others' way, they must go first, too; the owner's, the
  // job must outrank them. False: it can't.
  bool get_past(const std::vector<JobId>& jobs, Way way);

 private:
  RemedyPlan(const Inquiry& inquiry, const Judged& judged, Way way);

  bool lift(const Finding& finding, const std::vector<Assignment>& before);
  void add(ChangeKind kind, std::optional<std::string> value = std::nullopt);
  void set(std::string field, std::optional<std::string> value);
  void lift_labels();
  void lift_place(std::string field, std::vector<std::string>& wanted, const std::string& here);
  void lift_volumes();
  bool lift_gpus(Fit fit);
  bool lift_cpu(Fit fit);
  bool lift_memory(Fit fit);
  void lift_gpu_health();
  bool outrank(const std::vector<JobId>& jobs);
  bool make_room();
  void end(JobId job);

  const Inquiry* inquiry_;
  Way way_;
  Free free_;              // of the executor at the job's turn, with what the changes add
  ExecutorView executor_;  // as it would be, but for the jobs that would have ended
  std::optional<JobId> kept_for_;
  JobDefinition definition_;
  std::vector<JobId> ended_;
  std::vector<NeededChange> changes_;
  bool needs_room_ = false;
};

// "with memory 48GiB", "without a GPU", "in any region": what a change of a definition's field means.
std::string change_words(const std::string& field, const std::optional<std::string>& value);

// What an executor must have for a shape: "4 CPUs, 8GiB of memory, label disk=ssd".
std::string demands_of(const Shape& shape);

}  // namespace berth
