#include "scheduler/job_manager.hpp"

#include "tests/shared/runtime/loop.hpp"
#include "tests/support/memory_store.hpp"

#include <gtest/gtest.h>

namespace berth::test {
namespace {

// Jobs 1 … n; every third belongs to the team "three", every second is named "even".
class ListOfJobs : public testing::Test {
 protected:
  void submit(std::size_t count) {
    std::vector<JobDefinition> definitions(count);
    for (std::size_t i = 1; i <= count; ++i) {
      auto& definition = definitions[i - 1];
      definition.image = "x";
      if (i % 2 == 0) definition.name = "even";
      if (i % 3 == 0) definition.labels["team"] = "three";
    }
    loop_.run(jobs_.submit(std::move(definitions), std::nullopt)).value();
  }

  // Every id, page by page, as a client reads them.
  std::vector<std::uint64_t> walk(const JobFilter& filter, std::size_t limit) {
    std::vector<std::uint64_t> ids;
    std::optional<JobId> before;
    for (int pages = 0; pages < 1000; ++pages) {
      const auto page = loop_.run(jobs_.list(filter, before, limit)).value();
      EXPECT_LE(page.jobs.size(), limit);
      for (const auto& job : page.jobs) ids.push_back(job.id.value);
      if (!page.next) return ids;
      EXPECT_TRUE(!before || *page.next < *before) << "a page leads on";
      before = page.next;
    }
    ADD_FAILURE() << "the pages never end";
    return ids;
  }

  static std::vector<std::uint64_t> multiples_down_from(std::uint64_t last, std::uint64_t of) {
    std::vector<std::uint64_t> ids;
    for (auto id = last; id > 0; --id) {
      if (id % of == 0) ids.push_back(id);
    }
    return ids;
  }

  Loop loop_;
  SystemClock clock_;
  MemoryStore store_{loop_.executor(), clock_};
  JobManager jobs_{store_, clock_};
};

TEST_F(ListOfJobs, HoldsEveryMatchOnceWhateverThePagesSize) {
  submit(100);
  JobFilter even;
  even.name = "even";
  JobFilter three;
  three.labels.emplace_back("team", "three");
  JobFilter both = three;
  both.name = "even";
  for (const std::size_t limit : {1u, 7u, 33u, 50u, 100u, 1000u}) {
    EXPECT_EQ(walk({}, limit), multiples_down_from(100, 1)) << limit;
    EXPECT_EQ(walk(even, limit), multiples_down_from(100, 2)) << limit;
    EXPECT_EQ(walk(three, limit), multiples_down_from(100, 3)) << limit;
    EXPECT_EQ(walk(both, limit), multiples_down_from(100, 6)) << limit;
  }
}

TEST_F(ListOfJobs, FindsTheMatchesAmongThousands) {
  submit(3'100);
  JobFilter three;
  three.labels.emplace_back("team", "three");
  EXPECT_EQ(walk(three, 100), multiples_down_from(3'100, 3));
}

TEST_F(ListOfJobs, EndsWithAPageThatIsJustFull) {
  submit(4);
  const auto page = loop_.run(jobs_.list({}, std::nullopt, 4)).value();
  EXPECT_EQ(page.jobs.size(), 4u);
  EXPECT_FALSE(page.next);
}

TEST_F(ListOfJobs, IsEmptyWhereNothingMatches) {
  submit(4);
  JobFilter nobody;
  nobody.executor = "nobody";
  const auto page = loop_.run(jobs_.list(nobody, std::nullopt, 4)).value();
  EXPECT_TRUE(page.jobs.empty());
  EXPECT_FALSE(page.next);
}

}  // namespace
}  // namespace berth::test
