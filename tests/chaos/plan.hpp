// What is broken, when, and for how long: all of it follows from the seed, and is known before the run
// begins.
//
// Assumptions: a node has at most one fault at a time (those that go together are a kind of their own), and
// of the four machines at most two are broken at once, so that jobs always have somewhere to go. Faults come
// in turns: a round of several, some of which overlap, then a calm; then one alone, then a calm. In the calms
// it shows how long Berth takes to come back.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace berth::chaos {

using Span = std::chrono::duration<double>;

// On whom a kind of fault falls.
enum class Victim {
  scheduler,
  machine,
  redis,
  client_of_redis,  // a scheduler or a machine
  berth,            // any of these, Redis too
};

struct Kind {
  std::string_view name;
  Victim victim;
  double shortest = 0;  // seconds until it is healed
  double longest = 0;
};

// All kinds, in the order of --help.
const std::vector<Kind>& all_kinds();

// What the plan says: at `at` after the beginning, `kind` strikes `target`, and heals `lasts` later.
struct Strike {
  Span at{};
  Span lasts{};
  std::string_view kind;
  std::string target;    // a node's name
  std::uint64_t chance;  // what else is random about it
  bool is_alone = false;
};

struct Targets {
  std::vector<std::string> schedulers;
  std::vector<std::string> machines;
};

// In the order in which they strike; all heal within `length`. `kinds` are names of all_kinds(), not empty.
std::vector<Strike> plan(std::uint64_t seed, Span length, const std::vector<std::string>& kinds,
                         const Targets& targets);

}  // namespace berth::chaos
