// explain and --dry-run against an API that the test plays.
#include "cli/formatters/explanation_text.hpp"
#include "cli/formatters/job_text.hpp"
#include "cli/formatters/text.hpp"
#include "tests/cli/api_stub.hpp"

#include <gmock/gmock.h>

#include <optional>
#include <sstream>
#include <string>

namespace berth::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Explanation waiting() {
  Explanation said;
  said.job = JobId{7};
  said.reason = Reason::queued;
  said.summary = "needs 4 CPUs: 2 of 3 executors have fewer free (most: 2.5 on exec1)";
  said.reasons = {{Obstacle::cpu, Fit::later, 2, said.summary},
                  {Obstacle::draining, Fit::later, 1, "1 of 3 executors is being drained (exec3)"}};
  said.remedies = {{"on gpu-2 once job 41 has ended", {}, {"gpu-2"}},
                   {"on 3 executors with memory 48GiB", {}, {"a", "b", "c"}}};
  said.queue = QueuePlace{4, 12, {{JobId{3}, 90}, {JobId{5}, 50}, {JobId{6}, 50}}, JobId{3}, "exec1"};
  said.at = WallTime{1'000'000};
  said.estimate = StartEstimate{WallTime{1'000'000}, WallTime{1'090'000}, "by the timeouts"};
  said.executors = {{"exec1",
                     Fit::later,
                     {Millicores{2500}, 2_GiB, 0},
                     {Millicores{1500}, {}, 0},
                     {{Obstacle::cpu, Fit::later, "2.5 of 8 CPUs free, 4 wanted"}}}};
  return said;
}

Answer answer_of(const Explanation& said) { return {200, json::serialize(to_json(said))}; }

TEST(Explain, SaysWhyWithWhatAndWhen) {
  ApiStub api;
  api.on("GET /v1/jobs/7/explain", {answer_of(waiting())});
  const auto outcome = berth({"explain", "7", "--url", api.url()});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "Job 7  PENDING (QUEUED)\n"
            "  needs 4 CPUs: 2 of 3 executors have fewer free (most: 2.5 on exec1)\n"
            "  queue: number 4 of 12 jobs that wait, behind 3,5-6; exec1 is kept for job 3\n"
            "  start: likely within 1m 30s: by the timeouts\n"
            "\n"
            "Also in the way\n"
            "  - 1 of 3 executors is being drained (exec3)\n"
            "\n"
            "It would get a place at once\n"
            "  - on gpu-2 once job 41 has ended\n"
            "  - on 3 executors with memory 48GiB\n"
            "\n"
            "What is free when its turn comes\n"
            "EXECUTOR  CPU  MEMORY  GPUS  IN THE WAY\n"
            "exec1     2.5    2GiB     0  2.5 of 8 CPUs free, 4 wanted\n");
}

TEST(Explain, HasTheHeadingThatShowHas) {
  Explanation said;
  said.job = JobId{7};
  said.name = "train\x1b";
  said.status = JobStatus::running;
  said.reason = Reason::stopping;
  EXPECT_THAT(explanation_page(said, said.at, {}), StartsWith("Job 7  train\\x1b  RUNNING (STOPPING)\n"));
  Job job;
  job.id = JobId{7};
  job.definition.name = said.name;
  job.status = said.status;
  job.reason = said.reason;
  const auto page = job_page(job, said.at, {});
  EXPECT_THAT(page, StartsWith("Job 7  train\\x1b  RUNNING (STOPPING)\n"));
}

std::string start_line(std::optional<WallTime> earliest, std::optional<WallTime> latest,
                       const std::string& message) {
  Explanation said;
  said.job = JobId{7};
  said.at = WallTime{1'000'000};
  said.estimate = StartEstimate{earliest, latest, message};
  const auto page = explanation_page(said, said.at, {});
  return page.substr(page.find("start: "));
}

TEST(Explain, SaysWhenInAFewWords) {
  const WallTime now{1'000'000};
  const WallTime soon{1'005'000};
  const WallTime later{1'090'000};
  EXPECT_EQ(start_line(now, now, ""), "start: with the next pass\n");
  EXPECT_EQ(start_line(now, now, "by x"), "start: likely at any moment: by x\n");
  EXPECT_EQ(start_line(soon, soon, "if y"), "start: likely in 5.0s: if y\n") << "not from 5.0s to 5.0s";
  EXPECT_EQ(start_line(soon, later, "by x"), "start: likely in 5.0s to 1m 30s: by x\n");
  EXPECT_EQ(start_line(later, std::nullopt, "many"), "start: likely not before 1m 30s from now: many\n");
  EXPECT_EQ(start_line(now, std::nullopt, "no end"), "start: unknown: no end\n");
}

TEST(Explain, SaysOfAJobThatHasItsPlaceWithWhatItRuns) {
  auto said = waiting();
  said.remedies = {{"on a once a has its container ready", {}, {"a"}}};
  for (const auto reason : {Reason::assigned, Reason::pulling, Reason::starting}) {
    said.reason = reason;
    const auto page = explanation_page(said, said.at, {});
    EXPECT_THAT(page, HasSubstr("\nIt would run\n  - on a once a has its container ready\n"));
    EXPECT_THAT(page, Not(HasSubstr("get a place")));
  }
}

TEST(Explain, SaysThatNoWayWasFoundAndNotAllTried) {
  auto said = waiting();
  said.remedies.clear();
  said.remedies_cut = true;
  EXPECT_THAT(explanation_page(said, said.at, {}),
              HasSubstr("\n  - none was found, and not every way was tried to its end\n"));
}

