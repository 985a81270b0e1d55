// A clock that stands still until the test moves it.
#pragma once

#include "shared/base/time.hpp"

namespace berth::test {

class ManualClock final : public Clock {
 public:
  WallTime wall() const override { return wall_; }
  Monotonic monotonic() const override { return monotonic_; }
  BootTime boot() const override { return {monotonic_.time_since_epoch()}; }

  // Time passes.
  void advance(Milliseconds span) {
    wall_ = wall_ + span;
    monotonic_ += span;
  }
  // Somebody sets the wall clock.
  void step_wall(Milliseconds span) { wall_ = wall_ + span; }

 private:
  WallTime wall_{1'700'000'000'000};
  Monotonic monotonic_ = std::chrono::steady_clock::now();
};

}  // namespace berth::test
