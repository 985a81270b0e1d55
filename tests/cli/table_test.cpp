#include "cli/formatters/table.hpp"

#include "cli/formatters/job_text.hpp"
#include "cli/formatters/progress.hpp"
#include "cli/formatters/text.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace berth::cli {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

Job a_job() {
  Job job;
  job.id = JobId{7};
  job.definition.image = "busybox";
  job.definition.command = {"sh", "-c", "exit 7"};
  job.created_at = WallTime{1'000'000};
  return job;
}

TEST(Table, AlignsItsColumns) {
  Table table({{"ID", Align::right}, {"NAME"}, {"STATUS"}});
  table.add_row({{"7"}, {"train"}, {"RUNNING"}});
  table.add_row({{"1042"}, {"-"}, {"FAILED"}});
  EXPECT_EQ(table.render({}),
            "  ID  NAME   STATUS\n"
            "   7  train  RUNNING\n"
            "1042  -      FAILED\n");
}

TEST(Table, FitsTheTerminalByShrinkingTheWidestFlexibleColumn) {
  Table table({{"ID", Align::right}, {"COMMAND", Align::left, 5}, {"STATUS"}});
  table.add_row({{"7"}, {std::string(200, 'x')}, {"RUNNING"}});
  for (const auto& line : lines_of(table.render({40, false}))) EXPECT_LE(display_width(line), 40u);
  const auto row = lines_of(table.render({40, false})).at(1);
  EXPECT_EQ(row.find("RUNNING"), row.size() - 7) << "columns that can't shrink stay whole";
  EXPECT_NE(row.find("x…"), std::string::npos);
}

TEST(Table, CutsNothingWhenPiped) {
  Table table({{"COMMAND", Align::left, 5}});
  table.add_row({{std::string(500, 'x')}});
  EXPECT_NE(table.render({}).find(std::string(500, 'x')), std::string::npos);
}

TEST(Table, PaintsOnlyWhereColourIsWanted) {
  Table table({{"STATUS"}});
  table.add_row({{"FAILED", Colour::red}});
  EXPECT_EQ(table.render({}).find('\x1b'), std::string::npos);
  EXPECT_NE(table.render({80, true}).find("\x1b[31mFAILED\x1b[0m"), std::string::npos);
}

TEST(Table, EscapesWhatUsersWrote) {
  Table table({{"NAME"}});
  table.add_row({{"a\x1b[2Jb\nc"}});
  EXPECT_EQ(lines_of(table.render({})).at(1), "a\\x1b[2Jb\\nc");
}

TEST(JobTable, ShowsAnEveryDayListIn80Cells) {
  auto running = a_job();
  running.status = JobStatus::running;
  running.started_at = WallTime{1'000'000};
  running.executor = "a-machine-with-a-rather-long-name.example.com";
  running.definition.name = "a-job-with-a-rather-long-name-that-says-it-all";
  auto waiting = a_job();
  waiting.reason = Reason::unsatisfiable;
  const auto lines = lines_of(job_table({running, waiting}, WallTime{1'185'000}).render({80, false}));
  ASSERT_EQ(lines.size(), 3u);
  for (const auto& line : lines) EXPECT_LE(display_width(line), 80u) << line;
  EXPECT_NE(lines[1].find("3m 5s"), std::string::npos);
  EXPECT_NE(lines[2].find("PENDING (UNSATISFIABLE)"), std::string::npos);
}

TEST(JobTable, ShortensTheLongestStatusWhereNothingElseGivesWay) {
  auto failed = a_job();
  failed.id = JobId{1'042'813};
  failed.status = JobStatus::failed;
  failed.cause = Cause::image_not_found;
  failed.definition.name = "a-job-with-a-name";
  failed.executor = "a-machine.example.com";
  const auto narrow = lines_of(job_table({failed}, WallTime{1'000'000}).render({80, false}));
  for (const auto& line : narrow) EXPECT_LE(display_width(line), 80u) << line;
  EXPECT_NE(narrow.at(1).find("FAILED (IMAGE"), std::string::npos) << narrow.at(1);
  const auto wide = lines_of(job_table({failed}, WallTime{1'000'000}).render({100, false}));
  EXPECT_NE(wide.at(1).find("FAILED (IMAGE_NOT_FOUND)"), std::string::npos) << wide.at(1);
}

TEST(JobText, DoesNotTellTheAgeOfAJobWhoseRecordCannotBeRead) {
  Job job;
  job.id = JobId{7};
  job.reason = Reason::held;
  job.message = "its record can't be read: priority: no number";
  const WallTime now{1'790'000'000'000};
  EXPECT_EQ(progress_text(job, now), "job 7 is held back: its record can't be read: priority: no number");
  EXPECT_EQ(job_page(job, now, {}).find("created"), std::string::npos);
  EXPECT_EQ(job_table({job}, now).render({}).find("ago"), std::string::npos);
  job.created_at = now;
  EXPECT_EQ(progress_text(job, now + Milliseconds{12'000}),
            "job 7 is held back: its record can't be read: priority: no number · 12s");
}

TEST(JobPage, TellsWhatARunningJobUses) {
  auto job = a_job();
  job.status = JobStatus::running;
  JobUsage usage;
  EXPECT_EQ(job_page(job, WallTime{1'000}, {}, usage), job_page(job, WallTime{1'000}, {}))
      << "of what isn't known it says nothing";
  usage.memory_used = 100_MiB;
  const auto page = job_page(job, WallTime{1'000}, {}, usage);
  EXPECT_NE(page.find("  used now      cpu - of 1, memory 100MiB of 256MiB\n"), std::string::npos) << page;
}

TEST(JobPage, TellsWhatHappenedAndEscapesIt) {
  auto job = a_job();
  job.status = JobStatus::failed;
  job.cause = Cause::oom;
  job.exit_code = 137;
  job.oom_killed = true;
  job.message = "used more than \x1b 256MiB";
  Attempt attempt;
  attempt.number = 1;
  attempt.executor = "box";
  attempt.assigned_at = attempt.started_at.emplace(WallTime{1'000'000});
  attempt.finished_at = WallTime{1'003'000};
  attempt.cause = Cause::oom;
  attempt.exit_code = 137;
  attempt.output = AttemptOutput{1'536, "abc"};
  job.attempts.push_back(attempt);
  const auto page = job_page(job, WallTime{1'060'000}, {});
  EXPECT_NE(page.find("output        1.5KiB, sha256 abc"), std::string::npos) << page;
  EXPECT_NE(page.find("Job 7  FAILED (OOM)"), std::string::npos) << page;
  EXPECT_NE(page.find("message       used more than \\x1b 256MiB"), std::string::npos) << page;
  EXPECT_NE(page.find("command       sh -c 'exit 7'"), std::string::npos) << page;
  EXPECT_NE(page.find("OOM 137"), std::string::npos) << page;
  EXPECT_NE(page.find("3.0s"), std::string::npos) << page;
}

}  // namespace
}  // namespace berth::cli
