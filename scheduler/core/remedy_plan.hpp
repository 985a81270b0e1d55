// One way to make room for a job on one executor: the changes, and what of the cluster they concern. Pure;
// whether it suffices is for a pass to tell.
#pragma once

#include "scheduler/core/explain.hpp"
#include "scheduler/core/outlook.hpp"
#include "scheduler/core/slot_room.hpp"

#include <cstddef>
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
  const std::vector<JobId>& ended() const { return ended_; }
  const std::string& executor() const { return executor_.info.name; }
  const JobDefinition& definition() const { return definition_; }
  Turn turn() const { return {definition_.priority, inquiry_->job.id}; }
  // For the pass that tells; while the plan lasts and stays where it is.
  PlacementPass::Later later() const { return {&executor_, ended_}; }

  // A pass gave the room to others all the same: others' way, as many of them as are in the way must go
  // first, too; the owner's, the job must outrank them. False: it can't.
  bool get_past(const SlotRoom& room, Way way);
  // The same, but that this job goes on.
  RemedyPlan without(JobId ending) const;

 private:
  RemedyPlan(const Inquiry& inquiry, const Judged& judged, const std::vector<Assignment>& before, Way way);

  bool lift(const Finding& finding);
  void add(ChangeKind kind, std::optional<std::string> value = std::nullopt);
  void set(std::string field, std::optional<std::string> value);
  void lift_labels();
  void lift_place(std::string field, std::vector<std::string>& wanted, const std::string& here);
  void lift_volumes();
  bool lift_gpus(Fit fit);
  bool lift_cpu(Fit fit);
  bool lift_memory(Fit fit);
  bool lift_reservation();
  bool lift_turn();
  void lift_gpu_health();
  SlotRoom room() const;
  int priority_of(JobId job) const;
  bool outrank(const SlotRoom& room);
  bool outrank_all();
  bool make_room();
  void end(JobId job);

  const Inquiry* inquiry_;
  Way way_;
  Free free_;                      // of the executor at the job's turn, with what the changes add
  ExecutorView executor_;          // as it would be, but for the jobs that would have ended
  std::vector<Assignment> taken_;  // what of it the pass gives to earlier turns
  std::optional<JobId> kept_for_;
  JobDefinition definition_;
  std::vector<JobId> ended_;
  std::vector<NeededChange> changes_;
  bool needs_room_ = false;
};

// About how many changes others would have to make for the job to run there.
std::size_t changes_needed(const Inquiry& inquiry, const Judged& judged);

}  // namespace berth
