// An upgrade as an operator does it: every scheduler and then every executor of a fleet is stopped and
// started, one after the other, while jobs are submitted without a pause.
#pragma once

#include "tests/support/fleet.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace berth::test {

struct RollingRestart {
  std::string binary;  // from which each is started again
  std::string jobs;    // YAML documents, submitted together, again and again; all have to succeed
  // Executors are drained before they are stopped, and resumed afterwards: for those whose containers end
  // with them.
  bool drains = false;
};

struct Rolled {
  std::size_t jobs = 0;
  std::vector<std::string> complaints;  // everything that went wrong, in words
};

// Returns once all jobs have ended. Each must have ended once, SUCCEEDED, with its first attempt.
Rolled restart_all(Fleet& fleet, const RollingRestart& how);

}  // namespace berth::test
