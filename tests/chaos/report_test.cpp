#include "tests/chaos/report.hpp"

#include "tests/chaos/report_figures.hpp"
#include "tests/chaos/story.hpp"
#include "tests/support/berth_process.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <sstream>

namespace berth::chaos {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

void write_run(const std::filesystem::path& folder, const History& history) {
  const HistoryWriter writer(folder);
  writer.write(history.run);
  for (const auto& line : history.asked) writer.append(line);
  for (const auto& line : history.calls) writer.append(line);
  for (const auto& line : history.faults) writer.append(line);
  for (const auto& line : history.jobs) writer.append(line);
  for (const auto& line : history.feed) writer.append(std::get<Event>(line));
  for (const auto& line : history.allocations) writer.append(line);
  for (const auto& line : history.logs) writer.append(line);
  for (const auto& line : history.containers) writer.append(line);
  constexpr std::array words{"begin", "beat", "end"};
  for (const auto& [job, lines] : history.truth) {
    std::ofstream file(writer.truth_folder() / std::to_string(job));
    for (const auto& line : lines)
      file << line.attempt << ' ' << words[static_cast<std::size_t>(line.sign)] << ' ' << std::fixed
           << line.at << (line.code ? " " + std::to_string(*line.code) : "") << '\n';
  }
}

TEST(Report, QuotesWhatWasNeverFoundAsThreeInSoMany) {
  const auto text = text_report(check(HealthyStory().history));
  EXPECT_THAT(text, ContainsRegex("G4 +overlaps +0 +12  < 3/12\n"));
  EXPECT_THAT(text, HasSubstr("Every promise was kept."));
}

TEST(Report, DoesNotPraiseWhatWasNotLookedAt) {
  HealthyStory story;
  story.history.logs.clear();
  EXPECT_THAT(text_report(check(story.history)), HasSubstr("0        0  not looked at"));
}

TEST(Report, SaysWhatWentWrongAndHow) {
  HealthyStory story;
  story.history.truth[story.cast.good].pop_back();
  const auto text = text_report(check(story.history));
  EXPECT_THAT(text, HasSubstr("phantom successes (G6): 1\n"));
  EXPECT_THAT(text, HasSubstr("job 1, attempt 1 exited with 0; its process never said that it"));
  EXPECT_THAT(text, HasSubstr("A promise was broken."));
}

TEST(Report, ShowsSomeOfManyFindings) {
  HealthyStory story;
  for (int i = 0; i < 25; ++i)
    story.history.containers.push_back({"m1", "berth-" + std::to_string(i), "exited", {}});
  const auto text = text_report(check(story.history));
  EXPECT_THAT(text, HasSubstr("and 15 more"));
  EXPECT_THAT(text, Not(HasSubstr("berth-10 ")));
}

TEST(Report, FitsEightyColumns) {
  HealthyStory story;
  story.history.recoveries.front().leader.reset();
  story.history.recoveries.push_back({"kill-executor-and-docker", "m1", 1'234, 100.25, 100.25, 100.25});
  for (const auto* kind : {"kill-scheduler", "kill-executor-and-docker", "redis-disk-full", "partition-out"})
    story.breaks(kind, "m2", 10);
  std::istringstream lines(text_report(check(story.history)));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
}

TEST(Report, IsOneLineOfJsonToo) {
  HealthyStory story;
  story.history.recoveries.front().leader.reset();
  const auto line = json_report(check(story.history));
  EXPECT_THAT(line, Not(HasSubstr("\n")));
  const auto report = boost::json::parse(line);
  EXPECT_FALSE(report.at("good").as_bool());
  EXPECT_EQ(report.at("wrongs").at("overlaps").at("in").as_int64(), 12);
  EXPECT_EQ(report.at("recovery").at("power-cut").at("decided").at("p99").as_double(), 17.5);
  EXPECT_TRUE(report.at("recovery").at("power-cut").at("leader").at("max").is_null());
  EXPECT_EQ(report.at("findings").as_array().size(), 1u);
}

TEST(Report, TakesQuantilesByNearestRank) {
  std::vector<Seconds> times;
  for (int i = 200; i >= 1; --i) times.push_back(i);
  const auto of = quantiles(times);
  EXPECT_EQ(of.p50, 100);
  EXPECT_EQ(of.p99, 198);
  EXPECT_EQ(of.max, 200);
  EXPECT_EQ(quantiles({4}).p50, 4);
}

class ReportProgram : public testing::Test {
 protected:
  int run(std::vector<std::string> words) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const auto code = report_main(words);
    out = testing::internal::GetCapturedStdout();
    err = testing::internal::GetCapturedStderr();
    return code;
  }

  test::TemporaryFolder good;
  test::TemporaryFolder bad;
  HealthyStory story;
  std::string out;
  std::string err;
};

TEST_F(ReportProgram, TellsOverSeveralRuns) {
  write_run(good.path(), story.history);
  EXPECT_EQ(run({good.path().string()}), 0);
  story.history.truth[story.cast.good].pop_back();
  write_run(bad.path(), story.history);
  EXPECT_EQ(run({good.path().string(), bad.path().string()}), 1);
  EXPECT_THAT(out, HasSubstr("22 submitted"));
  EXPECT_EQ(run({"--json", bad.path().string()}), 1);
  EXPECT_THAT(out, HasSubstr(R"("good":false)"));
}

TEST_F(ReportProgram, HasNoVerdictWithoutAWholeRun) {
  EXPECT_EQ(run({}), 2);
  EXPECT_THAT(err, HasSubstr("usage"));
  EXPECT_EQ(run({"--loud"}), 2);
  EXPECT_EQ(run({good.path().string()}), 2);
  EXPECT_THAT(err, HasSubstr("run.json"));
  story.history.run.settled = 0;
  write_run(good.path(), story.history);
  EXPECT_EQ(run({good.path().string()}), 2);
  EXPECT_THAT(err, HasSubstr("died"));
}

}  // namespace
}  // namespace berth::chaos
