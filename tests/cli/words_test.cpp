#include "cli/formatters/words.hpp"

#include <gtest/gtest.h>

namespace berth::cli {
namespace {

using namespace std::chrono_literals;

TEST(SaySpan, HasAtMostTwoUnits) {
  EXPECT_EQ(say_span(0ms), "0ms");
  EXPECT_EQ(say_span(999ms), "999ms");
  EXPECT_EQ(say_span(3'250ms), "3.2s");
  EXPECT_EQ(say_span(42s), "42s");
  EXPECT_EQ(say_span(185s), "3m 5s");
  EXPECT_EQ(say_span(2h), "2h");
  EXPECT_EQ(say_span(2h + 10min + 59s), "2h 10m");
  EXPECT_EQ(say_span(99h), "4d 3h");
  EXPECT_EQ(say_span(-5s), "0ms") << "a clock was set back meanwhile";
}

TEST(SayAgo, IsOneUnitAndNeverNegative) {
  const WallTime now{1'000'000'000};
  const auto before = [&](Milliseconds span) { return say_ago({now.milliseconds - span.count()}, now); };
  EXPECT_EQ(before(0ms), "just now");
  EXPECT_EQ(before(1'999ms), "just now");
  EXPECT_EQ(before(2s), "2s ago");
  EXPECT_EQ(before(59s), "59s ago");
  EXPECT_EQ(before(3min + 59s), "3m ago");
  EXPECT_EQ(before(23h), "23h ago");
  EXPECT_EQ(before(24h), "1d ago");
  EXPECT_EQ(before(-1s), "just now") << "the server's clock is a little ahead";
  EXPECT_EQ(before(-5min), "in 5m");
}

TEST(SayWhen, GivesTheAbsoluteTimeToo) {
  const auto then = *parse_wall_time("2026-11-23T18:56:02.123Z");
  EXPECT_EQ(say_when(then, then + 3min), "3m ago (2026-11-23 18:56:02 UTC)");
}

TEST(SayCount, KnowsThePlural) {
  EXPECT_EQ(say_count(1, "job"), "1 job");
  EXPECT_EQ(say_count(200, "job"), "200 jobs");
}

TEST(SayUsed, IsRoundedAndKnowsWhatIsUnknown) {
  EXPECT_EQ(say_used(std::optional<Millicores>()), "-");
  EXPECT_EQ(say_used(std::optional(Millicores{0})), "0");
  EXPECT_EQ(say_used(std::optional(Millicores{1})), "0.01") << "it isn't idle";
  EXPECT_EQ(say_used(std::optional(Millicores{1'254})), "1.25");
  EXPECT_EQ(say_used(std::optional(Millicores{1'996})), "2");
  EXPECT_EQ(say_used(std::optional<Bytes>()), "-");
  EXPECT_EQ(say_used(std::optional(310_MiB)), "310MiB");
}

}  // namespace
}  // namespace berth::cli
