// A rolling restart with real containers: they run on while their executor is away, and are adopted.
#include "tests/support/rolling_restart.hpp"

#include "tests/support/docker_daemon.hpp"
#include "tests/support/redis_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::test {
namespace {

TEST(RollingRestart, WithContainersLosesNothing) {
  if (const auto why = why_docker_is_unusable()) GTEST_SKIP() << *why;
  RedisServer redis;
  Fleet fleet(BERTH_BINARY, redis.url(), 3);
  for (const auto* name : {"m1", "m2", "m3"}) fleet.start_executor(name, {"--cpu", "1", "--memory", "1GiB"});
  fleet.await_executors(3);
  const std::string job =
      "---\nimage: busybox\nnetwork: none\nresources: {cpu: 0.25, memory: 16MiB}\n"
      "command: [sh, -c, \"echo begin; sleep 2; echo end\"]\n";
  const auto rolled = restart_all(fleet, {BERTH_BINARY, job, false});
  EXPECT_THAT(rolled.complaints, testing::IsEmpty()) << fleet.last_words();
  EXPECT_GT(rolled.jobs, 10u);
  EXPECT_EQ(fleet.berth({"logs", "1"}).out, "begin\nend\n");
}

}  // namespace
}  // namespace berth::test
