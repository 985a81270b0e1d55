#include "shared/redis/url.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(RedisUrlTest, NamesAServerOnTheNetwork) {
  const auto url = parse_redis_url("redis://ana:p%40ss@redis.example:6380/3");
  ASSERT_TRUE(url.has_value());
  EXPECT_EQ(url->host, "redis.example");
  EXPECT_EQ(url->port, 6380);
  EXPECT_EQ(url->user, "ana");
  EXPECT_EQ(url->password, "p@ss");
  EXPECT_EQ(url->database, 3);
  EXPECT_EQ(to_string(*url), "redis://ana@redis.example:6380/3");
}

TEST(RedisUrlTest, HasRedissDefaults) {
  const auto url = parse_redis_url("redis://localhost");
  ASSERT_TRUE(url.has_value());
  EXPECT_EQ(url->port, 6379);
  EXPECT_EQ(url->database, 0);
  EXPECT_EQ(parse_redis_url("redis://[::1]:7000")->host, "::1");
  EXPECT_EQ(to_string(*parse_redis_url("redis://[::1]:7000")), "redis://[::1]:7000");
  EXPECT_EQ(parse_redis_url("redis://:secret@h")->password, "secret");
}

TEST(RedisUrlTest, NamesASocketHere) {
  const auto url = parse_redis_url("unix:///run/redis.sock?db=2");
  ASSERT_TRUE(url.has_value());
  EXPECT_EQ(url->socket_path, "/run/redis.sock");
  EXPECT_EQ(url->database, 2);
  EXPECT_EQ(to_string(*url), "unix:///run/redis.sock?db=2");
}

TEST(RedisUrlTest, SaysWhatIsWrongAndWhatWouldBeRight) {
  for (const char* text :
       {"localhost:6379", "http://h", "redis://", "redis://h:0", "redis://h:99999", "redis://h/x",
        "unix://relative.sock", "unix:///a.sock?x=1", "redis://u:%zz@h", "redis://[::1"}) {
    const auto url = parse_redis_url(text);
    ASSERT_TRUE(url.has_error()) << text;
    EXPECT_EQ(url.error().kind, ErrorKind::invalid);
    EXPECT_THAT(url.error().message, HasSubstr("redis://[user:pass@]host:port/db"));
  }
}

TEST(RedisUrlTest, AsksForTls) {
  const auto url = parse_redis_url("rediss://ana:pw@h/1");
  ASSERT_TRUE(url.has_value());
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(to_string(*url), "rediss://ana@h:6379/1");
  EXPECT_FALSE(parse_redis_url("redis://h")->tls);
}

TEST(RedisUrlTest, NamesSentinelsAndTheirMaster) {
  const auto url = parse_redis_url("redis-sentinel://ana:pw@s1:26380,s2,[::1]:7/prime/2");
  ASSERT_TRUE(url.has_value()) << url.error().message;
  const std::vector<RedisAddress> sentinels{{"s1", 26380}, {"s2", 26379}, {"::1", 7}};
  EXPECT_EQ(url->sentinels, sentinels);
  EXPECT_EQ(url->master, "prime");
  EXPECT_EQ(url->user, "ana");
  EXPECT_EQ(url->password, "pw");
  EXPECT_EQ(url->database, 2);
  EXPECT_EQ(to_string(*url), "redis-sentinel://ana@s1:26380,s2:26379,[::1]:7/prime/2");
  EXPECT_TRUE(parse_redis_url("rediss-sentinel://s/m")->tls);
  for (const char* text : {"redis-sentinel://a", "redis-sentinel:///m", "redis-sentinel://a,,b/m",
                           "redis-sentinel://a:0/m", "redis-sentinel://a/m/x", "redis-cluster://a"}) {
    EXPECT_TRUE(parse_redis_url(text).has_error()) << text;
  }
}

TEST(RedisUrlTest, NeverShowsAPassword) {
  EXPECT_THAT(to_string(*parse_redis_url("redis://:hush@h")), Not(HasSubstr("hush")));
  EXPECT_THAT(parse_redis_url("redis://u:hush@h:port").error().message, Not(HasSubstr("hush")));
  EXPECT_THAT(parse_redis_url("http://u:hush@h").error().message, Not(HasSubstr("hush")));
}

}  // namespace
}  // namespace berth
