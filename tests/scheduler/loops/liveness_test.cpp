#include "scheduler/loops/liveness.hpp"

#include "shared/runtime/task_group.hpp"
#include "tests/shared/runtime/loop.hpp"
#include "tests/support/memory_store.hpp"

#include <gtest/gtest.h>

namespace berth {
namespace {

class LivenessTest : public ::testing::Test {
 protected:
  LivenessTest() { tasks_.spawn("liveness", liveness_.run()); }
  ~LivenessTest() override {
    tasks_.cancel();
    loop_.run(tasks_.join());
  }

  std::uint64_t registered(std::string name, std::uint64_t seen = 0) {
    ExecutorInfo info;
    info.name = std::move(name);
    return *loop_.run(store_.register_executor(std::move(info), seen));
  }
  void look() {
    liveness_.look();
    const bool changed = loop_.run(changed_.wait(deadline_in(std::chrono::seconds{10})));
    ASSERT_TRUE(changed);
  }

  test::Loop loop_;
  SystemClock clock_;
  test::MemoryStore store_{loop_.executor(), clock_};
  Wakeup changed_{loop_.executor()};
  Liveness liveness_{loop_.executor(), store_, clock_, [this] { changed_.notify(); }};
  TaskGroup tasks_{loop_.executor()};
};

// The record of a machine that is long gone looks like any other, until its beat ought to move.
TEST_F(LivenessTest, AnExecutorIsAliveOnlyOnceItsBeatWasSeenToMove) {
  const auto incarnation = registered("box");
  look();
  EXPECT_FALSE(liveness_.executors().at("box").is_alive);
  EXPECT_EQ(liveness_.executors().at("box").state, ExecutorState::ready);
  ASSERT_TRUE(loop_.run(store_.heartbeat("box", incarnation, {}, {})));
  look();
  EXPECT_TRUE(liveness_.executors().at("box").is_alive);
}

// Every drain reads the records anew: that mustn't give the silent ones another ten seconds.
TEST_F(LivenessTest, ALookInBetweenForgivesNoSilence) {
  registered("box");
  look();
  const auto since = liveness_.executors().at("box").moved_at;
  ASSERT_TRUE(loop_.run(liveness_.look_and_wait()));
  EXPECT_EQ(liveness_.executors().at("box").moved_at, since);
}

// Whoever couldn't look has seen no silence.
TEST_F(LivenessTest, NobodyIsLostForWhatAStoreThatIsAwayDoesNotTell) {
  const auto incarnation = registered("box");
  look();
  ASSERT_TRUE(loop_.run(store_.heartbeat("box", incarnation, {}, {})));
  look();
  store_.break_down(unavailable("away"));
  loop_.run(sleep_until(deadline_in(limits::lost_after(Milliseconds{0}) * 2)));  // the outage itself
  store_.repair();
  const auto last_beat = liveness_.executors().at("box").moved_at;
  loop_.run_until([&] { return liveness_.executors().at("box").moved_at > last_beat; });
  EXPECT_EQ(liveness_.executors().at("box").state, ExecutorState::ready);
  EXPECT_TRUE(liveness_.executors().at("box").is_alive);
  loop_.run_until([&] { return liveness_.executors().at("box").state == ExecutorState::lost; });
}

TEST_F(LivenessTest, AnExecutorThatStartsAgainIsAlive) {
  const auto first = registered("box");
  look();
  registered("box", first);
  look();
  EXPECT_TRUE(liveness_.executors().at("box").is_alive);
}

}  // namespace
}  // namespace berth
