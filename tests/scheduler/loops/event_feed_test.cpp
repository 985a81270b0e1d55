// What the feed remembers, and what it does when the store went back in time.
#include "scheduler/loops/event_feed.hpp"

#include "shared/runtime/task_group.hpp"
#include "tests/shared/runtime/loop.hpp"
#include "tests/support/memory_store.hpp"

#include <gtest/gtest.h>

namespace berth::test {
namespace {

class FeedTest : public testing::Test {
 protected:
  FeedTest() {
    feed_.on_history_lost([this] { ++losses_; });
    loop_.run(feed_.start());
    tasks_.spawn("feed", feed_.run());
  }
  ~FeedTest() override {
    tasks_.cancel();
    loop_.run(tasks_.join());
  }

  void submit(std::size_t count) {
    JobDefinition definition;
    definition.image = "x";
    std::vector<JobDefinition> definitions(count, definition);
    loop_.run(store_.admit(std::move(definitions), std::nullopt, "test")).value();
  }
  void follow_to(std::uint64_t seq) {
    loop_.run_until([&] { return feed_.position() == seq; });
  }
  std::vector<std::uint64_t> numbers_after(std::uint64_t seq) {
    const auto events = feed_.recent(seq, 100).value();
    std::vector<std::uint64_t> numbers;
    for (const auto& event : events) numbers.push_back(event.seq);
    return numbers;
  }

  Loop loop_;
  SystemClock clock_;
  MemoryStore store_{loop_.executor(), clock_};
  EventFeed feed_{loop_.executor(), store_};
  int losses_ = 0;
  TaskGroup tasks_{loop_.executor()};
};

using Numbers = std::vector<std::uint64_t>;

TEST_F(FeedTest, ANumberThatItHasNotSeenIsForTheStoreToJudge) {
  submit(3);
  follow_to(3);
  EXPECT_EQ(numbers_after(3), Numbers{});
  EXPECT_EQ(feed_.recent(4, 100), std::nullopt);
}

TEST_F(FeedTest, WhatTheStoreHasLostIsForgottenAndTheNewOnesFollow) {
  submit(5);
  follow_to(5);
  store_.go_back(2);
  loop_.run_until([&] { return losses_ == 1; });
  EXPECT_EQ(feed_.position(), 2u);
  submit(2);
  follow_to(4);
  EXPECT_EQ(numbers_after(2), (Numbers{3, 4}));
  EXPECT_EQ(feed_.recent(1, 100), std::nullopt) << "older ones may be others than were seen";
  EXPECT_EQ(losses_, 1);
}

// The lost events' numbers were given again before anybody looked.
TEST_F(FeedTest, SoItIsWhenTheLostOnesWereOvertaken) {
  submit(5);
  follow_to(5);
  tasks_.cancel();
  loop_.run(tasks_.join());
  store_.go_back(2);
  submit(4);
  tasks_.spawn("feed", feed_.run());
  loop_.run_until([&] { return losses_ == 1; });
  EXPECT_EQ(feed_.position(), 6u);
  EXPECT_EQ(feed_.recent(5, 100), std::nullopt);
}

}  // namespace
}  // namespace berth::test
