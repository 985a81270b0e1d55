// What is read at the end, when nothing lives any more: records, containers, allocations, output.
#pragma once

#include "tests/chaos/api.hpp"
#include "tests/chaos/history.hpp"
#include "tests/chaos/world.hpp"

namespace berth::chaos {

// Returns once no job is live; after `limit` those that still are remain so. True if none are.
Task<bool> settle(Api& api, Milliseconds limit);
// Returns once no daemon has a container, or `limit` has passed.
Task<> await_no_containers(World& world, Milliseconds limit);

// Throws std::runtime_error if somebody doesn't answer.
Task<> dump_records(Api& api, const HistoryWriter& history);  // jobs, and the output of their attempts
Task<> dump_executors(Api& api, const HistoryWriter& history);
void dump_containers(World& world, const HistoryWriter& history);

}  // namespace berth::chaos
