// What explain says at the command line is so: done as it advises, the job runs. Without Docker; the forty
// situations are in tests/scheduler/core/explain_*_test.cpp.
#include "tests/support/fleet.hpp"
#include "tests/support/redis_server.hpp"

#include <gtest/gtest.h>

#include <string>

namespace berth::test {
namespace {

std::string first_word(const json::value& explanation) {
  const auto& reasons = explanation.at("reasons").as_array();
  return reasons.empty() ? "" : std::string(reasons.front().at("code").as_string());
}

TEST(ExplainVerb, AJobThatWaitsRunsOnceDoneAsTold) {
  RedisServer redis;
  Fleet fleet(BERTH_BINARY, redis.url(), 1);
  ASSERT_EQ(fleet.berth({"run", "-d", "busybox"}).out, "1\n");
  EXPECT_EQ(fleet.berth({"explain", "1", "--quiet"}).out, "NO_EXECUTOR\n");
  EXPECT_EQ(fleet.berth({"run", "--dry-run", "--quiet", "busybox"}).out, "-\n");
  fleet.start_executor("m1", {"--runtime", "simulated", "--cpu", "2", "--memory", "4GiB"});
  EXPECT_EQ(fleet.berth({"wait", "1"}).code, 0) << fleet.last_words();

  await([&] { return fleet.berth({"run", "--dry-run", "--quiet", "--cpus", "2", "busybox"}).out == "m1\n"; });
  ASSERT_EQ(fleet.berth({"run", "-d", "--cpus", "2", "-e", "SIMULATE_RUN=1h", "busybox"}).out, "2\n")
      << "nothing was submitted by those that were only tried";
  await([&] { return fleet.ask({"show", "2", "--json"}).at("status") == "RUNNING"; });
  EXPECT_EQ(fleet.berth({"run", "--dry-run", "--quiet", "busybox"}).out, "-\n");
  ASSERT_EQ(fleet.berth({"run", "-d", "busybox"}).out, "3\n");
  const auto said = fleet.ask({"explain", "3", "--json"});
  EXPECT_EQ(first_word(said), "CPU");
  const auto& remedy = said.at("remedies").as_array().at(0);
  EXPECT_EQ(remedy.at("message"), "on m1 once job 2 has ended");
  EXPECT_EQ(remedy.at("changes").as_array().at(0).at("kind"), "JOB_ENDS");
  EXPECT_EQ(fleet.berth({"abort", "2"}).code, 0);
  EXPECT_EQ(fleet.berth({"wait", "3"}).code, 0) << fleet.last_words();
}

}  // namespace
}  // namespace berth::test
