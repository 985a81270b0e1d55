// The services and a Redis that isn't as it should be, or that is replaced while they run.
#include "tests/support/berth_process.hpp"
#include "tests/support/sentinels.hpp"
#include "tests/support/tls_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// A service that can't start ends soon, with exit code 2 and one line that begins with "berth: ".
std::string refusal(std::vector<std::string> words) {
  words.insert(words.begin(), BERTH_BINARY);
  const auto began = std::chrono::steady_clock::now();
  const auto ended = Process(std::move(words)).wait();
  EXPECT_LT(std::chrono::steady_clock::now() - began, Milliseconds{8'000}) << "no retry loop hides it";
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, StartsWith("berth: "));
  return ended.err;
}

TEST(ServiceStart, SaysInOneLineWhyRedisCantBeUsed) {
  EXPECT_THAT(refusal({"scheduler", "--listen", "127.0.0.1:0", "--redis", "redis://127.0.0.1:1"}),
              HasSubstr("Redis at redis://127.0.0.1:1 doesn't answer: connection refused."));

  RedisServer locked({"--requirepass", "right"});
  const auto at_locked = "unix://" + locked.folder() + "/redis.sock";
  EXPECT_THAT(refusal({"executor", "--runtime", "simulated", "--redis", at_locked}),
              HasSubstr("wants a password"));

  RedisServer forgetful({"--appendonly", "no"});
  const auto advice = refusal({"scheduler", "--listen", "127.0.0.1:0", "--redis", forgetful.url()});
  EXPECT_THAT(advice, HasSubstr("appendonly yes   # now: no"));

  const TlsFiles files;
  const int port = free_port();
  RedisServer encrypted(files.redis_settings(port, "no"));
  const auto url = "rediss://127.0.0.1:" + std::to_string(port);
  EXPECT_THAT(refusal({"scheduler", "--listen", "127.0.0.1:0", "--redis", url}),
              HasSubstr("the server's certificate isn't accepted: "));
  EXPECT_THAT(refusal({"scheduler", "--redis", "redis://h", "--redis-ca", files.ca()}),
              StartsWith("berth: --redis-ca: is for TLS"));
  EXPECT_THAT(refusal({"scheduler", "--redis", url, "--redis-cert", files.ca()}),
              StartsWith("berth: --redis-cert: needs --redis-key"));
}

TEST(SentinelFailover, IsFollowedInTheMiddleOfARun) {
  SentinelTrio trio;
  const auto api = "127.0.0.1:" + std::to_string(free_port());
  Process scheduler({BERTH_BINARY, "scheduler", "--name", "s1", "--listen", api, "--redis", trio.url()});
  ASSERT_TRUE(scheduler.wait_for("the API listens on")) << scheduler.err();
  Process executor({BERTH_BINARY, "executor", "--name", "m1", "--runtime", "simulated", "--cpu", "4",
                    "--memory", "4GiB", "--redis", trio.url()});
  const auto berth = [&](std::vector<std::string> words) {
    words.insert(words.begin(), BERTH_BINARY);
    return Process(std::move(words), {{"BERTH_URL", "http://" + api}}).wait();
  };
  const auto before = berth({"run", "busybox", "true"});
  EXPECT_EQ(before.code, 0) << before.err;
  const auto long_one =
      berth({"run", "-d", "-e", "SIMULATE_RUN=15s", "-e", "SIMULATE_EXIT=5", "busybox", "work"});
  EXPECT_EQ(long_one.out, "2\n") << long_one.err;
  trio.kill_first();
  EXPECT_TRUE(scheduler.wait_for("the master is redis://")) << scheduler.err();
  const auto after = berth({"run", "busybox", "true"});
  EXPECT_EQ(after.code, 0) << after.err;
  EXPECT_EQ(berth({"wait", "2"}).code, 5) << "it ran on through the failover";
}

}  // namespace
}  // namespace berth::test
