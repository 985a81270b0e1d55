// How many jobs ended within the last minutes. What it is told is counted at the instant at which it is told,
// on this process's own clock; it keeps a second each, and so never more than span / 1 s of them.
#pragma once

#include "shared/base/time.hpp"
#include "shared/model/overview.hpp"

#include <algorithm>
#include <chrono>
#include <deque>

namespace berth {

class EndingTally {
 public:
  static constexpr Milliseconds span = std::chrono::minutes{10};

  // Whatever ends from now on is told.
  void begin(Monotonic now) {
    since_ = now;
    seconds_.clear();
  }

  // A job has come to that status; one that isn't an ending doesn't count.
  void count(JobStatus status, Monotonic now) {
    if (!is_terminal(status)) return;
    while (!seconds_.empty() && now - seconds_.front().begun >= span) seconds_.pop_front();
    if (seconds_.empty() || now - seconds_.back().begun >= std::chrono::seconds{1})
      seconds_.push_back({now, EndedJobs{}});
    auto& counts = seconds_.back().counts;
    if (status == JobStatus::succeeded) ++counts.succeeded;
    if (status == JobStatus::failed) ++counts.failed;
    if (status == JobStatus::aborted) ++counts.aborted;
  }

  Endings endings(Monotonic now) const {
    Endings result;
    result.counted_for = std::min(std::chrono::duration_cast<Milliseconds>(now - since_), span);
    result.last_minute = within(std::chrono::minutes{1}, now);
    result.last_ten_minutes = within(span, now);
    return result;
  }

 private:
  struct Second {
    Monotonic begun{};
    EndedJobs counts;
  };

  EndedJobs within(Milliseconds length, Monotonic now) const {
    EndedJobs sum;
    for (const auto& second : seconds_) {
      if (now - second.begun >= length) continue;
      sum.succeeded += second.counts.succeeded;
      sum.failed += second.counts.failed;
      sum.aborted += second.counts.aborted;
    }
    return sum;
  }

  Monotonic since_{};
  std::deque<Second> seconds_;  // those in which something ended, oldest first
};

}  // namespace berth
