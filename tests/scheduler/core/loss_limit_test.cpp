#include "scheduler/core/loss_limit.hpp"

#include <gtest/gtest.h>

namespace berth {
namespace {

int lost_at_once(LossLimit& limit, Monotonic now, std::size_t executors) {
  int lost = 0;
  while (limit.may_lose(now, executors)) ++lost;
  return lost;
}

// nomad#3840, #8646: a network that is away for a while, and hundreds of machines are declared dead.
TEST(LossLimit, LetsAFewGoAtOnceAndTheOthersOneSpanLater) {
  LossLimit limit;
  const Monotonic start{};
  EXPECT_EQ(lost_at_once(limit, start, 8), static_cast<int>(limits::losses_at_once));
  EXPECT_EQ(lost_at_once(limit, start + limits::losses_span - Milliseconds{1}, 8), 0);
  EXPECT_EQ(lost_at_once(limit, start + limits::losses_span, 8), static_cast<int>(limits::losses_at_once));
}

TEST(LossLimit, OfALargeFleetATenthMayGo) {
  LossLimit limit;
  EXPECT_EQ(lost_at_once(limit, Monotonic{}, 1'000), 100);
}

TEST(LossLimit, AnExecutorIsLostSoonEnoughAndNeverBeforeItsLeaseIsSafelyOver) {
  using namespace std::chrono_literals;
  for (const Milliseconds lease : {limits::min_lease, limits::lease, Milliseconds{1h}, limits::max_lease}) {
    EXPECT_GE(limits::lost_after(lease), lease + lease / 50 + 1s) << to_string(lease);
  }
  EXPECT_LE(limits::lost_after(limits::lease), 18s) << "a lost machine is decided on in 20 s";
}

}  // namespace
}  // namespace berth
