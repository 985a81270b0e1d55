#include "shared/runtime/async.hpp"

#include "shared/runtime/task_group.hpp"
#include "tests/shared/runtime/loop.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

#include <string>

namespace berth::test {
namespace {

using namespace std::chrono_literals;

bool is_cancellation(const boost::system::system_error& error) {
  return error.code() == asio::error::operation_aborted;
}

Task<> wait_and_note(Wakeup& wakeup, std::string& notes) {
  const bool woken = co_await wakeup.wait();
  notes += woken ? "woken " : "late ";
}

TEST(Wakeup, RemembersANotificationThatCameBeforeTheWait) {
  Loop loop;
  Wakeup wakeup(loop.executor());
  wakeup.notify();
  wakeup.notify();
  EXPECT_TRUE(loop.run(wakeup.wait(deadline_in(10s))));
  EXPECT_FALSE(loop.run(wakeup.wait(deadline_in(1ms)))) << "two notifications before one wait are one";
}

TEST(Wakeup, WakesTheOneWhoWaits) {
  Loop loop;
  Wakeup wakeup(loop.executor());
  TaskGroup group(loop.executor());
  std::string notes;
  group.spawn("waiter", wait_and_note(wakeup, notes));
  wakeup.notify();
  loop.run(group.join());
  EXPECT_EQ(notes, "woken ");
}

TEST(Wakeup, ReportsANotificationEvenWhenTheDeadlineHasPassed) {
  Loop loop;
  Wakeup wakeup(loop.executor());
  wakeup.notify();
  EXPECT_TRUE(loop.run(wakeup.wait(deadline_in(-1s))));
}

Task<> deliver(std::shared_ptr<OneShot<std::string>> answer) {
  answer->set("first");
  answer->set("second");
  co_return;
}

Task<> await_answer(std::shared_ptr<OneShot<std::string>> answer) { co_await answer->wait(no_deadline); }

TEST(OneShot, DeliversTheFirstValueThatWasSet) {
  Loop loop;
  const auto answer = std::make_shared<OneShot<std::string>>(loop.executor());
  TaskGroup group(loop.executor());
  group.spawn("answering", deliver(answer));
  EXPECT_EQ(loop.run(answer->wait(deadline_in(10s))), "first");
}

TEST(OneShot, GivesUpAtTheDeadlineAndTakesALateValueInSilence) {
  Loop loop;
  const auto answer = std::make_shared<OneShot<std::string>>(loop.executor());
  EXPECT_EQ(loop.run(answer->wait(deadline_in(5ms))), std::nullopt);
  answer->set("late");
  EXPECT_TRUE(answer->is_set());
}

Task<> sleep_long(std::string& notes) {
  try {
    co_await sleep_until(deadline_in(1h));
    notes += "slept";
  } catch (const boost::system::system_error& error) {
    notes += is_cancellation(error) ? "cancelled" : "failed";
    throw;
  }
}

TEST(TaskGroup, CancelEndsWhatItsTasksAwait) {
  Loop loop;
  TaskGroup group(loop.executor());
  std::string notes;
  Wakeup never(loop.executor());
  const auto unanswered = std::make_shared<OneShot<std::string>>(loop.executor());
  group.spawn("sleeper", sleep_long(notes));
  group.spawn("waiter", wait_and_note(never, notes));
  group.spawn("listener", await_answer(unanswered));
  loop.run(sleep_until(deadline_in(1ms)));
  EXPECT_EQ(group.size(), 3u);
  group.cancel();
  loop.run(group.join());
  EXPECT_EQ(group.size(), 0u);
  EXPECT_EQ(notes, "cancelled") << "the waiter must not take a cancellation for a notification";
}

Task<> await_two_at_once() {
  using boost::asio::experimental::awaitable_operators::operator||;
  co_await (sleep_until(deadline_in(1h)) || sleep_until(deadline_in(2h)));
}

TEST(TaskGroup, CancelReachesATaskThatAwaitsTwoThingsAtOnce) {
  Loop loop;
  TaskGroup group(loop.executor());
  group.spawn("both", await_two_at_once());
  loop.run(sleep_until(deadline_in(1ms)));
  group.cancel();
  loop.run(group.join());
  EXPECT_EQ(group.size(), 0u);
}

TEST(TaskGroup, CancelReachesATaskThatHasNotBegun) {
  Loop loop;
  TaskGroup group(loop.executor());
  std::string notes;
  group.spawn("sleeper", sleep_long(notes));
  group.cancel();
  loop.run(group.join());
  EXPECT_EQ(group.size(), 0u);
}

Task<> spawn_another(TaskGroup& group, int left) {
  if (left > 0) group.spawn("child", spawn_another(group, left - 1));
  co_await sleep_until(deadline_in(1h));
}

TEST(TaskGroup, TasksMaySpawnIntoTheirOwnGroup) {
  Loop loop;
  TaskGroup group(loop.executor());
  group.spawn("family", spawn_another(group, 5));
  loop.run_until([&] { return group.size() == 6; });
  group.cancel();
  loop.run(group.join());
}

TEST(TaskGroup, JoinOfAnEmptyGroupReturnsAtOnce) {
  Loop loop;
  TaskGroup group(loop.executor());
  loop.run(group.join());
}

Task<> fail() {
  co_await sleep_until(deadline_in(1ms));
  throw std::logic_error("a bug");
}

TEST(TaskGroup, ABugInATaskComesOutOfTheLoopWithTheTasksName) {
  Loop loop;
  TaskGroup group(loop.executor());
  group.spawn("dispatch", fail());
  try {
    loop.run(group.join());
    FAIL() << "the exception was swallowed";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "task dispatch failed: a bug");
  }
}

}  // namespace
}  // namespace berth::test
