// `berth stats --by name` against an API that the test plays.
#include "cli/formatters/sizing_text.hpp"
#include "cli/formatters/text.hpp"
#include "tests/cli/api_stub.hpp"

#include <gmock/gmock.h>

#include <sstream>

namespace berth::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

NameSizing a_large_one() {
  NameSizing sizing;
  sizing.name = "train";
  sizing.jobs = 120;
  sizing.runs = sizing.measured = 130;
  sizing.cpu = sizing.latest_cpu = Millicores{2'000};
  sizing.memory = sizing.latest_memory = 4_GiB;
  sizing.peak_p50 = 900_MiB;
  sizing.peak_p95 = 1_GiB;
  sizing.peak_max = 1_GiB;
  sizing.cpu_used = std::chrono::hours{1};
  sizing.cpu_reserved = std::chrono::hours{4};
  sizing.wasted_mib_seconds = 3'686'400;
  sizing.verdict = SizeVerdict::too_large;
  sizing.advised_memory = Bytes{1280 * (1_MiB).value};
  sizing.advised_cpu = Millicores{750};
  sizing.message = "the highest peak of 130 runs is 1GiB of 4GiB";
  return sizing;
}

// Every cell as wide as it gets in practice.
NameSizing a_wide_one() {
  auto sizing = a_large_one();
  sizing.name = "a-name-that-is-as-long-as-names-may-be-and-says-all-there-is";
  sizing.runs = 99'999;
  sizing.cpu = Millicores{1'125};
  sizing.memory = Bytes{(100_MiB).value + (1_MiB).value / 2};
  sizing.peak_p50 = 990_MiB;
  sizing.peak_p95 = 991_MiB;
  sizing.peak_max = 992_MiB;
  sizing.wasted_mib_seconds = 999'850ull * 1024 * 3'600 / 1'000;
  sizing.verdict = SizeVerdict::too_small;
  sizing.message =
      "the highest peak of 99999 runs is 992MiB of 1GiB; in 12 runs something was killed for memory";
  return sizing;
}

SizingReport report_of(std::vector<NameSizing> names) {
  SizingReport report;
  report.jobs = 150;
  report.names = std::move(names);
  return report;
}

TEST(StatsByName, ShowWhatJobsUseOfWhatTheyAskFor) {
  const auto page = sizing_page(report_of({a_large_one()}), {});
  EXPECT_EQ(page,
            "NAME   RUNS  MEMORY  PEAK 50/95/MAX  CPU  USED  WASTED  ADVICE\n"
            "train   130    4GiB      0.9/1/1GiB    2   25%  1GiB·h  1280MiB, 0.75\n");
}

TEST(StatsByName, FitAnOrdinaryTerminal) {
  for (const auto& names :
       {std::vector{a_large_one()}, std::vector{a_wide_one()}, std::vector{a_large_one(), a_wide_one()}}) {
    std::istringstream lines(sizing_page(report_of(names), TableStyle{80, false}));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), 80u) << line;
  }
}

TEST(StatsByName, SayWhyAJobIsTooSmallAndWhatIsMissing) {
  auto report = report_of({a_wide_one()});
  EXPECT_THAT(sizing_page(report, {}), HasSubstr("in 12 runs something was killed for memory\n"));
  EXPECT_EQ(sizing_notes(report), "");
  report.names_left_out = 3;
  report.unnamed = 1;
  report.is_cut = true;
  EXPECT_EQ(sizing_notes(report),
            "and 3 names more, which waste less: --limit N shows more\n"
            "1 job without a name isn't told of\n"
            "of the newest 150 jobs that have ended; older ones weren't looked at\n");
}

TEST(StatsByName, ShowNoAdviceWhereLittleIsKnown) {
  NameSizing seldom;
  seldom.name = "seldom";
  seldom.memory = 256_MiB;
  seldom.cpu = Millicores{1'000};
  const auto page = sizing_page(report_of({seldom}), {});
  EXPECT_THAT(page, HasSubstr("too few\n"));
  seldom.verdict = SizeVerdict::fits;
  EXPECT_THAT(sizing_page(report_of({seldom}), {}), HasSubstr("fits\n"));
}

TEST(StatsByName, AreAskedForAndPrinted) {
  ApiStub api;
  const auto raw = to_json(report_of({a_large_one()}));
  api.on("GET /v1/stats/sizing", {{200, json::serialize(raw)}});
  const auto outcome = berth({"stats", "--by", "name", "--name", "train", "-n", "5", "--url", api.url()});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("1280MiB, 0.75\n"));
  EXPECT_EQ(api.targets().at(0), "GET /v1/stats/sizing?by=name&name=train&limit=5");
  const auto printed = parse_json(berth({"stats", "--by", "name", "--json", "--url", api.url()}).out).value();
  EXPECT_EQ(printed, raw);
  EXPECT_EQ(berth({"stats", "--by", "name", "--quiet", "--url", api.url()}).out, "train\n");
}

TEST(StatsByName, RefuseWhatIsNoSuchThing) {
  ApiStub api;
  EXPECT_EQ(berth({"stats", "--by", "label", "--url", api.url()}).code, 2);
  EXPECT_EQ(berth({"stats", "--name", "train", "--url", api.url()}).code, 2);
  for (const auto* limit : {"x", "0", "1001", "5x"}) {
    const auto outcome = berth({"stats", "--by", "name", "-n", limit, "--url", api.url()});
    EXPECT_EQ(outcome.code, 2) << limit;
    EXPECT_THAT(outcome.err, HasSubstr("--limit must be a number from 1 to 1000")) << limit;
  }
  EXPECT_TRUE(api.requests().empty());
}

}  // namespace
}  // namespace berth::cli
