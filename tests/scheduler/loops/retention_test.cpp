// What is deleted of the jobs that have ended, and what never is.
#include "scheduler/loops/retention.hpp"

#include "shared/base/limits.hpp"
#include "shared/model/job_lifecycle.hpp"
#include "tests/shared/runtime/loop.hpp"
#include "tests/support/memory_store.hpp"

#include <gtest/gtest.h>

namespace berth::test {
namespace {

using namespace std::chrono_literals;

class WhatIsKept : public testing::Test {
 protected:
  WhatIsKept() : epoch_(loop_.run(store_.take_leadership("s1", std::nullopt)).value()) {}

  void submit(std::size_t count) {
    JobDefinition definition;
    definition.image = "x";
    std::vector<JobDefinition> definitions(count, definition);
    loop_.run(store_.admit(std::move(definitions), std::nullopt, "test")).value();
  }
  // The job ends so long ago.
  void end(std::uint64_t id, Milliseconds ago) {
    std::vector<JobId> ids{JobId{id}};
    const auto before = loop_.run(store_.jobs(std::move(ids))).value().front().value();
    auto after = before;
    after.created_at = clock_.wall() + -(ago + 1s);
    after.status = JobStatus::succeeded;
    after.reason = std::nullopt;
    after.finished_at = clock_.wall() + -ago;
    std::vector<Change> changes{{before, std::move(after), "job.succeeded", "test"}};
    loop_.run(store_.transition(std::move(changes), std::nullopt)).value();
  }
  Result<std::size_t> clean_up(RetentionRules rules) {
    Leadership leadership(loop_.executor(), store_, clock_, "s1", false, [] {});
    Retention retention(store_, clock_, leadership, rules);
    return loop_.run(retention.clean_up(epoch_));
  }
  std::vector<std::uint64_t> left() {
    JobQuery query;
    query.limit = 10'000;
    std::vector<std::uint64_t> ids;
    for (const auto id : loop_.run(store_.find_jobs(query)).value()) ids.push_back(id.value);
    std::reverse(ids.begin(), ids.end());
    return ids;
  }

  Loop loop_;
  SystemClock clock_;
  MemoryStore store_{loop_.executor(), clock_};
  Epoch epoch_;
};

using Ids = std::vector<std::uint64_t>;

TEST_F(WhatIsKept, IsWhatEndedWithinTheAge) {
  submit(4);
  end(1, 48h);
  end(2, 1h);
  end(3, 30h);
  ASSERT_TRUE(clean_up({24h, 100}));
  EXPECT_EQ(left(), (Ids{2, 4}));
}

TEST_F(WhatIsKept, IsTheNewestUpToTheCount) {
  submit(6);
  for (std::uint64_t id = 1; id <= 5; ++id) end(id, 1min);
  ASSERT_TRUE(clean_up({24h, 2}));
  EXPECT_EQ(left(), (Ids{4, 5, 6}));
}

TEST_F(WhatIsKept, IsEveryJobThatHasNotEndedHoweverOld) {
  submit(3);
  ASSERT_TRUE(clean_up({0s, 0}));
  EXPECT_EQ(left(), (Ids{1, 2, 3}));
}

TEST_F(WhatIsKept, IsJudgedBeyondTheFirstBatch) {
  const auto many = 2 * limits::retention_batch + 10;
  submit(many);
  for (std::uint64_t id = 1; id < many; ++id) end(id, id < 5 ? 1h : 48h);
  end(many, 1h);
  ASSERT_TRUE(clean_up({24h, 100'000}));
  EXPECT_EQ(left(), (Ids{1, 2, 3, 4, many}));
}

TEST_F(WhatIsKept, IsNotForADeposedLeaderToSay) {
  submit(1);
  end(1, 48h);
  const auto seen = loop_.run(store_.leader()).value();
  loop_.run(store_.take_leadership("s2", seen)).value();
  const auto cleaned = clean_up({24h, 100});
  ASSERT_FALSE(cleaned);
  EXPECT_EQ(cleaned.error().kind, ErrorKind::conflict);
  EXPECT_EQ(left(), (Ids{1}));
}

}  // namespace
}  // namespace berth::test
