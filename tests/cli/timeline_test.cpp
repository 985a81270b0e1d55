// How an attempt is drawn.
#include "cli/formatters/timeline.hpp"

#include "cli/formatters/job_text.hpp"
#include "cli/formatters/text.hpp"

#include <gmock/gmock.h>

#include <numeric>
#include <sstream>

namespace berth::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

AttemptStory a_story() {
  AttemptStory story;
  story.number = 1;
  story.executor = "box";
  story.phases = {{PhaseName::queued, WallTime{0}, WallTime{2'000}, 2s},
                  {PhaseName::handover, WallTime{2'000}, WallTime{2'000}, 0ms},
                  {PhaseName::pull, WallTime{2'000}, WallTime{5'000}, 3s},
                  {PhaseName::create, WallTime{5'000}, WallTime{5'001}, 1ms},
                  {PhaseName::run, WallTime{5'001}, std::nullopt, 5s}};
  return story;
}

TEST(ShareCells, GivesInProportionAndSomethingToAllThatTookTime) {
  EXPECT_THAT(share_cells({1s, 3s}, 40), ElementsAre(11u, 29u));
  EXPECT_THAT(share_cells({1ms, 0ms, 1h}, 10), ElementsAre(1u, 0u, 9u));
  EXPECT_THAT(share_cells({1s, 1s, 1s}, 3), ElementsAre(1u, 1u, 1u));
  EXPECT_THAT(share_cells({1s, 1s, 1s}, 2), IsEmpty()) << "no room";
  EXPECT_THAT(share_cells({0s, 0s}, 10), IsEmpty()) << "nothing to draw";
  EXPECT_THAT(share_cells({}, 10), IsEmpty());
  for (std::size_t cells = 4; cells < 200; ++cells) {
    const auto shares = share_cells({7s, 1ms, 350ms, 2h}, cells);
    EXPECT_EQ(std::accumulate(shares.begin(), shares.end(), std::size_t{0}), cells);
  }
}

TEST(Timeline, IsABarWithALegendOnATerminal) {
  const auto drawn = timeline(a_story(), TableStyle{22, false});
  std::istringstream lines(drawn);
  std::string bar_line;
  std::getline(lines, bar_line);
  EXPECT_EQ(bar_line, "  ····░░░░░░▒█████████");
  EXPECT_EQ(display_width(bar_line), 22u);
  EXPECT_THAT(drawn, HasSubstr("· queued 2.0s"));
  EXPECT_THAT(drawn, HasSubstr("█ run 5.0s so far\n"));
  for (const std::size_t width : {1u, 3u, 8u, 24u, 40u, 80u, 200u}) {
    std::istringstream all(timeline(a_story(), TableStyle{width, false}));
    for (std::string line; std::getline(all, line);) {
      if (width >= 24) {
        EXPECT_LE(display_width(line), width) << line;
      }
    }
  }
}

TEST(Timeline, IsPlainTextInAPipe) {
  EXPECT_EQ(timeline(a_story(), {}), "  queued 2.0s, handover 0ms, pull 3.0s, create 1ms, run 5.0s so far\n");
  EXPECT_EQ(timeline({}, {}), "");
}

TEST(Timeline, BelongsToAJobsPage) {
  Job job;
  job.id = JobId{7};
  job.created_at = WallTime{1'000};
  for (std::uint32_t number = 1; number <= 7; ++number) {
    Attempt attempt;
    attempt.number = number;
    attempt.executor = "box";
    attempt.assigned_at = WallTime{2'000};
    attempt.started_at = WallTime{3'000};
    attempt.finished_at = WallTime{9'000};
    attempt.cause = Cause::exit;
    attempt.exit_code = 1;
    attempt.cpu_time = 1'500ms;
    attempt.peak_memory = 43_MiB;
    job.attempts.push_back(attempt);
  }
  const auto piped = job_page(job, WallTime{10'000}, {});
  EXPECT_THAT(piped, HasSubstr("Attempt 1 on box\n  queued 1.0s, handover 1.0s, run 6.0s\n"));
  EXPECT_THAT(piped, HasSubstr("1.5s  43MiB  EXIT 1"));
  const auto drawn = job_page(job, WallTime{10'000}, TableStyle{80, false});
  EXPECT_THAT(drawn, Not(HasSubstr("Attempt 2 on box\n"))) << "the newest will do";
  EXPECT_THAT(drawn, HasSubstr("Attempt 3 on box\n"));
  EXPECT_THAT(drawn, HasSubstr("(of 2 earlier attempts: `berth explain 7`)\n"));
  std::istringstream lines(drawn);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), 80u) << line;
}

}  // namespace
}  // namespace berth::cli
