#include "scheduler/job_manager.hpp"

#include "tests/shared/runtime/loop.hpp"
#include "tests/support/memory_store.hpp"

#include <gtest/gtest.h>

namespace berth {
namespace {

JobDefinition definition(std::string wanted) {
  JobDefinition definition;
  definition.image = "busybox";
  if (!wanted.empty()) definition.labels["team"] = std::move(wanted);
  return definition;
}

// Every id that a person sees who asks for one page after the other.
std::vector<std::uint64_t> all_pages(test::Loop& loop, JobManager& jobs, const JobFilter& filter) {
  std::vector<std::uint64_t> seen;
  std::optional<JobId> before;
  for (int pages = 0; pages < 50; ++pages) {
    auto page = loop.run(jobs.list(filter, before, 100));
    if (!page) break;
    for (const auto& job : page->jobs) seen.push_back(job.id.value);
    if (!page->next) break;
    before = page->next;
  }
  return seen;
}

TEST(JobManager, PagesOfARareLabelShowEachJobOnce) {
  test::Loop loop;
  SystemClock clock;
  test::MemoryStore store(loop.executor(), clock);
  JobManager jobs(store, clock);
  std::vector<JobDefinition> definitions;
  for (int i = 1; i <= 1'500; ++i) definitions.push_back(definition(i % 300 == 0 ? "ana" : ""));
  ASSERT_TRUE(loop.run(jobs.submit(std::move(definitions), std::nullopt)));
  JobFilter filter;
  filter.labels = {{"team", "ana"}};
  EXPECT_EQ(all_pages(loop, jobs, filter), (std::vector<std::uint64_t>{1'500, 1'200, 900, 600, 300}));
}

TEST(JobManager, PagesStayRightWhileJobsArrive) {
  test::Loop loop;
  SystemClock clock;
  test::MemoryStore store(loop.executor(), clock);
  JobManager jobs(store, clock);
  ASSERT_TRUE(loop.run(jobs.submit(std::vector<JobDefinition>(5, definition("")), std::nullopt)));
  const auto first = loop.run(jobs.list({}, std::nullopt, 3));
  ASSERT_TRUE(first && first->next);
  ASSERT_TRUE(loop.run(jobs.submit(std::vector<JobDefinition>(5, definition("")), std::nullopt)));
  const auto second = loop.run(jobs.list({}, first->next, 3));
  ASSERT_TRUE(second);
  ASSERT_EQ(second->jobs.size(), 2u);
  EXPECT_EQ(second->jobs[0].id.value, 2u);
  EXPECT_FALSE(second->next);
}

}  // namespace
}  // namespace berth
