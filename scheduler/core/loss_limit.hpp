// How many executors may be taken for lost within a span: many that fall silent together are rather the sign
// of a network that is away. What they run ends with their leases all the same; only its going on elsewhere
// waits.
#pragma once

#include "shared/base/limits.hpp"
#include "shared/base/time.hpp"

#include <algorithm>
#include <cstddef>
#include <deque>

namespace berth {

class LossLimit {
 public:
  // Whether one more of `executors` may be lost now; a yes is counted.
  bool may_lose(Monotonic now, std::size_t executors) {
    while (!losses_.empty() && now - losses_.front() >= limits::losses_span) losses_.pop_front();
    if (losses_.size() >= std::max(limits::losses_at_once, executors / 10)) return false;
    losses_.push_back(now);
    return true;
  }

 private:
  std::deque<Monotonic> losses_;  // within limits::losses_span
};

}  // namespace berth
