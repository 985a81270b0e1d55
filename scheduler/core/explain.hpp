// Why a job isn't running, or why it runs where it does. Pure: the same view and record give the same answer.
//
// A job that waits is looked at as a placement pass does: all turns before its own are taken, and what is
// left of every executor then is what the job meets. So the reasons are those of the pass, whichever of the
// jobs before it they come from.
#pragma once

#include "scheduler/core/cluster_view.hpp"
#include "scheduler/core/placement_pass.hpp"
#include "shared/model/explanation.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace berth {

// How long jobs of one name ran that succeeded.
struct PastRuns {
  Milliseconds shortest{};
  Milliseconds longest{};
};
using History = std::map<std::string, PastRuns>;  // by name

struct Inquiry {
  const ClusterView& view;
  const PlacementRules& rules;
  const Job& job;          // its record; it needn't be in the view
  WallTime now;            // the view may be of an earlier pass
  bool has_leader = true;  // somebody places jobs
  History history{};       // of the jobs that run
  // All of a submit that is only tried, the job among them.
  const std::vector<PlacementPass::Newcomer>* besides = nullptr;
};

// All but who answered.
Explanation explain(const Inquiry& inquiry);

// The names whose history would tell more of when the job gets a place: of jobs that run where it may go, the
// nearest first, and of those that get a place before it. At most `limit`.
std::vector<std::string> names_in_the_way(const Inquiry& inquiry, std::size_t limit);

}  // namespace berth
