// `berth top`: the page as text, and the verb where there is no terminal.
#include "cli/formatters/text.hpp"
#include "cli/formatters/top_text.hpp"
#include "tests/cli/api_stub.hpp"

#include <gmock/gmock.h>

namespace berth::cli {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Overview a_busy_cluster(std::size_t executors, std::size_t jobs) {
  Overview overview;
  overview.at = WallTime{1'000'000};
  overview.scheduler = overview.leader.emplace("s1");
  overview.pending = {{"QUEUED", 8}, {"UNSATISFIABLE", 3}, {"BACKOFF", 0}, {"PULLING", 2}};
  overview.running = jobs;
  overview.endings.counted_for = std::chrono::minutes{10};
  overview.endings.last_minute = {40, 2, 0};
  overview.endings.last_ten_minutes = {400, 12, 5};
  overview.executor_states = {{"READY", executors}, {"LOST", 0}};
  overview.offered = {Millicores{16'000}, 64_GiB, 8};
  overview.held = {Millicores{12'000}, 20_GiB, 2};
  for (std::size_t i = 1; i <= executors; ++i) {
    ExecutorStatus executor;
    executor.name = "exec" + std::to_string(i);
    executor.capacity = {Millicores{16'000}, 64_GiB, {}};
    executor.allocated = {Millicores{12'000}, 20_GiB, 0, 3};
    executor.runtime.name = "docker";
    overview.executors.push_back(std::move(executor));
  }
  for (std::size_t i = 1; i <= jobs; ++i) {
    RunningJob job;
    job.id = JobId{i};
    job.name = "train";
    job.image = "registry.example.com/a-team/with-a-long-name/train:1.4";
    job.executor = "exec1";
    job.reason = Reason::executing;
    job.started_at = WallTime{1'000'000 - 185'000};
    overview.running_jobs.push_back(std::move(job));
  }
  return overview;
}

TopPage page_of_top(Overview overview) {
  TopPage page;
  page.overview = std::move(overview);
  return page;
}

constexpr ScreenSize ordinary{79, 24};

TEST(Top, ShowsAllOfASmallClusterOnAnOrdinaryScreen) {
  const auto lines = top_lines(page_of_top(a_busy_cluster(2, 3)), ordinary, false);
  EXPECT_THAT(lines.at(0), AllOf(StartsWith("berth top"), HasSubstr("s1 leads"), HasSubstr("2 READY")));
  EXPECT_THAT(lines.at(0), Not(HasSubstr("LOST"))) << "nothing is said of none";
  EXPECT_EQ(lines.at(1), "cpu ██████·· 12/16  memory ██▌····· 20GiB/64GiB  gpus ██······ 2/8");
  EXPECT_EQ(lines.at(2), "jobs  3 running · 11 waiting: 8 QUEUED, 3 UNSATISFIABLE · 2 starting: 2 PULLING");
  EXPECT_EQ(lines.at(3), "ended 42 (2 failed) in 1m · 417 (12 failed, 5 aborted) in 10m");
  EXPECT_EQ(lines.at(4), "");
  EXPECT_THAT(lines.at(5), StartsWith("NAME"));
  EXPECT_THAT(lines.at(6), AllOf(StartsWith("exec1  READY"), HasSubstr("12/16"), HasSubstr("20GiB/64GiB")));
  EXPECT_EQ(lines.at(8), "");
  EXPECT_THAT(lines.at(9), StartsWith("JOB"));
  EXPECT_THAT(lines.at(10),
              AllOf(HasSubstr("train"), HasSubstr("exec1"), HasSubstr("3m 5s"), HasSubstr("256MiB")));
  EXPECT_EQ(lines.size(), 13u);
}

TEST(Top, FitsWhateverScreenThereIs) {
  for (const std::size_t columns : {1, 10, 40, 79, 200}) {
    for (const std::size_t rows : {1, 4, 8, 11, 24, 60}) {
      for (const std::size_t count : {0, 1, 50}) {
        const auto lines =
            top_lines(page_of_top(a_busy_cluster(count, count)), ScreenSize{columns, rows}, false);
        EXPECT_LE(lines.size(), rows);
        for (const auto& line : lines) EXPECT_LE(display_width(line), columns) << line;
      }
    }
  }
}

TEST(Top, SaysHowManyItLeavesOut) {
  const auto lines = top_lines(page_of_top(a_busy_cluster(50, 50)), ordinary, false);
  EXPECT_EQ(lines.size(), ordinary.rows) << "no line is wasted";
  EXPECT_THAT(lines, Contains("… and 43 more").Times(2));
  EXPECT_THAT(lines, Contains(StartsWith("exec7 ")));
  EXPECT_THAT(lines, Not(Contains(StartsWith("exec8 "))));
}

TEST(Top, GivesALongListTheRoomThatAShortOneLeaves) {
  const auto lines = top_lines(page_of_top(a_busy_cluster(1, 14)), ordinary, false);
  EXPECT_THAT(lines.back(), StartsWith(" 14  train"));
  EXPECT_THAT(lines, Not(Contains(HasSubstr("more"))));
}

TEST(Top, CutsNothingWithoutAScreen) {
  const auto lines = top_lines(page_of_top(a_busy_cluster(50, 50)), std::nullopt, false);
  EXPECT_THAT(lines, Contains(StartsWith("exec50 ")));
  EXPECT_THAT(lines.back(), HasSubstr("with-a-long-name/train:1.4"));
  EXPECT_EQ(lines.at(1), "cpu 12/16  memory 20GiB/64GiB  gpus 2/8");
  EXPECT_THAT(lines.at(0), Not(HasSubstr("quits")));
}

TEST(Top, SaysThatItIsOldAndWhy) {
  auto page = page_of_top(a_busy_cluster(1, 1));
  page.age = Milliseconds{1'000};
  EXPECT_EQ(top_lines(page, ordinary, false).at(4), "");
  page.age = Milliseconds{12'000};
  EXPECT_EQ(top_lines(page, ordinary, false).at(4), "no answer for 12s");
  EXPECT_THAT(top_lines(page, ordinary, false).back(), HasSubstr("3m 17s")) << "time goes on";
  page.trouble = "can't reach it\x1b[2J";
  EXPECT_EQ(top_lines(page, ordinary, false).at(4), "no answer for 12s: can't reach it\\x1b[2J");
  EXPECT_THAT(top_lines(page, ordinary, true).at(4), StartsWith("\x1b[31m"));
}

TEST(Top, SaysThatNothingIsThere) {
  Overview nothing;
  nothing.endings.counted_for = Milliseconds{61'000};
  const auto lines = top_lines(page_of_top(nothing), ordinary, false);
  EXPECT_THAT(lines.at(0), HasSubstr("no leader: nothing is placed"));
  EXPECT_EQ(lines.at(2), "jobs  0 running");
  EXPECT_THAT(lines.at(3), HasSubstr("counted for 1m 1s"));
  EXPECT_THAT(lines.at(5), StartsWith("no executors: "));
  EXPECT_EQ(lines.back(), "nothing is running");
}

TEST(Top, MarksWhatIsStopping) {
  auto overview = a_busy_cluster(1, 1);
  overview.running_jobs.front().reason = Reason::stopping;
  EXPECT_THAT(top_lines(page_of_top(overview), ordinary, false).back(), HasSubstr("stops 3m 5s"));
}

TEST(Top, ShowsWhatIsUsedOfWhatIsReserved) {
  auto overview = a_busy_cluster(2, 3);
  overview.executors.front().cpu_used = Millicores{8'337};
  overview.executors.front().memory_used = 12_GiB;
  overview.running_jobs[0].cpu_used = Millicores{3};
  overview.running_jobs[0].memory_used = 100_MiB;
  overview.running_jobs[1].memory_used = 5_MiB;
  const auto lines = top_lines(page_of_top(overview), ordinary, false);
  EXPECT_THAT(lines.at(5), AllOf(HasSubstr("USED"), Not(HasSubstr("PLACE")), Not(HasSubstr("GPUS"))))
      << "what would be empty makes room";
  EXPECT_THAT(lines.at(6), AllOf(HasSubstr("  8.34  "), HasSubstr("  12GiB  "), HasSubstr("docker")));
  EXPECT_THAT(lines.at(7), HasSubstr("  -  ")) << "that one doesn't tell";
  EXPECT_THAT(lines.at(10), AllOf(HasSubstr("  0.01/1  "), HasSubstr("100MiB/256MiB")));
  EXPECT_THAT(lines.at(11), AllOf(HasSubstr("  -/1  "), HasSubstr("5MiB/256MiB")));
  EXPECT_THAT(lines.at(12), HasSubstr("  -/256MiB"));
  for (const auto& line : lines) EXPECT_LE(display_width(line), ordinary.columns) << line;
}

TEST(Top, ACrowdedPageWithUsageFitsAnOrdinaryScreen) {
  auto overview = a_busy_cluster(10, 20);
  for (auto& executor : overview.executors) {
    executor.name = "render-" + executor.name;
    executor.cpu_used = Millicores{12'345};
    executor.memory_used = Bytes{19'876'543'210};
    executor.runtime.version = "20.10.24+dfsg1";
  }
  for (auto& job : overview.running_jobs) {
    job.id = JobId{1'000'000 + job.id.value};
    job.reason = Reason::stopping;
    job.cpu_used = Millicores{11'999};
    job.memory_used = Bytes{250'000'000};
  }
  const auto lines = top_lines(page_of_top(overview), ordinary, false);
  EXPECT_EQ(lines.size(), ordinary.rows);
  EXPECT_THAT(lines, Contains(HasSubstr("238.4MiB/256MiB"))) << "nothing is cut off at the end";
}

TEST(TopVerb, PrintsOneFrameWhereThereIsNoTerminal) {
  ApiStub api;
  const auto overview = a_busy_cluster(2, 3);
  api.on("GET /v1/overview", {{200, json::serialize(to_json(overview))}});
  const auto shown = berth({"top", "--url", api.url()});
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_THAT(shown.out, AllOf(StartsWith("berth top"), HasSubstr("exec2"), Not(HasSubstr("\x1b"))));
  EXPECT_EQ(api.targets().back(), "GET /v1/overview?jobs=1000&executors=1000");
  const auto printed = parse_json(berth({"top", "--json", "--url", api.url()}).out).value();
  EXPECT_TRUE(from_json<Overview>(printed).value() == overview);
  EXPECT_EQ(berth({"top", "--quiet", "--url", api.url()}).out, "1\n2\n3\n");
}

TEST(TopVerb, SaysThatAServerIsTooOld) {
  ApiStub api;
  const auto outcome = berth({"top", "--url", api.url()});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.err, "berth: this server has no overview to show: it is older than this client\n");
}

}  // namespace
}  // namespace berth::cli
