// What jobs use at present, for the answers that tell it.
#pragma once

#include "scheduler/api/api.hpp"
#include "scheduler/core/usage.hpp"

#include <set>
#include <string>

namespace berth::api {

// What these executors have just told; nothing of one that isn't heard. For a store that doesn't answer it
// waits limits::usage_patience: an answer is as good without.
Task<ToldUsage> told_usage(Services& services, std::set<std::string> executors);

}  // namespace berth::api
