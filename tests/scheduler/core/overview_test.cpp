#include "scheduler/core/overview.hpp"

#include "scheduler/core/ending_tally.hpp"
#include "tests/scheduler/core/cluster.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <cstdint>
#include <vector>

namespace berth {
namespace {

using ::testing::ElementsAre;

std::vector<std::uint64_t> ids_told(const Overview& overview) {
  std::vector<std::uint64_t> ids;
  for (const auto& job : overview.running_jobs) ids.push_back(job.id.value);
  return ids;
}

TEST(Survey, CountsWhatWaitsAndTellsWhatRunsTheLongestFirst) {
  test::Cluster cluster;
  cluster.executor("box", 4, 8_GiB);
  cluster.executor("gone", 16, 8_GiB);
  cluster.update("gone", ExecutorState::lost);
  for (int i = 0; i < 3; ++i) cluster.submit(cluster.job(1));
  cluster.submit(cluster.job(3));
  cluster.submit(cluster.job(32));
  cluster.pass();
  cluster.apply(JobId{1}, lifecycle::Started{WallTime{200}});
  cluster.apply(JobId{2}, lifecycle::Started{WallTime{100}});
  const auto overview = survey(cluster.view, 10);
  EXPECT_EQ(overview.running, 2u);
  EXPECT_THAT(ids_told(overview), ElementsAre(2u, 1u));
  EXPECT_THAT(ids_told(survey(cluster.view, 1)), ElementsAre(2u));
  EXPECT_EQ(overview.running_jobs.front().executor, "box");
  EXPECT_EQ(overview.running_jobs.front().resources.cpu, Millicores{1000});
  EXPECT_EQ(overview.pending.at("ASSIGNED"), 1u);
  EXPECT_EQ(overview.pending.at("QUEUED"), 1u);
  EXPECT_EQ(overview.pending.at("UNSATISFIABLE"), 1u);
  EXPECT_EQ(overview.pending.at("HELD"), 0u) << "every reason of a job that waits is there";
  EXPECT_FALSE(overview.pending.contains("EXECUTING"));
  EXPECT_EQ(overview.offered.cpu, Millicores{4000}) << "a lost machine offers nothing";
  EXPECT_EQ(overview.held.cpu, Millicores{3000});
}

TEST(EndingTally, ForgetsWhatIsTooLongAgo) {
  using std::chrono::minutes;
  using std::chrono::seconds;
  const Monotonic start{};
  EndingTally tally;
  tally.begin(start);
  tally.count(JobStatus::succeeded, start);
  tally.count(JobStatus::running, start);
  tally.count(JobStatus::failed, start + minutes{5});
  auto endings = tally.endings(start + minutes{5} + seconds{30});
  EXPECT_EQ(endings.counted_for, minutes{5} + seconds{30});
  EXPECT_EQ(endings.last_minute, (EndedJobs{0, 1, 0}));
  EXPECT_EQ(endings.last_ten_minutes, (EndedJobs{1, 1, 0}));
  tally.count(JobStatus::aborted, start + minutes{14});
  endings = tally.endings(start + minutes{14});
  EXPECT_EQ(endings.counted_for, minutes{10});
  EXPECT_EQ(endings.last_minute, (EndedJobs{0, 0, 1}));
  EXPECT_EQ(endings.last_ten_minutes, (EndedJobs{0, 1, 1}));
}

}  // namespace
}  // namespace berth
