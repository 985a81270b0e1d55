// Calls that block are run beside the loop, and one that hangs holds up nothing but itself.
#include "shared/runtime/off_loop.hpp"

#include "tests/shared/runtime/loop.hpp"

#include <gtest/gtest.h>

#include <array>
#include <future>
#include <thread>

namespace berth {
namespace {

using namespace std::chrono_literals;

TEST(OffLoop, RunsACallOnAThreadOfItsOwn) {
  test::Loop loop;
  OffLoop off_loop;
  const auto where = std::make_shared<std::thread::id>();
  std::function<void()> work = [where] { *where = std::this_thread::get_id(); };
  EXPECT_TRUE(loop.run(off_loop.run(work, deadline_in(30s))));
  EXPECT_NE(*where, std::thread::id());
  EXPECT_NE(*where, std::this_thread::get_id());
  EXPECT_TRUE(loop.run(off_loop.run(work, deadline_in(30s)))) << "and another";
}

TEST(OffLoop, ACallThatHangsIsGivenUpAndNothingIsBegunBesideIt) {
  test::Loop loop;
  OffLoop off_loop;
  const auto gate = std::make_shared<std::promise<void>>();
  const auto calls = std::make_shared<std::atomic<int>>(0);
  const auto begun = std::make_shared<std::promise<void>>();
  const auto ended = std::make_shared<std::promise<void>>();
  std::function<void()> hang = [gate, calls, begun, ended] {
    ++*calls;
    begun->set_value();
    gate->get_future().wait();
    ended->set_value();
  };
  EXPECT_FALSE(loop.run(off_loop.run(hang, deadline_in(20ms))));
  begun->get_future().wait();
  std::function<void()> next = [calls] { ++*calls; };
  EXPECT_FALSE(loop.run(off_loop.run(next, deadline_in(20ms))));
  EXPECT_EQ(*calls, 1);
  gate->set_value();
  ended->get_future().wait();
  while (!loop.run(off_loop.run(next, deadline_in(30s)))) std::this_thread::yield();
  EXPECT_EQ(*calls, 2) << "once it has returned, the next is begun";
}

TEST(OffLoop, SeveralThatHangAreLeftByOneDeadline) {
  test::Loop loop;
  std::promise<void> gate;
  const auto opened = gate.get_future().share();
  std::function<void()> hang = [opened] { opened.wait(); };
  std::array<OffLoop, 3> several;
  for (auto& one : several) EXPECT_FALSE(loop.run(one.run(hang, deadline_in(1ms))));
  const auto began = std::chrono::steady_clock::now();
  for (auto& one : several) one.leave(began + 20ms);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 1s);
  gate.set_value();
}

}  // namespace
}  // namespace berth
