// Two schedulers that both believe to lead: one was paused just before it placed a job, another has taken
// over and given the room away, and then the first one's write arrives.
#include "shared/codec/json.hpp"
#include "shared/redis/functions.hpp"
#include "tests/support/berth_process.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/socket_proxy.hpp"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace berth::test {
namespace {

class TwoLeaders : public testing::Test {
 protected:
  // "old" leads, and reaches Redis through the proxy; "new" stands by; "m1" has room for one of the jobs.
  void SetUp() override {
    old_.emplace(scheduler("old", old_api_, "unix://" + way_.path()));
    await([&] { return leader(old_api_) == "old"; });
    new_.emplace(scheduler("new", new_api_, redis_.url()));
    await([&] { return leader(new_api_) == "old"; });
    executor_.emplace(std::vector<std::string>{BERTH_BINARY, "executor", "--name", "m1", "--runtime",
                                               "simulated", "--cpu", "2", "--memory", "4GiB", "--redis",
                                               redis_.url()});
    await([&] { return ask({"executors", "--json"}).at("executors").as_array().size() == 1; });
  }

  // The placement of job 1 by "old" arrives after "new" has placed job 2 in the same room.
  void tell_the_story() {
    way_.tell([](SocketProxy& way) { way.hold_requests_from("_transition"); });
    submit("50");
    await([&] { return way_.tell([](SocketProxy& way) { return way.is_holding(); }); });
    submit("90");
    await([&] { return leader(new_api_) == "new"; });
    await([&] { return record("2").at("status").as_string() == "RUNNING"; });
    EXPECT_EQ(record("1").at("reason").as_string(), "QUEUED");

    way_.tell([](SocketProxy& way) { way.release(); });
    await([&] { return way_.tell([](SocketProxy& way) { return way.held() == 0; }); });
    // Redis reads what has arrived before what comes later.
    for (int i = 0; i < 2; ++i) EXPECT_EQ(redis_.ask("PING"), "+PONG\r\n");
  }

  json::value record(const std::string& job) const { return ask({"show", "--json", job}); }

  // The same functions, but that an epoch which no longer leads is let through.
  void switch_the_epoch_check_off() const {
    std::string source(redis::functions_source);
    const std::string check = "found ~= epoch or resigned == '1'";
    const auto place = source.find(check);
    ASSERT_NE(place, std::string::npos);
    source.replace(place, check.size(), "false");
    const auto load = "redis-cli -s " + redis_.folder() + "/redis.sock -x FUNCTION LOAD REPLACE";
    Process loading({"sh", "-c", load}, {}, source);
    EXPECT_EQ(loading.wait().out.substr(0, 5), "berth");
  }

  Finished berth(std::vector<std::string> words, const std::string& api) const {
    words.insert(words.begin(), BERTH_BINARY);
    return Process(std::move(words), {{"BERTH_URL", "http://" + api}}).wait();
  }
  json::value ask(std::vector<std::string> words) const {
    const auto answer = berth(std::move(words), new_api_);
    EXPECT_EQ(answer.code, 0) << answer.err;
    return parse_json(answer.out).value();
  }

 private:
  static std::vector<std::string> scheduler(const std::string& name, const std::string& api,
                                            const std::string& redis) {
    return {BERTH_BINARY, "scheduler", "--name", name, "--listen", api, "--redis", redis};
  }
  std::string leader(const std::string& api) const {
    const auto answer = berth({"stats", "--json"}, api);
    if (answer.code != 0) return {};
    const auto stats = parse_json(answer.out).value();
    const auto* name = stats.at("leader").if_string();
    return name == nullptr ? std::string() : std::string(*name);
  }
  void submit(const std::string& priority) const {
    const auto job = berth(
        {"run", "-d", "--cpus", "2", "--priority", priority, "-e", "SIMULATE_RUN=1h", "busybox"}, new_api_);
    EXPECT_EQ(job.code, 0) << job.err;
  }
  // Only asking tells.
  template <class Condition>
  static void await(Condition condition) {
    const auto limit = std::chrono::steady_clock::now() + patience;
    while (!condition()) ASSERT_LT(std::chrono::steady_clock::now(), limit);
  }

  RedisServer redis_;
  BackgroundProxy way_{redis_.folder() + "/redis.sock"};
  std::string old_api_ = "127.0.0.1:" + std::to_string(free_port());
  std::string new_api_ = "127.0.0.1:" + std::to_string(free_port());
  std::optional<Process> old_;
  std::optional<Process> new_;
  std::optional<Process> executor_;
};

TEST_F(TwoLeaders, CantGiveTheSameRoomAwayTwice) {
  tell_the_story();
  EXPECT_EQ(record("1").at("reason").as_string(), "QUEUED");
  EXPECT_EQ(record("1").at("attempt").as_int64(), 0);
  EXPECT_EQ(ask({"executors", "--json"}).at("executors").at(0).at("allocated").at("cpu").to_number<double>(),
            2.0);
}

// What makes the test above worth something.
TEST_F(TwoLeaders, WouldGiveTheSameRoomAwayTwiceWithoutTheEpochCheck) {
  switch_the_epoch_check_off();
  tell_the_story();
  EXPECT_EQ(record("1").at("executor").as_string(), "m1") << json::serialize(record("1"));
  EXPECT_EQ(record("2").at("status").as_string(), "RUNNING") << "in the same room";
}

}  // namespace
}  // namespace berth::test
