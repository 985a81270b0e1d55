// What an executor hears of its inbox, and what it must not hear any more.
#include "executor/link/inbox.hpp"

#include "shared/model/job_lifecycle.hpp"
#include "shared/runtime/task_group.hpp"
#include "tests/shared/runtime/loop.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth {
namespace {

class InboxTest : public testing::Test {
 protected:
  ~InboxTest() override {
    tasks_.cancel();
    loop_.run(tasks_.join());
  }

  // A job that is assigned to this executor.
  std::uint64_t assign() {
    JobDefinition definition;
    definition.image = "busybox";
    const auto id = loop_.run(store_.admit({definition}, std::nullopt, "test")).value().ids.front();
    const auto job = loop_.run(store_.jobs({id})).value().front().value();
    const lifecycle::Event event = lifecycle::Assigned{"box"};
    auto after = lifecycle::apply(job, event, clock_.wall()).value();
    loop_.run(store_.transition({{job, std::move(after), "job.assigned", "test"}}, std::nullopt)).value();
    return id.value;
  }
  std::string end() { return loop_.run(store_.inbox_end("box")).value(); }
  void until_heard(std::size_t count) {
    loop_.run_until([&] { return heard_.size() >= count; });
  }

  test::Loop loop_;
  test::ManualClock clock_;
  test::MemoryStore store_{loop_.executor(), clock_};
  std::vector<std::uint64_t> heard_;
  Inbox inbox_{store_, "box", [this](Job job) { heard_.push_back(job.id.value); }};
  TaskGroup tasks_{loop_.executor()};
};

TEST_F(InboxTest, AnEntryIsDeliveredOnceInOrder) {
  inbox_.go_on(end());
  tasks_.spawn("inbox", inbox_.run());
  const auto first = assign();
  const auto second = assign();
  until_heard(2);
  EXPECT_THAT(heard_, testing::ElementsAre(first, second));
}

// Between losing contact and looking at what is still its own, an executor must believe nothing that it had
// been sent: it may be another's by now.
TEST_F(InboxTest, WhatCameBeforeALapseIsNotHeardAfterIt) {
  inbox_.go_on(end());
  inbox_.hold();
  tasks_.spawn("inbox", inbox_.run());
  assign();
  loop_.run(sleep_until(deadline_in(Milliseconds{150})));  // long enough for it to be read
  EXPECT_THAT(heard_, testing::IsEmpty());

  inbox_.go_on(end());
  const auto later = assign();
  until_heard(1);
  EXPECT_THAT(heard_, testing::ElementsAre(later));
}

}  // namespace
}  // namespace berth
