// With what a waiting job would get a place at once. Pure.
//
// For the executors that are nearest to fitting, and for those of each kind of obstacle that would need the
// fewest changes, two ways are tried: what others would have to do (jobs end, an operator resumes, a runtime
// recovers), and what the job's owner could ask for instead (less memory, another region, a higher priority).
// Where others of an earlier turn would take the room, they have to go first, too, or the job has to outrank
// them. Each way is put to the pass, which goes on from the job's turn with what would have changed, and only
// what it places is told, without the endings that turn out to be in vain. The smallest come first. Only a
// machine that joins isn't put to a pass: it is one for the job and all that would go there before it. The
// work is bounded: a few ways, and a few thousand judgements for each.
#pragma once

#include "scheduler/core/explain.hpp"
#include "scheduler/core/outlook.hpp"

#include <vector>

namespace berth {

struct Remedies {
  std::vector<Remedy> found;
  bool is_cut = false;  // there may be others: an executor wasn't tried, or a way was given up or isn't told
};

// `outlook` is the job's, and found no place.
Remedies remedies_of(const Inquiry& inquiry, const Outlook& outlook);

}  // namespace berth
