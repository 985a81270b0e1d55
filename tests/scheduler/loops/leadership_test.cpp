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

class LeadershipTest : public testing::Test {
 protected:
  void TearDown() override { finish(); }

  void finish() {
    tasks_.cancel();
    loop_.run(tasks_.join());
  }

  void run(Leadership& scheduler) { tasks_.spawn("leadership", scheduler.run()); }

  test::Loop loop_;
  test::ManualClock clock_;
  test::MemoryStore store_{loop_.executor(), clock_};
  TaskGroup tasks_{loop_.executor()};
};

// One leads, and another has seen it.
class AnotherLeads : public LeadershipTest {
 protected:
  AnotherLeads() {
    run(second_);
    loop_.run_until([&] { return second_.leader() == "first"; });
  }

  Epoch first_ = loop_.run(store_.take_leadership("first", std::nullopt)).value();
  Leadership second_{loop_.executor(), store_, clock_, "second", false, [] {}};
};

TEST_F(AnotherLeads, a_leader_whose_counter_stands_still_for_long_enough_is_replaced_and_no_sooner) {
  clock_.step_wall(std::chrono::hours{1});
  clock_.advance(limits::leader_lost_after - Milliseconds{1});
  loop_.run(sleep_until(deadline_in(limits::leader_renewal + Milliseconds{200})));  // it looks again
  EXPECT_FALSE(second_.epoch());
  clock_.advance(Milliseconds{1});
  loop_.run_until([&] { return second_.epoch().has_value(); });
  EXPECT_GT(second_.epoch()->value, first_.value);
}

TEST_F(AnotherLeads, who_hears_that_the_leader_has_resigned_leads_without_waiting_for_the_next_round) {
  loop_.run(store_.resign_leadership("first", first_)).value();
  const auto began = std::chrono::steady_clock::now();
  second_.on_resigned();
  loop_.run_until([&] { return second_.epoch().has_value(); });
  EXPECT_LT(std::chrono::steady_clock::now() - began, limits::leader_renewal / 2);
}

// The election itself may be among what the store lost.
TEST_F(LeadershipTest, a_leader_on_a_store_that_went_back_in_time_leads_on_only_with_a_new_epoch) {
  Leadership leader(loop_.executor(), store_, clock_, "one", true, [] {});
  run(leader);
  loop_.run_until([&] { return leader.epoch().has_value(); });
  const auto before = *leader.epoch();
  leader.on_history_lost();
  EXPECT_FALSE(leader.epoch());
  loop_.run_until([&] { return leader.epoch().has_value(); });
  EXPECT_GT(leader.epoch()->value, before.value);
  finish();
}

}  // namespace
}  // namespace berth
