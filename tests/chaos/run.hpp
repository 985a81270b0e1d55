// One run of chaos, inside its namespaces.
#pragma once

#include "tests/chaos/containment.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace berth::chaos {

struct RunSettings {
  std::uint64_t seed = 1;
  double minutes = 3;
  std::vector<std::string> faults;      // kinds
  double patience = 1;                  // times as long as promised
  std::vector<std::string> guards_off;  // for a build that has guards
  std::filesystem::path keep;           // where what the run wrote is kept; empty: only if something is wrong
  std::filesystem::path berth;
  std::filesystem::path clock_shift;
};

// 0: every promise was kept; 1: one was broken; 2: the run itself failed.
int run_chaos(const RunSettings& settings, const Traces& traces);

}  // namespace berth::chaos
