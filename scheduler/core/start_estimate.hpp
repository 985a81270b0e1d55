// When a waiting job may get a place. Pure.
//
// Assumptions: a job that runs ends at its timeout at the latest; jobs of one name take about as long as they
// took before; nothing arrives meanwhile. Algorithm: the ends of what runs are gone through in order, and
// after each a placement pass tells whether the job's turn finds room; jobs before it take theirs, and end in
// turn. Once with the earliest ends that are thinkable, once with the latest. What depends on an end that
// nothing bounds is unknown.
#pragma once

#include "scheduler/core/explain.hpp"
#include "scheduler/core/outlook.hpp"

namespace berth {

// `outlook` is the job's. Not before `from`: the end of a backoff, or now.
StartEstimate estimate_start(const Inquiry& inquiry, const Outlook& outlook, WallTime from);

}  // namespace berth
