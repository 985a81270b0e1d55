// What a waiting job meets when its turn comes in a pass over a view: on every executor, and before it. Pure.
#pragma once

#include "scheduler/core/verdict.hpp"

#include <optional>
#include <string>
#include <vector>

namespace berth {

class Outlook {
 public:
  // The job needn't be in the view: then it is as if it had just come. What the view points to must last.
  Outlook(const ClusterView& view, const PlacementRules& rules, const Turn& turn,
          const JobDefinition& definition, const std::vector<PlacementPass::Newcomer>& besides = {});
  // What was judged points into the pass.
  Outlook(const Outlook&) = delete;
  Outlook& operator=(const Outlook&) = delete;

  const Shape& shape() const { return shape_; }
  // The nearest to fitting first.
  const std::vector<Judged>& executors() const { return judged_; }
  // Where it goes; nothing: it waits.
  const std::optional<Assignment>& place() const { return place_; }
  // The pass, come as far as the job's turn.
  const PlacementPass& pass() const { return pass_; }
  // What the pass gives to those whose turn is earlier.
  const std::vector<Assignment>& before() const { return before_; }

 private:
  Shape shape_;
  PlacementPass pass_;
  std::vector<Assignment> before_;
  std::vector<Judged> judged_;
  std::optional<Assignment> place_;
};

// How near each executor is to having room for the shape as the pass stands now: the nearest first. They
// point into the pass.
std::vector<Judged> judge_all(const Shape& shape, const PlacementPass& pass);

// The reasons for waiting of a shape that has room nowhere, the one that really keeps it first: it is what is
// in the way on the executor that is nearest to having room.
std::vector<WaitReason> reasons_of(const Shape& shape, const std::vector<Judged>& executors);

// Those of an outlook. Empty where there is a place.
std::vector<WaitReason> reasons_of(const Outlook& outlook);

}  // namespace berth
