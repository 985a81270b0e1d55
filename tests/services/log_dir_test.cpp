// Output in files, by the binary: all of it is kept, and a scheduler that can't get at it says so.
#include "tests/support/fleet.hpp"
#include "tests/support/redis_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace berth::test {
namespace {

using ::testing::HasSubstr;

// Its size; 0 if it isn't there.
std::uintmax_t size_of_log(const std::filesystem::path& folder, const std::string& name) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().filename() == name) return entry.file_size();
  }
  return 0;
}

TEST(LogDir, KeepsAllOutputOfAJob) {
  const TemporaryFolder logs;
  const BerthUp up(BERTH_BINARY, {"--runtime", "simulated", "--log-dir", logs.path()});
  const auto ran = up.berth({"run", "-e", "SIMULATE_OUTPUT=6000000", "busybox"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out.size(), 6'000'000u) << "more than there is room for in Redis";
  const auto again = up.berth({"logs", "1"});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(again.err, "") << "nothing is left out";
  EXPECT_TRUE(again.out == std::string(6'000'000, '.'));
  EXPECT_EQ(up.berth({"logs", "--tail", "1", "1"}).code, 0);
  EXPECT_EQ(size_of_log(logs.path(), "1-1.log"), 6'000'000u);
  EXPECT_THAT(up.berth({"show", "1"}).out, HasSubstr("5.7MiB, sha256 "));
}

TEST(LogDir, IsAskedForInWordsWhereASchedulerDoesNotHaveIt) {
  RedisServer redis;
  const TemporaryFolder logs;
  Fleet fleet(BERTH_BINARY, redis.url(), 1);
  fleet.start_executor(
      "m1", {"--runtime", "simulated", "--cpu", "8", "--memory", "16GiB", "--log-dir", logs.path()});
  fleet.await_executors(1);
  EXPECT_EQ(fleet.berth({"run", "-d", "-e", "SIMULATE_OUTPUT=100", "busybox"}).code, 0);
  EXPECT_EQ(fleet.berth({"wait", "1"}).code, 0);
  const auto answer = fleet.berth({"logs", "1"});
  EXPECT_NE(answer.code, 0);
  EXPECT_THAT(answer.err, HasSubstr("is in files"));
  EXPECT_THAT(answer.err, HasSubstr("--log-dir"));
}

}  // namespace
}  // namespace berth::test
