// When a waiting job is likely to get a place. Pure.
//
// Assumptions: a job that runs and has no retries left ends at its timeout at the latest; jobs of one name
// take about as long as they took before; where the image is, a process begins at once; no machine is lost,
// and nothing arrives meanwhile. Algorithm: the ends of what runs are gone through in order, and after each a
// placement pass tells whether the job's turn finds room; jobs before it take theirs, and end in turn. Once
// with the earliest ends that are thinkable, once with the latest. What depends on an end that nothing bounds
// is unknown, and so is the latest where a job of an earlier turn waits for its next attempt.
//
// Neither is a bound of every case between the two: an end that comes earlier may let another job go first,
// and that may take longer (Graham's anomalies of list scheduling). So the range is what is likely, and if
// its ends come out the other way round, they are told in their order.
#pragma once

#include "scheduler/core/explain.hpp"
#include "scheduler/core/outlook.hpp"

#include <cstdint>

namespace berth {

// `outlook` is the job's. Not before `from`: the end of a backoff, or now.
StartEstimate estimate_start(const Inquiry& inquiry, const Outlook& outlook, WallTime from);

// Whether another attempt follows if this one fails by the job's own fault.
bool has_retries_left(const Job& job, std::uint32_t attempt);

}  // namespace berth