TEST(Explain, FitsTheTerminal) {
  auto said = waiting();
  said.summary += std::string(" and") + " some more words";
  const auto page = explanation_page(said, said.at, TableStyle{80, true});
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    for (const auto* code : {"\x1b[0m", "\x1b[1m", "\x1b[33m"}) {
      for (auto at = line.find(code); at != std::string::npos; at = line.find(code))
        line.erase(at, std::string(code).size());
    }
    EXPECT_LE(display_width(line), 80u) << line;
  }
}

TEST(Explain, QuietIsOneWordAndJsonIsAll) {
  ApiStub api;
  auto running = Explanation{};
  running.job = JobId{8};
  running.status = JobStatus::running;
  api.on("GET /v1/jobs/7/explain", {answer_of(waiting())});
  api.on("GET /v1/jobs/8/explain", {answer_of(running)});
  EXPECT_EQ(berth({"explain", "7-8", "-q", "--url", api.url()}).out, "CPU\nRUNNING\n");
  const auto all = parse_json(berth({"explain", "7", "--json", "--url", api.url()}).out).value();
  EXPECT_EQ(from_json<Explanation>(all).value(), waiting());
  EXPECT_EQ(berth({"explain", "9", "--url", api.url()}).code, 4);
}

TEST(Explain, TellsWhatAttemptsMet) {
  ApiStub api;
  Explanation said;
  said.job = JobId{7};
  said.status = JobStatus::failed;
  said.summary = "exited with code 7";
  said.attempts = {{1,
                    "exec1",
                    "the only executor with room",
                    {{PhaseName::queued, {}, WallTime{10}, Milliseconds{10}},
                     {PhaseName::run, {}, WallTime{3'000}, Milliseconds{2'990}}},
                    "EXIT, exit code 7"}};
  api.on("GET /v1/jobs/7/explain", {answer_of(said)});
  EXPECT_EQ(berth({"explain", "7", "--url", api.url()}).out,
            "Job 7  FAILED\n"
            "  exited with code 7\n"
            "\n"
            "Attempt 1 on exec1\n"
            "  placed there as the only executor with room\n"
            "  queued 10ms, run 2.9s\n"
            "  ended: EXIT, exit code 7\n");
}

TEST(DryRunFlag, SubmitsNothing) {
  ApiStub api;
  DryRun result;
  result.jobs = result.placed = 1;
  result.places = {{0, "exec1", "the only executor with room", true}};
  result.pull_bytes = Bytes{0};
  result.pull = "nothing, the image is there";
  api.on("POST /v1/jobs", {{200, json::serialize(to_json(result))}});
  const auto outcome = berth({"run", "--dry-run", "--url", api.url(), "busybox", "true"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "Valid; nothing was submitted\n"
            "  starts at once on exec1, the only executor with room\n"
            "  pull: nothing, the image is there\n");
  EXPECT_THAT(api.targets(), ElementsAre("POST /v1/jobs?dry_run=true"));
  EXPECT_EQ(berth({"run", "--dry-run", "-q", "--url", api.url(), "busybox"}).out, "exec1\n");
}

TEST(DryRunFlag, SaysWhatItWouldWaitFor) {
  ApiStub api;
  DryRun result;
  result.jobs = result.waiting = 1;
  result.places = {{0, std::nullopt, "no room", false}};
  result.pull = "unknown before it is known where it goes";
  result.explanation = waiting();
  result.explanation->job.reset();
  api.on("POST /v1/jobs", {{200, json::serialize(to_json(result))}});
  const auto outcome = berth({"run", "--dry-run", "--url", api.url(), "busybox"});
  EXPECT_THAT(outcome.out, StartsWith("Valid; nothing was submitted\n  pull: unknown"));
  EXPECT_THAT(outcome.out, HasSubstr("\nIt would wait\n  needs 4 CPUs"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("starts at once")));
}

TEST(DryRunFlag, TellsOfEachOfSeveralWhereAndWhy) {
  DryRun result;
  result.jobs = 4;
  result.placed = 2;
  result.waiting = 2;
  result.places = {{0, "exec1", "the only executor with room", true},
                   {1, "exec1", "the only executor with room", true},
                   {2, std::nullopt, "needs 2 CPUs", false},
                   {3, std::nullopt, "wants region us", false}};
  result.pull = "nothing, the image is there";
  EXPECT_EQ(dry_run_page(result, {}, {}),
            "Valid; nothing was submitted\n"
            "  2 of 4 jobs would start at once, 2 would wait\n"
            "  pull: nothing, the image is there\n"
            "\n"
            "JOB  EXECUTOR  WHY\n"
            "1-2  exec1     the only executor with room\n"
            "3    -         needs 2 CPUs\n"
            "4    -         wants region us\n");
}

TEST(DryRunFlag, ARefusalIsBerthsFailureForRun) {
  ApiStub api;
  api.on("POST /v1/jobs", {problem(422, "must be at least 6MiB", "resources.memory", "invalid")});
  EXPECT_EQ(berth({"run", "--dry-run", "--url", api.url(), "busybox"}).code, 125);
}

TEST(Wrap, BreaksBetweenWords) {
  EXPECT_EQ(wrap("one two three", 10, 2), "  one two\n  three\n");
  EXPECT_EQ(wrap("one two three", std::nullopt, 2), "  one two three\n");
  EXPECT_EQ(wrap("unbreakable", 5, 0), "unbreakable\n");
}

}  // namespace
}  // namespace berth::cli
