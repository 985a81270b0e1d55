// What an executor tells of its containers' use: sums, bounds, and the text that goes over the wire.
#include "shared/model/usage.hpp"

#include "shared/base/limits.hpp"

#include <gtest/gtest.h>

namespace berth {
namespace {

AttemptUsage use_of(std::uint64_t job, std::optional<Millicores> cpu, Bytes memory) {
  AttemptUsage usage;
  usage.job = JobId{job};
  usage.attempt = 1;
  usage.cpu = cpu;
  usage.memory = memory;
  return usage;
}

TEST(UsageReport, SumsUpWhatIsKnownAndIsInOrder) {
  const auto report = usage_report({use_of(42, std::nullopt, 2_MiB), use_of(7, Millicores{1250}, 1_MiB)});
  EXPECT_EQ(report.measured, 2u);
  EXPECT_EQ(report.cpu, Millicores{1250});
  EXPECT_EQ(report.memory, 3_MiB);
  ASSERT_EQ(report.jobs.size(), 2u);
  EXPECT_EQ(report.jobs.front().job, JobId{7});
  ASSERT_NE(find_usage(report, JobId{42}, 1), nullptr);
  EXPECT_EQ(find_usage(report, JobId{42}, 1)->memory, 2_MiB);
  EXPECT_EQ(find_usage(report, JobId{42}, 2), nullptr) << "another attempt";
  EXPECT_EQ(find_usage(report, JobId{8}, 1), nullptr);
  EXPECT_EQ(usage_report({}).cpu, std::nullopt);
}

TEST(UsageReport, OfTooManyItTellsThoseWithTheMostMemoryAndTheSumOfAll) {
  std::vector<AttemptUsage> measured;
  for (std::uint64_t job = 1; job <= limits::usage_told + 10; ++job)
    measured.push_back(use_of(job, Millicores{1}, Bytes{static_cast<std::int64_t>(job)}));
  const auto report = usage_report(std::move(measured));
  EXPECT_EQ(report.measured, limits::usage_told + 10);
  EXPECT_EQ(report.jobs.size(), limits::usage_told);
  EXPECT_EQ(report.jobs.front().job, JobId{11});
  EXPECT_EQ(report.cpu, Millicores{static_cast<std::int64_t>(limits::usage_told + 10)});
  EXPECT_LT(format_usage(report).size(), 25'000u);
}

TEST(UsageText, IsCompactAndComesBack) {
  const auto report = usage_report({use_of(7, Millicores{1250}, 1_MiB), use_of(42, std::nullopt, 2_MiB)});
  EXPECT_EQ(format_usage(report), "2 1250 3145728;7 1 1250 1048576;42 1 - 2097152");
  EXPECT_EQ(parse_usage(format_usage(report)), report);
  EXPECT_EQ(format_usage(usage_report({})), "0 - 0");
  EXPECT_EQ(parse_usage("0 - 0"), usage_report({}));
}

TEST(UsageText, LeavesWhatALaterVersionAddsAlone) {
  const auto read = parse_usage("1 5 6 new;7 1 5 6 13 new");
  ASSERT_TRUE(read);
  EXPECT_EQ(format_usage(*read), "1 5 6;7 1 5 6");
}

TEST(UsageText, WhatIsNoneIsNothing) {
  for (const auto* text : {"", " ", "x", "1", "1 2", "1 x 3", "1 2 x", "1 2 3;", "1 2 3;4", "1 2 3;0 1 2 3",
                           "1 2 3;4 x 2 3", "1 2 3;4 1 2", "1 2 3;4 1 x 3", "1 2 3;;4 1 2 3", "-1 2 3"}) {
    const auto read = parse_usage(text);
    if (std::string(text) == "1 2 3;") {
      EXPECT_TRUE(read) << "nothing follows";
    } else {
      EXPECT_FALSE(read) << text;
    }
  }
}

}  // namespace
}  // namespace berth
