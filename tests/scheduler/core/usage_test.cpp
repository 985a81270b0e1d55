// What executors have told of their containers' use, beside the jobs and the executors.
#include "scheduler/core/usage.hpp"

#include <gtest/gtest.h>

namespace berth {
namespace {

AttemptUsage attempt_uses(std::uint64_t job, std::uint32_t attempt, std::optional<Millicores> cpu) {
  AttemptUsage usage;
  usage.job = JobId{job};
  usage.attempt = attempt;
  usage.cpu = cpu;
  usage.memory = 5_MiB;
  return usage;
}

TEST(ToldUsage, StandsBesideTheAttemptThatItIsOf) {
  Overview overview;
  overview.executors.resize(3);
  overview.executors[0].name = "box";
  overview.executors[1].name = "idle";
  overview.executors[2].name = "silent";
  for (std::uint64_t id = 1; id <= 3; ++id) {
    RunningJob job;
    job.id = JobId{id};
    job.attempt = 2;
    job.executor = id == 3 ? "silent" : "box";
    overview.running_jobs.push_back(std::move(job));
  }
  ToldUsage told;
  told["box"] = usage_report({attempt_uses(1, 2, Millicores{500}), attempt_uses(2, 1, Millicores{250})});
  told["idle"] = usage_report({});
  add_usage(overview, told);
  EXPECT_EQ(overview.running_jobs[0].cpu_used, Millicores{500});
  EXPECT_EQ(overview.running_jobs[0].memory_used, 5_MiB);
  EXPECT_EQ(overview.running_jobs[1].memory_used, std::nullopt) << "that was the attempt before";
  EXPECT_EQ(overview.running_jobs[2].memory_used, std::nullopt);
  EXPECT_EQ(overview.executors[0].cpu_used, Millicores{750});
  EXPECT_EQ(overview.executors[0].memory_used, 10_MiB);
  EXPECT_EQ(overview.executors[1].memory_used, std::nullopt) << "it has measured nothing";
  EXPECT_EQ(overview.executors[2].memory_used, std::nullopt);
}

TEST(ToldUsage, MayKnowTheMemoryBeforeTheCpu) {
  JobUsage job;
  job.job = JobId{1};
  job.attempt = 1;
  ToldUsage told;
  told["box"] = usage_report({attempt_uses(1, 1, std::nullopt)});
  add_usage(job, told);
  EXPECT_EQ(job.memory_used, std::nullopt) << "it is nowhere";
  job.executor = "box";
  add_usage(job, told);
  EXPECT_EQ(job.cpu_used, std::nullopt);
  EXPECT_EQ(job.memory_used, 5_MiB);
}

}  // namespace
}  // namespace berth
