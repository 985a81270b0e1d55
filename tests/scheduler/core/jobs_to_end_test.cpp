// Which jobs would have to end so that there is room: few of them, and none in vain.
#include "scheduler/core/jobs_to_end.hpp"

#include <gtest/gtest.h>

namespace berth {
namespace {

Amounts amounts(int cores, int gibibytes, std::uint32_t gpus = 0) {
  return {Millicores{cores * 1000}, Bytes{gibibytes * (1_GiB).value}, gpus};
}
Holding holding(std::uint64_t job, const Amounts& amounts) { return {JobId{job}, amounts}; }
using Jobs = std::vector<JobId>;

TEST(JobsToEnd, nobody_where_nothing_is_missing) {
  EXPECT_EQ(jobs_to_end({holding(1, amounts(4, 4))}, {}), Jobs{});
}

TEST(JobsToEnd, the_smallest_that_suffices_alone) {
  const std::vector<Holding> running{holding(1, amounts(8, 8)), holding(2, amounts(3, 1)),
                                     holding(3, amounts(4, 1))};
  EXPECT_EQ(jobs_to_end(running, amounts(3, 0)), Jobs{JobId{2}});
}

TEST(JobsToEnd, one_that_looked_best_and_is_not_needed_in_the_end) {
  const std::vector<Holding> running{holding(1, amounts(20, 23)), holding(2, amounts(30, 10)),
                                     holding(3, amounts(10, 30))};
  EXPECT_EQ(jobs_to_end(running, amounts(40, 40)), (Jobs{JobId{2}, JobId{3}}));
}

TEST(JobsToEnd, who_has_the_gpus_rather_than_the_largest) {
  const std::vector<Holding> running{holding(1, amounts(16, 64)), holding(2, amounts(1, 1, 2))};
  EXPECT_EQ(jobs_to_end(running, amounts(0, 0, 2)), Jobs{JobId{2}});
}

TEST(JobsToEnd, nothing_where_all_of_them_do_not_suffice) {
  EXPECT_EQ(jobs_to_end({holding(1, amounts(1, 1))}, amounts(2, 0)), std::nullopt);
}

}  // namespace
}  // namespace berth
