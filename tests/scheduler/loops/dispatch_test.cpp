// The leader's loop against a store in memory: what it does when the feed leaves something out.
#include "scheduler/loops/dispatch.hpp"

#include "shared/base/limits.hpp"
#include "shared/runtime/task_group.hpp"
#include "tests/shared/runtime/loop.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_store.hpp"

#include <gtest/gtest.h>

namespace berth {
namespace {

using namespace std::chrono_literals;
using test::Loop;
using test::ManualClock;
using test::MemoryStore;

class DispatchTest : public ::testing::Test {
 protected:
  DispatchTest() {
    tasks.spawn("leadership", leadership.run());
    tasks.spawn("dispatch", dispatch.run());
  }
  ~DispatchTest() override {
    tasks.cancel();
    loop.run(tasks.join());
  }

  // Nobody tells the dispatch: the test is its feed.
  JobId submit() {
    std::vector<JobDefinition> one(1);
    one[0].image = "x";
    return loop.run(store.admit(std::move(one), std::nullopt, "test")).value().ids[0];
  }
  void tell(std::uint64_t seq) {
    Event event;
    event.seq = seq;
    event.type = "executor.registered";
    dispatch.on_events({event});
  }
  void until_known(JobId id) {
    loop.run_until([&] { return dispatch.view().find(id) != nullptr; });
  }
  // Its record changes without a word, and the sweep comes across it.
  void change_unheard(JobId id) {
    const auto before = *dispatch.view().find(id);
    auto changed = before;
    changed.message = "by another way";
    const std::vector<Change> changes{{before, changed, "job.noted", "test"}};
    ASSERT_TRUE(loop.run(store.transition(changes, std::nullopt)));
    clock.advance(1min);
    dispatch.on_change();
    loop.run_until([&] { return dispatch.view().find(id)->message == "by another way"; });
  }

  Loop loop;
  ManualClock clock;
  MemoryStore store{loop.executor(), clock};
  TaskGroup tasks{loop.executor()};
  Liveness liveness{loop.executor(), store, clock, [] {}};
  Leadership leadership{loop.executor(), store, clock, "s1", true, [this] { dispatch.on_change(); }};
  SchedulerSettings settings;
  Dispatch dispatch{loop.executor(), store, clock, leadership, liveness, settings};
};

TEST_F(DispatchTest, a_gap_in_the_feed_makes_it_read_everything_again) {
  until_known(submit());
  const auto unheard = submit();
  tell(10);
  tell(12);
  until_known(unheard);
}

TEST_F(DispatchTest, the_sweep_finds_a_change_that_no_event_told) {
  const auto id = submit();
  until_known(id);
  change_unheard(id);
}

TEST_F(DispatchTest, what_the_sweep_reads_again_has_waited_for_room_no_less) {
  const auto id = submit();
  until_known(id);
  const auto since = dispatch.view().queue().since(id);
  change_unheard(id);
  EXPECT_EQ(dispatch.view().queue().since(id), since);
  EXPECT_GE(dispatch.view().now().monotonic - since, limits::reserve_after);
}

}  // namespace
}  // namespace berth
