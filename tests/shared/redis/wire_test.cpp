#include "shared/redis/wire.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::redis {
namespace {

using ::testing::HasSubstr;

TEST(RedisWireTest, ACommandIsItsWordsWithTheirLengths) {
  Command command("SET", "key", 12);
  command.add(std::string_view("\0\r\n", 3));
  EXPECT_EQ(command.encode(),
            std::string("*4\r\n$3\r\nSET\r\n$3\r\nkey\r\n$2\r\n12\r\n$3\r\n\0\r\n\r\n", 39));
}

TEST(RedisWireTest, RepliesAreCutFromBytesThatArriveOneByOne) {
  ReplyReader reader;
  const std::string_view bytes = ":7\r\n$2\r\nhi\r\n*3\r\n+OK\r\n$-1\r\n*1\r\n:1\r\n-OOM no\r\n";
  std::vector<Reply> replies;
  for (const char byte : bytes) {
    reader.feed({&byte, 1});
    auto reply = reader.next();
    ASSERT_TRUE(reply.has_value());
    if (*reply) replies.push_back(std::move(**reply));
  }
  ASSERT_EQ(replies.size(), 4u);
  EXPECT_EQ(replies[0].number(), 7u);
  EXPECT_EQ(replies[1].text(), "hi");
  ASSERT_EQ(replies[2].items().size(), 3u);
  EXPECT_EQ(replies[2].items()[0].text(), "OK");
  EXPECT_TRUE(replies[2].items()[1].is_nil());
  EXPECT_EQ(replies[2].items()[2].items().at(0).number(), 1u);
  ASSERT_NE(replies[3].failure(), nullptr);
  EXPECT_EQ(replies[3].failure()->text, "OOM no");
}

TEST(RedisWireTest, WhatIsNotRedisIsAnError) {
  ReplyReader reader;
  reader.feed("HTTP/1.1 400 Bad Request\r\n");
  const auto reply = reader.next();
  ASSERT_TRUE(reply.has_error());
  EXPECT_THAT(reply.error().message, HasSubstr("isn't Redis's protocol"));
}

TEST(RedisWireTest, AReplyOfAnotherKindIsEmpty) {
  const Reply number{std::int64_t{-1}};
  EXPECT_EQ(number.number(), std::nullopt);
  EXPECT_EQ(number.text(), "");
  EXPECT_TRUE(number.items().empty());
}

TEST(RedisWireTest, FailuresSayWhatACallerCanDo) {
  const auto kind = [](const char* text) { return to_error({text}, "redis://h:1").kind; };
  EXPECT_EQ(kind("LOADING Redis is loading the dataset in memory"), ErrorKind::unavailable);
  EXPECT_EQ(kind("BUSY Redis is busy running a script"), ErrorKind::unavailable);
  EXPECT_EQ(kind("READONLY You can't write against a read only replica."), ErrorKind::unavailable);
  EXPECT_EQ(kind("OOM command not allowed"), ErrorKind::refused);
  EXPECT_EQ(kind("MISCONF Errors writing to the AOF file"), ErrorKind::refused);
  EXPECT_EQ(kind("NOAUTH Authentication required."), ErrorKind::refused);
  EXPECT_EQ(kind("ERR unknown command"), ErrorKind::internal);
  const Error conflict = to_error({"CONFLICT Somebody was faster."}, "redis://h:1");
  EXPECT_EQ(conflict.kind, ErrorKind::conflict);
  EXPECT_EQ(conflict.message, "Somebody was faster.");
  EXPECT_THAT(to_error({"MISCONF x"}, "redis://h:1").message,
              HasSubstr("Redis at redis://h:1 can't write to its disk"));
}

}  // namespace
}  // namespace berth::redis
