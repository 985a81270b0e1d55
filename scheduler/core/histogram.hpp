// How often something took how long, for people who watch a scheduler.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace berth {

struct Histogram {
  static constexpr std::array<double, 7> bounds{0.001, 0.005, 0.02, 0.1, 0.5, 2, 10};  // seconds

  void add(double seconds) {
    std::size_t bucket = 0;
    while (bucket < bounds.size() && seconds > bounds[bucket]) ++bucket;
    ++counts[bucket];
    ++count;
    sum += seconds;
  }

  std::array<std::uint64_t, bounds.size() + 1> counts{};  // up to each bound, and above all of them
  std::uint64_t count = 0;
  double sum = 0;
};

}  // namespace berth
