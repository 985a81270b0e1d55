// Decides which waiting job goes to which executor. Pure: the same view gives the same answer.
//
// Assumptions: jobs are many, shapes few (tens to hundreds); executors are up to thousands; most passes
// happen with little room and place little. Algorithm: take the jobs in turn (priority, then age) over all
// shapes; judge every executor once per shape and pass, and try them best-fit first: the one that will be
// left with the least of what the job needs most (bin packing, as in "best fit" of Coffman, Garey and
// Johnson's survey), so that large jobs find whole machines; or, to spread, the one that is left with most.
// One that has the job's image already is preferred to one that fits somewhat better.
// When a shape finds no room, its other jobs are skipped for this pass; smaller shapes flow past it. Not for
// ever: the job whose turn is first among those without room holds one executor once it has waited too long
// (as in backfilling with one reservation, Lifka's EASY): nothing of a later turn is placed there.
#pragma once

#include "scheduler/core/cluster_view.hpp"
#include "shared/base/limits.hpp"

#include <string>
#include <vector>

namespace berth {

struct Assignment {
  JobId job;
  std::string executor;
  std::vector<std::string> gpus;  // uuids of the devices it gets there
  std::string why;                // there, in words: as the executors were when the pass came to its shape
};

// A waiting job whose verdict changed: from "waits" to "no executor could ever run it", or back.
struct VerdictChange {
  JobId job;
  bool satisfiable = true;
  std::string message;  // why not
};

struct PlacementResult {
  std::vector<Assignment> assignments;
  std::vector<VerdictChange> verdicts;
};

struct PlacementRules {
  bool spread = false;                                 // over the executors, instead of packing them
  Milliseconds reserve_after = limits::reserve_after;  // of waiting without room
};

// At most `limit` assignments and `limit` changes of verdict.
PlacementResult place(const ClusterView& view, std::size_t limit, const PlacementRules& rules = {});

}  // namespace berth
