// Schedulers and executors that are replaced while they work, and those that are too far apart to work
// together.
#include "tests/support/redis_server.hpp"
#include "tests/support/rolling_restart.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* job =
    "---\nimage: busybox\nresources: {cpu: 0.25, memory: 16MiB}\nenv: {SIMULATE_RUN: 300ms, SIMULATE_OUTPUT: "
    "\"100\"}\n";

std::string several(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += job;
  return text;
}

TEST(RollingRestart, OfEverythingUnderLoadLosesNothing) {
  RedisServer redis;
  Fleet fleet(BERTH_BINARY, redis.url(), 3);
  for (const auto* name : {"m1", "m2", "m3"})
    fleet.start_executor(name, {"--runtime", "simulated", "--cpu", "8", "--memory", "16GiB"});
  fleet.await_executors(3);
  const auto rolled = restart_all(fleet, {BERTH_BINARY, several(5), true});
  EXPECT_THAT(rolled.complaints, IsEmpty()) << fleet.last_words();
  EXPECT_GT(rolled.jobs, 50u);
}

// A leader's record of a version that isn't there yet; its beat moves as long as this lives.
class FutureLeader {
 public:
  explicit FutureLeader(const RedisServer& redis)
      : beats_({"sh", "-c",
                "while redis-cli -s \"$0\" HINCRBY {berth:berth}:leader beat 1; do sleep 0.2; done",
                redis.folder() + "/redis.sock"}) {
    redis.ask("HSET {berth:berth}:leader name s9 epoch 5 resigned 0 wire 9 oldest_wire 9 version 9.9.0");
  }

 private:
  Process beats_;
};

TEST(WireVersion, OfALeaderThatIsTooFarAwayKeepsServicesFromStarting) {
  RedisServer redis;
  const std::vector<std::string> scheduler{BERTH_BINARY,  "scheduler", "--listen",
                                           "127.0.0.1:0", "--redis",   redis.url()};
  const std::vector<std::string> executor{BERTH_BINARY, "executor",  "--name",  "m1",
                                          "--runtime",  "simulated", "--redis", redis.url()};
  {
    const FutureLeader leader(redis);
    for (const auto& words : {scheduler, executor}) {
      const auto refused = Process(words).wait();
      EXPECT_EQ(refused.code, 2);
      EXPECT_THAT(refused.err,
                  HasSubstr("berth: the leading scheduler s9 (Berth 9.9.0) speaks wire version 9, and "));
      EXPECT_THAT(refused.err, HasSubstr(": upgrade this one, "));
    }
  }
  Process heir(scheduler);
  EXPECT_TRUE(heir.wait_for("leading with epoch 6")) << "one that is gone is in nobody's way: " << heir.err();
}

TEST(WireVersion, OfAnExecutorThatIsTooFarAwayKeepsJobsFromIt) {
  RedisServer redis;
  Fleet fleet(BERTH_BINARY, redis.url(), 1);
  fleet.start_executor("m1", {"--runtime", "simulated", "--cpu", "8", "--memory", "16GiB"});
  fleet.await_executors(1);
  const auto record = "{berth:" + fleet.cluster() + "}:executor:m1";
  EXPECT_EQ(redis.ask("HGET " + record + " wire"), "$1\r\n2\r\n");
  redis.ask("HSET " + record + " wire 9 oldest_wire 9");
  const auto runtime = [&] { return fleet.ask({"executors", "show", "m1", "--json"}).at("runtime"); };
  await([&] { return !runtime().at("healthy").as_bool(); });
  EXPECT_THAT(std::string(runtime().at("message").as_string()), HasSubstr("speaks wire version 9"));
  EXPECT_EQ(fleet.berth({"run", "-d", "busybox"}).code, 0);
  EXPECT_EQ(fleet.berth({"wait", "--wait-timeout", "2s", "1"}).code, 124) << "it isn't given to the stranger";
  // The next version, which says that it works with ours.
  redis.ask("HSET " + record + " wire 3 oldest_wire 2");
  EXPECT_EQ(fleet.berth({"wait", "1"}).code, 0);
}

}  // namespace
}  // namespace berth::test
