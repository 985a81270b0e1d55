// Who leads when the leader falls silent: told with a clock that the test moves.
#include "scheduler/loops/leadership.hpp"

#include "shared/base/limits.hpp"
#include "shared/runtime/task_group.hpp"
#include "tests/shared/runtime/loop.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_store.hpp"

#include <gtest/gtest.h>

namespace berth {
namespace {

TEST(Leadership, a_leader_whose_counter_stands_still_for_long_enough_is_replaced_and_no_sooner) {
  test::Loop loop;
  test::ManualClock clock;
  test::MemoryStore store(loop.executor(), clock);
  const auto first = loop.run(store.take_leadership("first", std::nullopt)).value();
  TaskGroup tasks(loop.executor());
  Leadership second(loop.executor(), store, clock, "second", false, [] {});
  tasks.spawn("second", second.run());
  loop.run_until([&] { return second.leader() == "first"; });

  clock.step_wall(std::chrono::hours{1});
  clock.advance(limits::leader_lost_after - Milliseconds{1});
  loop.run(sleep_until(deadline_in(limits::leader_renewal + Milliseconds{200})));  // it looks again
  EXPECT_FALSE(second.epoch());
  clock.advance(Milliseconds{1});
  loop.run_until([&] { return second.epoch().has_value(); });
  EXPECT_GT(second.epoch()->value, first.value);

  tasks.cancel();
  loop.run(tasks.join());
}

}  // namespace
}  // namespace berth
