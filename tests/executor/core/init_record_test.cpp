// What berth-init's record says, whole or cut off at any byte.
#include "executor/core/init_record.hpp"

#include <gtest/gtest.h>

#include <string>

namespace berth {
namespace {

const std::string whole =
    "started 1000\n"
    "timeout 2000\n"
    "ended 3000 signal 9 timeout 1048576 250 2\n";

TEST(InitRecord, tells_of_the_whole_life) {
  const auto record = parse_init_record(whole + std::string(100, '\0'));
  EXPECT_EQ(record.started, WallTime{1000});
  ASSERT_TRUE(record.ended);
  EXPECT_EQ(record.ended->at, WallTime{3000});
  EXPECT_TRUE(record.ended->by_signal);
  EXPECT_EQ(record.ended->number, 9);
  EXPECT_EQ(record.ended->why, InitRecord::Why::timeout);
  EXPECT_EQ(record.ended->peak_memory, 1_MiB);
  EXPECT_EQ(record.ended->cpu_time, Milliseconds{250});
  EXPECT_EQ(record.ended->oom_kills, 2u);
}

TEST(InitRecord, cut_off_anywhere_never_tells_of_an_ending_that_was_not_written_down) {
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const auto record = parse_init_record(whole.substr(0, length));
    EXPECT_FALSE(record.ended) << whole.substr(0, length);
    EXPECT_EQ(record.started.has_value(), length >= std::string("started 1000\n").size());
  }
}

TEST(InitRecord, tells_whether_a_signal_from_outside_had_reached_it) {
  EXPECT_TRUE(
      parse_init_record("started 1000\nsignal 1500 15\nended 1600 exit 0 itself 0 0 0\n").is_signalled);
  EXPECT_FALSE(parse_init_record(whole).is_signalled);
}

TEST(InitRecord, tells_where_the_output_went_and_whether_all_of_it_was_taken) {
  const auto piped = parse_init_record("started 1000 piped\nended 1600 exit 0 itself 0 0 0\nemptied 1700\n");
  EXPECT_EQ(piped.started, WallTime{1000});
  EXPECT_TRUE(piped.is_piped);
  EXPECT_TRUE(piped.is_emptied);
  EXPECT_FALSE(parse_init_record(whole).is_piped) << "an older init's";
  EXPECT_FALSE(parse_init_record(whole).is_emptied);
}

TEST(InitRecord, of_a_command_that_could_not_be_executed) {
  const auto record = parse_init_record("failed 1000 2\n");
  ASSERT_TRUE(record.failed);
  EXPECT_EQ(record.failed->error, 2);
  EXPECT_TRUE(record.has_begun());
  EXPECT_FALSE(record.started);
}

TEST(InitRecord, what_is_not_understood_says_nothing) {
  EXPECT_FALSE(parse_init_record("").has_begun());
  EXPECT_FALSE(
      parse_init_record("started\nstarted x\nended 1 exit\nended 1 exit 0 someday 0 0 0\n").has_begun());
  EXPECT_FALSE(parse_init_record("ended 1 exit -99999999999 itself 0 0 0\n").ended);
}

}  // namespace
}  // namespace berth
