// What containers use, out of two looks at what the kernel has counted.
#include "executor/core/usage_meter.hpp"

#include <gtest/gtest.h>

namespace berth {
namespace {

using namespace std::chrono_literals;

ContainerCounters counted(std::uint64_t job, Milliseconds at, std::chrono::nanoseconds cpu_time,
                          Bytes memory = 1_MiB) {
  ContainerCounters counters;
  counters.attempt = {JobId{job}, 1};
  counters.at = Monotonic{at};
  counters.cpu_time = cpu_time;
  counters.memory = memory;
  return counters;
}

TEST(UsageMeter, TellsTheCoresBetweenTwoLooks) {
  UsageMeter meter;
  const auto first = meter.take({counted(1, 1s, 10s)});
  ASSERT_EQ(first.jobs.size(), 1u);
  EXPECT_EQ(first.jobs[0].cpu, std::nullopt) << "one look tells no rate";
  EXPECT_EQ(first.jobs[0].memory, 1_MiB);
  const auto second = meter.take({counted(1, 6s, 10s + 7'500ms, 5_MiB)});
  EXPECT_EQ(second.jobs.at(0).cpu, Millicores{1500});
  EXPECT_EQ(second.jobs[0].memory, 5_MiB);
  const auto third = meter.take({counted(1, 11s, 10s + 7'500ms)});
  EXPECT_EQ(third.jobs.at(0).cpu, Millicores{0});
  const auto machine = meter.take({counted(1, 16s, 10s + 7'500ms + 1'024 * 5s)});
  EXPECT_EQ(machine.jobs.at(0).cpu, Millicores{1'024'000});
}

TEST(UsageMeter, IsSilentWhereItCanTellNothing) {
  UsageMeter meter;
  EXPECT_EQ(meter.take({}).measured, 0u);
  meter.take({counted(1, 1s, 10s), counted(2, 1s, 1s)});
  const auto set_back = meter.take({counted(1, 6s, 9s), counted(2, 1s, 2s)});
  EXPECT_EQ(set_back.jobs.at(0).cpu, std::nullopt) << "a counter that fell is another one";
  EXPECT_EQ(set_back.jobs.at(1).cpu, std::nullopt) << "no time went by";
  EXPECT_EQ(set_back.cpu, std::nullopt);
  EXPECT_EQ(set_back.memory, 2_MiB);
}

TEST(UsageMeter, ForgetsWhatIsGone) {
  UsageMeter meter;
  meter.take({counted(1, 1s, 10s), counted(2, 1s, 10s)});
  const auto one = meter.take({counted(2, 6s, 11s)});
  EXPECT_EQ(one.measured, 1u);
  EXPECT_EQ(one.cpu, Millicores{200});
  const auto again = meter.take({counted(1, 11s, 11s)});
  EXPECT_EQ(again.jobs.at(0).cpu, std::nullopt);
}

}  // namespace
}  // namespace berth
