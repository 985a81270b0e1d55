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

// The reasons that an outlook gives for waiting, the one that really keeps it first: it is what is in the
// way on the executor that is nearest to having room. Empty where there is a place.
std::vector<WaitReason> reasons_of(const Outlook& outlook);

}  // namespace berth
