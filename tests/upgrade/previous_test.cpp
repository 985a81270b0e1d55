// From the build of the commit before to this one and back, in the middle of the work: where that commit has
// another wire version. BERTH_PREVIOUS=PATH takes that binary instead.
#include "tests/support/redis_server.hpp"
#include "tests/support/rolling_restart.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace berth::test {
namespace {

constexpr Milliseconds build_patience{3'000'000};

// The path of the other binary; or why there is none, with a code that isn't 0.
Finished previous_binary() {
  if (const char* given = std::getenv("BERTH_PREVIOUS"); given != nullptr && *given != '\0')
    return {0, given, ""};
  Process build(
      {"sh", BERTH_SOURCE_DIR "/tests/support/previous_build.sh", BERTH_SOURCE_DIR, BERTH_BINARY_DIR});
  auto ended = build.wait(build_patience);
  while (ended.out.ends_with('\n')) ended.out.pop_back();
  return ended;
}

TEST(RollingUpgrade, FromTheCommitBeforeAndBackLosesNothing) {
  const auto previous = previous_binary();
  if (previous.code == 3) GTEST_SKIP() << previous.out;
  ASSERT_EQ(previous.code, 0) << previous.err;
  RedisServer redis;
  Fleet fleet(previous.out, redis.url(), 3);
  for (const auto* name : {"m1", "m2", "m3"})
    fleet.start_executor(name, {"--runtime", "simulated", "--cpu", "8", "--memory", "16GiB"});
  fleet.await_executors(3);
  const std::string job =
      "---\nimage: busybox\nresources: {cpu: 0.25, memory: 16MiB}\nenv: {SIMULATE_RUN: 300ms}\n";
  for (const auto& binary : {std::string(BERTH_BINARY), previous.out}) {
    const auto rolled = restart_all(fleet, {binary, job + job + job, true});
    EXPECT_THAT(rolled.complaints, testing::IsEmpty()) << "to " << binary << "\n" << fleet.last_words();
    EXPECT_GT(rolled.jobs, 20u);
  }
}

}  // namespace
}  // namespace berth::test
