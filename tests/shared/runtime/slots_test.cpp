// The line for a few places.
#include "shared/runtime/slots.hpp"

#include "shared/runtime/task_group.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace berth {
namespace {

Task<> hold(Slots& slots, int number, std::vector<int>& order, Wakeup& release) {
  const auto slot = co_await slots.acquire(no_deadline);
  order.push_back(number);
  co_await release.wait();
}

TEST(Slots, FirstComeFirstServedAndACancelledWaiterLosesNoPlace) {
  asio::io_context io;
  Slots slots(io.get_executor(), 1, "this");
  std::vector<int> order;
  Wakeup first(io.get_executor());
  Wakeup second(io.get_executor());
  Wakeup third(io.get_executor());
  TaskGroup holders(io.get_executor());
  TaskGroup impatient(io.get_executor());
  holders.spawn("first", hold(slots, 1, order, first));
  io.poll();
  impatient.spawn("second", hold(slots, 2, order, second));
  io.restart();
  io.poll();
  holders.spawn("third", hold(slots, 3, order, third));
  io.restart();
  io.poll();
  EXPECT_EQ(order, (std::vector<int>{1}));

  impatient.cancel();
  first.notify();
  io.restart();
  io.poll();
  EXPECT_EQ(order, (std::vector<int>{1, 3}));

  third.notify();
  io.restart();
  io.run();
  EXPECT_EQ(holders.size() + impatient.size(), 0u);
}

Task<> hand_over_and_cancel(Slots& slots, Wakeup& go, TaskGroup& next) {
  auto slot = std::make_optional(co_await slots.acquire(no_deadline));
  co_await go.wait();
  slot.reset();   // given to the one who waits …
  next.cancel();  // … who ends before it can be used
}

TEST(Slots, APlaceThatWasGivenToAWaiterWhoIsCancelledGoesOn) {
  asio::io_context io;
  Slots slots(io.get_executor(), 1, "this");
  std::vector<int> order;
  Wakeup go(io.get_executor());
  Wakeup release(io.get_executor());
  TaskGroup holders(io.get_executor());
  TaskGroup impatient(io.get_executor());
  holders.spawn("first", hand_over_and_cancel(slots, go, impatient));
  io.poll();
  impatient.spawn("second", hold(slots, 2, order, release));
  io.restart();
  io.poll();
  go.notify();
  io.restart();
  io.poll();
  EXPECT_EQ(impatient.size(), 0u);
  EXPECT_EQ(order, std::vector<int>{});

  release.notify();
  holders.spawn("third", hold(slots, 3, order, release));
  io.restart();
  io.poll();
  EXPECT_EQ(order, std::vector<int>{3});
  EXPECT_EQ(holders.size(), 0u);
}

Task<> one_waits_too_long(Slots& slots) {
  {
    const auto taken = co_await slots.acquire(no_deadline);
    EXPECT_TRUE(taken);
    const auto late = co_await slots.acquire(deadline_in(std::chrono::milliseconds{10}));
    EXPECT_TRUE(late.has_error() && late.error().kind == ErrorKind::timeout);
    EXPECT_EQ(late.error().message, "this is busy: the calls before this one don't come to an end");
  }
  const auto next = co_await slots.acquire(deadline_in(std::chrono::milliseconds{10}));
  EXPECT_TRUE(next) << "who had left was given the place";
}
TEST(Slots, WhoWaitsTooLongGivesUpItsPlaceInTheLine) {
  asio::io_context io;
  Slots slots(io.get_executor(), 1, "this");
  TaskGroup holders(io.get_executor());
  holders.spawn("story", one_waits_too_long(slots));
  io.run();
}

}  // namespace
}  // namespace berth
