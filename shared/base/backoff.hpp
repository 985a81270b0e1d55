// Waits between tries: doubling up to a bound, with jitter so that many clients don't come back in step.
#pragma once

#include "shared/base/time.hpp"

#include <algorithm>
#include <random>

namespace berth {

class Backoff {
 public:
  // The first wait and the longest; `seed` decides the jitter.
  Backoff(Milliseconds first, Milliseconds longest, std::uint64_t seed = std::random_device{}())
      : first_(first), longest_(longest), next_(first), random_(seed) {}

  // The next wait: between half and the whole of the doubled span ("equal jitter").
  Milliseconds next() {
    const auto span = next_;
    next_ = std::min(next_ * 2, longest_);
    std::uniform_int_distribution<std::int64_t> jitter(span.count() / 2, span.count());
    return Milliseconds{jitter(random_)};
  }

  // After a success.
  void reset() { next_ = first_; }

 private:
  Milliseconds first_;
  Milliseconds longest_;
  Milliseconds next_;
  std::mt19937_64 random_;
};

}  // namespace berth
