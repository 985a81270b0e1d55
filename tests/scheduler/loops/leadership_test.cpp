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

TEST(Leadership, who_hears_that_the_leader_has_resigned_leads_without_waiting_for_the_next_round) {
  test::Loop loop;
  test::ManualClock clock;
  test::MemoryStore store(loop.executor(), clock);
  const auto first = loop.run(store.take_leadership("first", std::nullopt)).value();
  TaskGroup tasks(loop.executor());
  Leadership second(loop.executor(), store, clock, "second", false, [] {});
  tasks.spawn("second", second.run());
  loop.run_until([&] { return second.leader() == "first"; });

  loop.run(store.resign_leadership("first", first)).value();
  const auto began = std::chrono::steady_clock::now();
  second.on_resigned();
  loop.run_until([&] { return second.epoch().has_value(); });
  EXPECT_LT(std::chrono::steady_clock::now() - began, limits::leader_renewal / 2);

  tasks.cancel();
  loop.run(tasks.join());
}

// The election itself may be among what the store lost.
TEST(Leadership, a_leader_on_a_store_that_went_back_in_time_leads_on_only_with_a_new_epoch) {
  test::Loop loop;
  test::ManualClock clock;
  test::MemoryStore store(loop.executor(), clock);
  TaskGroup tasks(loop.executor());
  Leadership leader(loop.executor(), store, clock, "one", true, [] {});
  tasks.spawn("leader", leader.run());
  loop.run_until([&] { return leader.epoch().has_value(); });
  const auto before = *leader.epoch();
  leader.on_history_lost();
  EXPECT_FALSE(leader.epoch());
  loop.run_until([&] { return leader.epoch().has_value(); });
  EXPECT_GT(leader.epoch()->value, before.value);

  tasks.cancel();
  loop.run(tasks.join());
}

}  // namespace
}  // namespace berth
