// What jobs used, and what they are advised to ask for.
#include "scheduler/core/sizing.hpp"

#include "shared/base/limits.hpp"

#include <gtest/gtest.h>

namespace berth {
namespace {

using namespace std::chrono_literals;

// Jobs as they end, newest first.
class Sizing : public ::testing::Test {
 protected:
  struct Use {
    Bytes asked = 256_MiB;
    std::optional<Bytes> peak = 40_MiB;
    Milliseconds ran = 10s;
    std::optional<Milliseconds> cpu{};
    bool oom_killed = false;
  };
  static Attempt attempt_of(const Use& use) {
    Attempt attempt;
    attempt.number = 1;
    attempt.started_at = WallTime{1'000};
    attempt.finished_at = WallTime{1'000} + use.ran;
    attempt.peak_memory = use.peak;
    attempt.cpu_time = use.cpu;
    attempt.oom_killed = use.oom_killed;
    return attempt;
  }
  void ended(const Use& use, const std::string& name = "train") {
    Job job;
    job.definition.name = name;
    job.definition.resources.memory = use.asked;
    job.status = use.oom_killed ? JobStatus::failed : JobStatus::succeeded;
    job.attempts.push_back(attempt_of(use));
    history.add(job);
  }
  NameSizing only() {
    const auto report = history.report(10);
    EXPECT_EQ(report.names.size(), 1u);
    return report.names.empty() ? NameSizing{} : report.names.front();
  }

  SizingHistory history;
};

TEST_F(Sizing, peaks_are_ranked_and_the_advice_is_the_highest_with_headroom) {
  for (int i = 1; i <= 20; ++i) {
    Use use;
    use.peak = Bytes{i * (1_MiB).value};
    ended(use);
  }
  const auto sizing = only();
  EXPECT_EQ(sizing.jobs, 20u);
  EXPECT_EQ(sizing.measured, 20u);
  EXPECT_EQ(sizing.peak_p50, 10_MiB);
  EXPECT_EQ(sizing.peak_p95, 19_MiB);
  EXPECT_EQ(sizing.peak_max, 20_MiB);
  EXPECT_EQ(sizing.advised_memory, 32_MiB);
  EXPECT_EQ(sizing.verdict, SizeVerdict::too_large);
  EXPECT_EQ(sizing.wasted_mib_seconds, 20u * (256u - 19u) * 10u);
  EXPECT_EQ(sizing.message, "the highest peak of 20 runs is 20MiB of 256MiB");
}

TEST_F(Sizing, too_few_runs_say_nothing) {
  ended({});
  ended({});
  const auto sizing = only();
  EXPECT_EQ(sizing.verdict, SizeVerdict::too_few);
  EXPECT_EQ(sizing.advised_memory, std::nullopt);
  EXPECT_EQ(sizing.message, "2 runs measured: 3 are the least that say something");
  EXPECT_EQ(sizing.peak_max, 40_MiB) << "what is known is told all the same";
}

TEST_F(Sizing, runs_that_nobody_measured_say_nothing_either) {
  Use use;
  use.peak.reset();
  for (int i = 0; i < 5; ++i) ended(use);
  EXPECT_EQ(only().verdict, SizeVerdict::unknown);
  EXPECT_EQ(only().wasted_mib_seconds, std::nullopt);
}

TEST_F(Sizing, what_suits_stays_as_it_is) {
  Use use;
  use.peak = 200_MiB;
  for (int i = 0; i < 3; ++i) ended(use);
  EXPECT_EQ(only().verdict, SizeVerdict::fits);
  EXPECT_EQ(only().advised_memory, 256_MiB);
}

TEST_F(Sizing, a_peak_close_to_the_limit_is_too_close) {
  Use use;
  use.peak = 250_MiB;
  for (int i = 0; i < 3; ++i) ended(use);
  EXPECT_EQ(only().verdict, SizeVerdict::too_small);
  EXPECT_EQ(only().advised_memory, 304_MiB);
}

TEST_F(Sizing, what_was_filled_to_the_limit_without_a_kill_is_enough) {
  Use full;
  full.peak = full.asked;
  for (int i = 0; i < 3; ++i) ended(full);
  EXPECT_EQ(only().verdict, SizeVerdict::fits) << "cached files fill what there is";
  EXPECT_EQ(only().advised_memory, 256_MiB);
  EXPECT_EQ(
      only().message,
      "the highest peak of 3 runs is 256MiB of 256MiB; runs that took all of 256MiB got through: files in "
      "memory give way");
  Use roomy;
  roomy.asked = 4_GiB;
  roomy.peak = 3_GiB;
  ended(roomy);
  EXPECT_EQ(only().latest_memory, 256_MiB);
  EXPECT_EQ(only().verdict, SizeVerdict::fits) << "whatever those with more have cached";
  Use killed;
  killed.peak = 256_MiB;
  killed.oom_killed = true;
  ended(killed);
  EXPECT_EQ(only().verdict, SizeVerdict::too_small) << "sometimes it isn't";
}

TEST_F(Sizing, less_than_what_was_filled_is_never_advised) {
  Use little;
  little.peak = 40_MiB;
  ended(little);
  ended(little);
  Use full;
  full.peak = full.asked;
  ended(full);
  EXPECT_EQ(only().verdict, SizeVerdict::fits);
  EXPECT_EQ(only().advised_memory, 256_MiB);
}

TEST_F(Sizing, where_all_were_killed_twice_as_much_is_the_advice) {
  Use killed;
  killed.peak = 256_MiB;
  killed.oom_killed = true;
  for (int i = 0; i < 3; ++i) ended(killed);
  EXPECT_EQ(only().verdict, SizeVerdict::too_small);
  EXPECT_EQ(only().advised_memory, 512_MiB);
  EXPECT_EQ(only().oom_killed, 3u);
}

TEST_F(Sizing, runs_that_had_more_tell_what_killed_ones_would_have_needed) {
  Use enough;
  enough.asked = 1_GiB;
  enough.peak = 300_MiB;
  for (int i = 0; i < 3; ++i) ended(enough);
  Use killed;
  killed.peak = 256_MiB;
  killed.oom_killed = true;
  ended(killed);
  const auto sizing = only();
  EXPECT_EQ(sizing.latest_memory, 1_GiB);
  EXPECT_EQ(sizing.advised_memory, 368_MiB);
  EXPECT_EQ(sizing.verdict, SizeVerdict::too_large);
}

TEST_F(Sizing, it_is_judged_by_what_is_asked_for_now) {
  Use followed;
  followed.asked = 48_MiB;
  ended(followed);
  for (int i = 0; i < 10; ++i) ended({});
  const auto sizing = only();
  EXPECT_EQ(sizing.memory, 256_MiB) << "the median of the history";
  EXPECT_EQ(sizing.latest_memory, 48_MiB);
  EXPECT_EQ(sizing.verdict, SizeVerdict::fits) << "who has followed the advice isn't told again";
}

TEST_F(Sizing, cpu_goes_by_what_runs_use_and_never_up) {
  Use use;
  use.peak = 200_MiB;
  use.cpu = 2s;  // of ten
  for (int i = 0; i < 3; ++i) ended(use);
  auto sizing = only();
  EXPECT_EQ(sizing.cpu_used, Milliseconds{6s});
  EXPECT_EQ(sizing.cpu_reserved, Milliseconds{30s});
  EXPECT_EQ(sizing.cores_p95, Millicores{200});
  EXPECT_EQ(sizing.advised_cpu, Millicores{250});
  EXPECT_EQ(sizing.verdict, SizeVerdict::too_large);
  EXPECT_EQ(sizing.message, "the highest peak of 3 runs is 200MiB of 256MiB; it uses 0.2 of 1 CPUs");
  use.cpu = 10s;
  for (int i = 0; i < 100; ++i) ended(use);
  sizing = only();
  EXPECT_EQ(sizing.advised_cpu, Millicores{1000});
  EXPECT_EQ(sizing.verdict, SizeVerdict::fits);
}

TEST_F(Sizing, short_runs_say_nothing_of_cpu) {
  Use use;
  use.ran = 10ms;
  use.cpu = 10ms;
  for (int i = 0; i < 3; ++i) ended(use);
  EXPECT_EQ(only().cpu_used, std::nullopt) << "most of it would be the start's";
  EXPECT_EQ(only().cores_p95, std::nullopt);
  EXPECT_EQ(only().advised_cpu, std::nullopt);
}

TEST_F(Sizing, names_are_apart_and_the_worst_come_first) {
  for (int i = 0; i < 3; ++i) {
    Use small;
    small.peak = 256_MiB;
    small.oom_killed = true;
    ended(small, "small");
    Use large;
    large.ran = 1h;
    ended(large, "large");
    ended({}, "medium");
  }
  Job nameless;
  nameless.status = JobStatus::succeeded;
  history.add(nameless);
  Job live;
  live.definition.name = "live";
  history.add(live);
  const auto report = history.report(2);
  EXPECT_EQ(report.jobs, 10u);
  EXPECT_EQ(report.unnamed, 1u);
  ASSERT_EQ(report.names.size(), 2u);
  EXPECT_EQ(report.names[0].name, "small");
  EXPECT_EQ(report.names[1].name, "large");
  EXPECT_EQ(report.names_left_out, 1u);
}

TEST_F(Sizing, every_attempt_that_ran_is_a_run) {
  Job job;
  job.definition.name = "flaky";
  job.status = JobStatus::succeeded;
  for (int i = 0; i < 3; ++i) job.attempts.push_back(attempt_of({}));
  job.attempts.push_back({});  // never began
  history.add(job);
  EXPECT_EQ(only().jobs, 1u);
  EXPECT_EQ(only().runs, 3u);
  EXPECT_EQ(history.runs(), 3u);
}

TEST(Headroom, is_rounded_up_and_stays_within_what_may_be_asked_for) {
  EXPECT_EQ(with_headroom(Bytes{0}), 16_MiB);
  EXPECT_EQ(with_headroom(10_MiB), 16_MiB);
  EXPECT_EQ(with_headroom(13_MiB), 32_MiB);
  EXPECT_EQ(with_headroom(1_GiB), Bytes{1280 * (1_MiB).value});
  EXPECT_EQ(with_headroom(64_TiB), limits::max_memory);
  EXPECT_EQ(with_headroom(Millicores{0}), Millicores{50});
  EXPECT_EQ(with_headroom(Millicores{500}), Millicores{600});
  EXPECT_EQ(with_headroom(Millicores{1'000}), Millicores{1'250});
  EXPECT_EQ(with_headroom(Millicores{7'000}), Millicores{9'000});
}

}  // namespace
}  // namespace berth
