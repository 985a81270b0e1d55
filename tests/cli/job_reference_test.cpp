#include "cli/job_reference.hpp"

#include <gtest/gtest.h>

namespace berth::cli {
namespace {

std::vector<std::uint64_t> ids_of(std::string_view text) {
  const auto reference = parse_job_reference(text).value();
  std::vector<std::uint64_t> numbers;
  for (const auto id : std::get<std::vector<JobId>>(reference)) numbers.push_back(id.value);
  return numbers;
}

TEST(JobReference, NamesJobsInEveryWayOfTheProduct) {
  EXPECT_EQ(ids_of("7"), (std::vector<std::uint64_t>{7}));
  EXPECT_EQ(ids_of("40-45"), (std::vector<std::uint64_t>{40, 41, 42, 43, 44, 45}));
  EXPECT_EQ(ids_of("3,5,8-10"), (std::vector<std::uint64_t>{3, 5, 8, 9, 10}));
  EXPECT_EQ(ids_of("5-5"), (std::vector<std::uint64_t>{5}));
  EXPECT_EQ(parse_job_reference("last").value(), JobReference{LastJob{}});
  EXPECT_EQ(parse_job_reference("name:train").value(), JobReference{JobsNamed{"train"}});
}

TEST(JobReference, SaysWhatIsExpectedOtherwise) {
  for (const auto* text :
       {"", "0", "x", "-3", "3-", "1,,2", "1,", "name:", "1.5", "99999999999999999999", "first"}) {
    const auto reference = parse_job_reference(text);
    ASSERT_FALSE(reference) << text;
    EXPECT_NE(reference.error().message.find("names no job"), std::string::npos) << reference.error().message;
  }
  EXPECT_EQ(parse_job_reference("9-7").error().message, "the range 9-7 goes backwards: did you mean 7-9?");
}

TEST(JobReference, KnowsThatNoIdIsAboveWhatRedisCanOrder) {
  EXPECT_EQ(ids_of("9007199254740992"), (std::vector<std::uint64_t>{9'007'199'254'740'992}));
  for (const auto* text :
       {"9007199254740993", "18446744073709551615", "18446744073709551610-18446744073709551615"}) {
    EXPECT_FALSE(parse_job_reference(text)) << text;
  }
}

TEST(JobReference, RefusesMoreJobsThanAnyoneMeans) {
  EXPECT_EQ(ids_of("1-100000").size(), 100'000u);
  EXPECT_FALSE(parse_job_reference("1-100001"));
  EXPECT_FALSE(parse_job_reference("1-100000,200000"));
  EXPECT_FALSE(parse_job_reference("1-18446744073709551615"));
}

TEST(SayIds, FoldsRanges) {
  EXPECT_EQ(say_ids({JobId{1}, JobId{2}, JobId{3}}), "1-3");
  EXPECT_EQ(say_ids({JobId{3}, JobId{5}, JobId{8}, JobId{9}}), "3,5,8-9");
  EXPECT_EQ(say_ids({}), "");
}

}  // namespace
}  // namespace berth::cli
