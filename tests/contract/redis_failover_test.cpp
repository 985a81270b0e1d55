// A failover by Sentinel, and a store that went back in time: Berth follows, and says what may be lost.
#include "tests/contract/store_fixture.hpp"
#include "tests/support/sentinels.hpp"

#include <gmock/gmock.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <sstream>

namespace berth::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class RedisFailover : public ::testing::Test {
 protected:
  RedisFailover() : logger_before_(spdlog::default_logger()) {
    spdlog::set_default_logger(
        std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log_)));
  }
  ~RedisFailover() override { spdlog::set_default_logger(logger_before_); }

  asio::io_context io_;
  SystemClock clock_;
  std::ostringstream log_;

 private:
  std::shared_ptr<spdlog::logger> logger_before_;
};

// Admits one job, however long that takes; its id.
Task<JobId> admit_in_the_end(Store& store) {
  const auto give_up = deadline_in(60s);
  for (;;) {
    std::vector<JobDefinition> definitions(1, definition());
    auto admitted = co_await store.admit(std::move(definitions), std::nullopt, actor);
    if (admitted) co_return admitted->ids.front();
    if (std::chrono::steady_clock::now() > give_up) throw std::runtime_error(admitted.error().message);
    co_await sleep_until(deadline_in(20ms));
  }
}

RedisOptions options_of(const SentinelTrio& trio) {
  RedisOptions options;
  options.url = must(parse_redis_url(trio.url()));
  options.cluster = "test";
  return options;
}

TEST_F(RedisFailover, TheNewMasterIsFollowedAndNothingIsMissedWhenItHadAll) {
  SentinelTrio trio;
  RedisStore store(io_.get_executor(), options_of(trio), clock_);
  const std::function<Task<>(RedisStore&)> story = [&trio](RedisStore& s) -> Task<> {
    co_await admit(s, 10);
    auto read = co_await s.read_events(0, 100, deadline_in(5s));
    EXPECT_EQ(must(std::move(read)).size(), 10u);
    trio.kill_first();
    const auto next = co_await admit_in_the_end(s);
    EXPECT_GE(next, JobId{11});
    const Job kept = co_await berth::test::read(s, {1});
    EXPECT_EQ(kept.definition, definition());
    std::optional<Result<std::vector<Event>>> events;
    do {
      events = co_await s.read_events(10, 100, deadline_in(5s));
    } while (events->has_error() && events->error().kind == ErrorKind::unavailable);
    EXPECT_EQ(must(*events).front().job, JobId{11});
  };
  run(io_, tell_with_redis(store, story));
  EXPECT_THAT(log_.str(), HasSubstr("the master is redis://127.0.0.1:"));
  EXPECT_THAT(log_.str(), Not(HasSubstr("went back in time")));
}

TEST_F(RedisFailover, AMasterThatMissedWritesIsNoticedAndReadersStartOver) {
  SentinelTrio trio;
  RedisStore store(io_.get_executor(), options_of(trio), clock_);
  const std::function<Task<>(RedisStore&)> story = [&trio](RedisStore& s) -> Task<> {
    co_await admit(s, 3);
    trio.await_replica();
    auto first = co_await s.read_events(0, 100, deadline_in(5s));  // its connection is there before the cut
    must(std::move(first));
    // The replica is cut off, and can't come back.
    EXPECT_THAT(trio.first().ask("CONFIG SET requirepass cut"), HasSubstr("OK"));
    EXPECT_THAT(trio.second().ask("CLIENT KILL TYPE master"), HasSubstr("1"));
    co_await admit(s, 5);
    auto read = co_await s.read_events(0, 100, deadline_in(5s));
    EXPECT_EQ(must(std::move(read)).size(), 8u);
    trio.first().kill();
    const auto next = co_await admit_in_the_end(s);
    EXPECT_EQ(next, JobId{4}) << "five acknowledged jobs are lost";
    std::optional<Result<std::vector<Event>>> events;
    do {
      events = co_await s.read_events(8, 100, deadline_in(5s));
    } while (events->has_error() && events->error().kind == ErrorKind::unavailable);
    EXPECT_EQ(kind_of(*events), ErrorKind::conflict);
    EXPECT_EQ(s.history(), 1u);
    auto again = co_await s.read_events(3, 100, deadline_in(5s));
    EXPECT_EQ(must(std::move(again)).front().job, JobId{4});
  };
  run(io_, tell_with_redis(store, story));
  EXPECT_THAT(log_.str(), HasSubstr("went back in time: event 8 had been stored, and its last one is "));
}

TEST_F(RedisFailover, WithoutAMasterEverySentinelsAnswerIsSaid) {
  RedisOptions options;
  options.url = must(parse_redis_url("redis-sentinel://127.0.0.1:1,127.0.0.1:2/prime"));
  RedisStore store(io_.get_executor(), options, clock_);
  struct Story {
    static Task<> tell(RedisStore& s) {
      auto started = co_await s.start(deadline_in(10s));
      EXPECT_EQ(kind_of(started), ErrorKind::unavailable);
      EXPECT_EQ(started.error().message,
                "Redis at redis-sentinel://127.0.0.1:1,127.0.0.1:2/prime doesn't answer: Sentinel "
                "redis://127.0.0.1:1: "
                "connection refused; Sentinel redis://127.0.0.1:2: connection refused.");
      co_await s.close();
    }
  };
  run(io_, Story::tell(store));
}

}  // namespace
}  // namespace berth::test
