// What the API shows of an executor, and in which order.
#pragma once

#include "scheduler/loops/liveness.hpp"
#include "shared/model/executor_info.hpp"

namespace berth::api {

// DRAINED is DRAINING without jobs.
ExecutorState executor_state(const Liveness::Known& known, const Allocated& allocated);

ExecutorStatus executor_status(const Liveness::Known& known, Allocated allocated);

// By name, as people count: exec2 before exec10.
bool is_counted_before(const Liveness::Known& a, const Liveness::Known& b);

}  // namespace berth::api
