// Who may work something out when, and what of the loop is left to others.
#include "scheduler/api/turnstile.hpp"

#include "shared/runtime/task_group.hpp"
#include "tests/shared/runtime/loop.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

namespace berth::api {
namespace {

class AtATurnstile : public ::testing::Test {
 protected:
  ~AtATurnstile() override {
    tasks.cancel();
    loop.run(tasks.join());
  }

  // Takes its turn, and keeps it while it is held.
  Task<> pass(std::string name) {
    Turnstile::Place place(turnstile);
    co_await place.turn();
    inside.push_back(name);
    most_inside = std::max(most_inside, inside.size());
    while (is_held) co_await sleep_until(deadline_in(Milliseconds{1}));
    std::erase(inside, name);
    passed.push_back(name);
  }
  // Takes its turn, and lets nobody else run meanwhile.
  Task<> work() {
    Turnstile::Place place(turnstile);
    co_await place.turn();
    began.push_back(loop_now());
    std::this_thread::sleep_for(Milliseconds{20});
    ended.push_back(loop_now());
  }

  test::Loop loop;
  TaskGroup tasks{loop.executor()};
  Turnstile turnstile{loop.executor()};
  bool is_held = false;
  std::vector<std::string> inside;
  std::size_t most_inside = 0;
  std::vector<std::string> passed;
  std::vector<Monotonic> began;
  std::vector<Monotonic> ended;
};

using Names = std::vector<std::string>;

TEST_F(AtATurnstile, one_at_a_time_passes_in_the_order_in_which_they_came) {
  is_held = true;
  for (const auto* name : {"a", "b", "c"}) tasks.spawn(name, pass(name));
  loop.run_until([&] { return inside == Names{"a"}; });
  is_held = false;
  loop.run_until([&] { return passed.size() == 3; });
  EXPECT_EQ(passed, (Names{"a", "b", "c"}));
  EXPECT_EQ(most_inside, 1u);
}

TEST_F(AtATurnstile, who_goes_away_holds_up_nobody) {
  is_held = true;
  TaskGroup first{loop.executor()};
  TaskGroup second{loop.executor()};
  first.spawn("a", pass("a"));
  second.spawn("b", pass("b"));
  tasks.spawn("c", pass("c"));
  loop.run_until([&] { return inside == Names{"a"}; });
  second.cancel();
  loop.run(second.join());
  is_held = false;
  first.cancel();
  loop.run(first.join());
  loop.run_until([&] { return passed.size() == 1; });
  EXPECT_EQ(passed, Names{"c"});
}

TEST_F(AtATurnstile, between_two_the_loop_belongs_to_others_for_as_long_as_the_first_took) {
  tasks.spawn("one", work());
  tasks.spawn("another", work());
  loop.run_until([&] { return ended.size() == 2; });
  const auto took = ended[0] - began[0];
  EXPECT_GE(began[1] - ended[0], std::min<Monotonic::duration>(took, Turnstile::longest_pause));
}

}  // namespace
}  // namespace berth::api
