// The pause between two tries of a store call that fails: doubled from one to the next, and reset by success.
#pragma once

#include "shared/model/job_lifecycle.hpp"
#include "shared/runtime/async.hpp"

#include <algorithm>
#include <cstdint>

namespace berth {

class StoreRetry {
 public:
  bool has_failed() const { return failures_ > 0; }
  void succeeded() { failures_ = 0; }

  // Waits limits::store_first_retry after the first failure in a row, at most limits::store_longest_retry.
  Task<> pause() {
    ++failures_;
    const auto delay = lifecycle::retry_delay(limits::store_first_retry, failures_);
    co_await sleep_until(deadline_in(std::min(delay, limits::store_longest_retry)));
  }

 private:
  std::uint32_t failures_ = 0;
};

}  // namespace berth
