// How many random lives a test plays, and from which on: few in the suite, many for people who look for more.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>

namespace berth::test {

// A number of the environment (BERTH_SEEDS, BERTH_FIRST_SEED), if it is there.
inline std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::stoull(value);
}

}  // namespace berth::test
