// A whole Berth in one thread: schedulers, executors and machines as they are, on a store and runtimes in
// memory, in simulated time. A seed decides what is asked of it, how long every message takes, and what
// breaks when; the same seed does the same again.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace berth::test {

struct Verdict {
  std::vector<std::string> wrongs;            // what must never happen, and did
  std::map<std::string, std::size_t> counts;  // of jobs by ending, faults by kind, attempts
  std::vector<std::string> history;           // the faults in their order, with their numbers
  std::size_t faults = 0;                     // how many numbers were given
};

struct Scenario {
  std::uint64_t seed = 1;
  std::size_t jobs = 200;
  // Faults by number that don't happen: for finding the shortest history that goes wrong. The others stay as
  // they are.
  std::set<std::size_t> left_out{};
};

// Plays it to its end: until every job has ended, some time after the last fault.
Verdict play(const Scenario& scenario);

// Of a scenario that goes wrong: the same with as few faults and jobs as still do.
Scenario shortest(Scenario scenario);

}  // namespace berth::test
