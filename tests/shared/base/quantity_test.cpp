#include "shared/base/quantity.hpp"

#include "shared/base/limits.hpp"
#include "shared/base/time.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace berth {
namespace {

using namespace std::chrono_literals;

TEST(Quantity, CoresAreExactDecimals) {
  EXPECT_EQ(*parse_cores("2"), Millicores{2000});
  EXPECT_EQ(*parse_cores("0.5"), Millicores{500});
  EXPECT_EQ(*parse_cores("1.250"), Millicores{1250});
  EXPECT_EQ(to_string(Millicores{1250}), "1.25");
  EXPECT_EQ(to_string(Millicores{10}), "0.01");
  EXPECT_EQ(to_string(Millicores{2000}), "2");
  for (const auto* bad : {"", "-1", "1e3", ".5", "1.", "0.0005", "two", "1 "})
    EXPECT_FALSE(parse_cores(bad)) << bad;
}

TEST(Quantity, BytesTakeDecimalBinaryAndDockersUnits) {
  EXPECT_EQ(*parse_bytes("1048576"), 1_MiB);
  EXPECT_EQ(*parse_bytes("512MiB"), 512_MiB);
  EXPECT_EQ(*parse_bytes("2GB"), Bytes{2'000'000'000});
  EXPECT_EQ(*parse_bytes("1.5GiB"), Bytes{1'610'612'736});
  EXPECT_EQ(*parse_bytes("64m"), 64_MiB) << "as docker run -m has it";
  EXPECT_EQ(*parse_bytes("1g"), 1_GiB);
  EXPECT_EQ(*parse_bytes("100 kb"), Bytes{100'000});
  for (const auto* bad : {"", "MiB", "-5", "5 parsecs", "99999999999999TiB", "0x10", "1e9"}) {
    EXPECT_FALSE(parse_bytes(bad)) << bad;
  }
}

TEST(Quantity, BytesAreExactUpToTheLargestNumber) {
  for (const auto value : {limits::max_memory.value, limits::max_memory.value - 1,
                           std::int64_t{9'223'372'036'855}, std::numeric_limits<std::int64_t>::max()}) {
    const auto parsed = parse_bytes(std::to_string(value));
    ASSERT_TRUE(parsed) << value << ": " << parsed.error().message;
    EXPECT_EQ(parsed->value, value);
  }
  EXPECT_EQ(parse_bytes("64TiB")->value, limits::max_memory.value);
  EXPECT_EQ(parse_bytes("4194304.5T")->value, std::int64_t{4'194'304} * (1LL << 40) + (1LL << 39));
  EXPECT_FALSE(parse_bytes("9223372036854775808"));
  EXPECT_FALSE(parse_bytes("8388608T"));
}

TEST(Quantity, BytesReadWell) {
  EXPECT_EQ(to_string(Bytes{0}), "0B");
  EXPECT_EQ(to_string(Bytes{1023}), "1023B");
  EXPECT_EQ(to_string(256_MiB), "256MiB");
  EXPECT_EQ(to_string(Bytes{1'610'612'736}), "1.5GiB");
  EXPECT_EQ(to_string(Bytes{(1LL << 20) - 1}), "1MiB") << "never 1024.0KiB";
  EXPECT_EQ(to_string(64_TiB), "64TiB");
}

TEST(Quantity, BytesThatDifferAreToldApart) {
  EXPECT_EQ(told_apart(2_GiB, 2_GiB), "2GiB");
  EXPECT_EQ(told_apart(2_GiB, 4_GiB), "2GiB");
  EXPECT_EQ(told_apart(16343_MiB, 16_GiB), "16343MiB");
  EXPECT_EQ(told_apart(16_GiB, 16343_MiB), "16384MiB");
  EXPECT_EQ(told_apart(Bytes{(2_GiB).value + 1}, 2_GiB), "2147483649B");
}

TEST(Time, DurationsRoundTrip) {
  EXPECT_EQ(*parse_duration("10s"), 10s);
  EXPECT_EQ(*parse_duration("1h30m"), 90min);
  EXPECT_EQ(*parse_duration("250ms"), 250ms);
  EXPECT_EQ(*parse_duration("90"), 90s);
  EXPECT_EQ(*parse_duration("0.5"), 500ms);
  EXPECT_EQ(*parse_duration("1.5h"), 90min);
  for (const auto span : {0ms, 1ms, 999ms, 1000ms, 61'001ms, 90'061'007ms}) {
    EXPECT_EQ(*parse_duration(to_string(span)), span) << to_string(span);
  }
  for (const auto* bad : {"", "s", "-1s", "10 s", "1h30", "5 minutes", "99999999999999999h"}) {
    EXPECT_FALSE(parse_duration(bad)) << bad;
  }
}

TEST(Time, InstantsAreRfc3339InUtcToTheMillisecond) {
  const WallTime time{1'795'460'162'123};
  EXPECT_EQ(to_string(time), "2026-11-23T18:56:02.123Z");
  EXPECT_EQ(*parse_wall_time("2026-11-23T18:56:02.123Z"), time);
  EXPECT_EQ(*parse_wall_time("2026-11-23T18:56:02Z"), WallTime{1'795'460'162'000});
  EXPECT_EQ(*parse_wall_time("2026-11-23T18:56:02.123999Z"), time);
  for (const auto* bad :
       {"", "2026-11-23", "2026-13-23T18:56:02Z", "2026-02-30T18:56:02Z", "2026-11-23T18:56:02",
        "2026-11-23T18:56:02+01:00", "2026-11-23T25:56:02Z", "2026-11-23T18:56:02.Z"}) {
    EXPECT_FALSE(parse_wall_time(bad)) << bad;
  }
}

}  // namespace
}  // namespace berth
