// What both forms of the report are made of.
#pragma once

#include "tests/chaos/history.hpp"

#include <vector>

namespace berth::chaos {

struct Quantiles {
  Seconds p50 = 0;
  Seconds p99 = 0;
  Seconds max = 0;
};

// Nearest rank: each is one of the times. There must be one.
Quantiles quantiles(std::vector<Seconds> times);

}  // namespace berth::chaos
