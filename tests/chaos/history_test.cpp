#include "tests/chaos/history.hpp"

#include "tests/support/berth_process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace berth::chaos {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Job finished_job() {
  Job job;
  job.id = JobId{7};
  job.definition.image = "busybox";
  job.status = JobStatus::succeeded;
  job.cause = Cause::exit;
  job.exit_code = 0;
  auto& attempt = job.attempts.emplace_back();
  attempt.number = 1;
  attempt.executor = "m1";
  return job;
}

Event assigned_event() {
  Event event;
  event.seq = 3;
  event.type = "job.assigned";
  event.job = JobId{7};
  event.attempt = 1;
  return event;
}

class RunDirectory : public testing::Test {
 protected:
  void add(const std::string& file, const std::string& text) {
    std::ofstream(folder_.path() / file, std::ios::app) << text;
  }

  test::TemporaryFolder folder_;
  HistoryWriter writer_{folder_.path()};
};

TEST_F(RunDirectory, GivesBackWhatWasWritten) {
  writer_.write({.seed = 9,
                 .minutes = 3,
                 .faults = {"kill-redis"},
                 .guards_off = {"fence"},
                 .schedulers = 3,
                 .executors = {{"m1", 2'000, 1 << 30}},
                 .lease = 15,
                 .began = 100.5,
                 .ended = 280,
                 .settled = 300});
  writer_.append(Asked{.key = "k1", .kind = "short", .exit_code = 3, .timeout = 2.5});
  writer_.append(
      Call{.client = "c1", .op = Operation::submit, .key = "k1", .outcome = CallOutcome::ok, .ids = {7}});
  writer_.append(Call{.client = "c1", .op = Operation::abort, .job = 7});
  writer_.append(Fault{.began = 1, .ended = 2, .kind = "kill-redis", .target = "redis"});
  writer_.append(Recovery{.kind = "kill-redis", .healed = 2, .leader = 0.25});
  writer_.append(finished_job());
  writer_.append(assigned_event());
  writer_.append(FeedGap{.after = 3, .next = 10});
  writer_.append(
      Container{.machine = "m1", .name = "berth-7-1", .state = "exited", .labels = {{"job", "7"}}});
  writer_.append(Allocation{.executor = "m1", .allocated_cpu = 250, .jobs = 1});
  writer_.append(LogCheck{.job = 7, .attempt = 1, .bytes = 12, .sha256 = "ab", .marked = true});
  add("truth/7", "1 begin 10.25\n1 beat 10.50\n1 end 10.75 3\n");

  const auto history = read_history(folder_.path()).value();
  EXPECT_EQ(history.run.seed, 9u);
  EXPECT_EQ(history.run.executors.at(0).memory, 1 << 30);
  EXPECT_DOUBLE_EQ(history.run.began, 100.5);
  EXPECT_EQ(history.asked.at(0).timeout, 2.5);
  EXPECT_EQ(history.asked.at(0).exit_code, 3);
  EXPECT_THAT(history.calls.at(0).ids, ElementsAre(7));
  EXPECT_EQ(history.calls.at(1).op, Operation::abort);
  EXPECT_EQ(history.calls.at(1).job, 7u);
  EXPECT_EQ(history.calls.at(1).outcome, CallOutcome::unknown);
  EXPECT_EQ(history.faults.at(0).target, "redis");
  EXPECT_EQ(history.recoveries.at(0).leader, 0.25);
  EXPECT_EQ(history.recoveries.at(0).moved, std::nullopt);
  EXPECT_EQ(history.jobs.at(0), finished_job());
  EXPECT_EQ(std::get<Event>(history.feed.at(0)), assigned_event());
  EXPECT_EQ(std::get<FeedGap>(history.feed.at(1)).next, 10u);
  EXPECT_EQ(history.containers.at(0).labels.at("job"), "7");
  EXPECT_EQ(history.allocations.at(0).allocated_cpu, 250);
  EXPECT_TRUE(history.logs.at(0).marked);
  const auto& truth = history.truth.at(7);
  ASSERT_EQ(truth.size(), 3u);
  EXPECT_EQ(truth[0].sign, Sign::begin);
  EXPECT_DOUBLE_EQ(truth[1].at, 10.5);
  EXPECT_EQ(truth[2].code, 3);
}

TEST_F(RunDirectory, IsReadUpToWhereItsWriterDied) {
  writer_.write({});
  writer_.append(Fault{.kind = "kill-redis"});
  add("faults.jsonl", R"({"began":1,"end)");
  add("truth/7", "1 begin 10.25\n1 end 10.75");
  const auto history = read_history(folder_.path()).value();
  EXPECT_EQ(history.faults.size(), 1u);
  EXPECT_EQ(history.truth.at(7).size(), 1u);
}

TEST_F(RunDirectory, SaysWhichLineIsWrong) {
  writer_.write({});
  writer_.append(Fault{.kind = "kill-redis"});
  add("faults.jsonl", "{\"began\":1}\n");
  EXPECT_THAT(read_history(folder_.path()).error().message, HasSubstr("faults.jsonl, line 2: "));
}

TEST_F(RunDirectory, SaysWhatIsMissing) {
  EXPECT_THAT(read_history(folder_.path()).error().message, HasSubstr("run.json"));
  writer_.write({});
  std::filesystem::remove(folder_.path() / "containers.jsonl");
  EXPECT_THAT(read_history(folder_.path()).error().message, HasSubstr("containers.jsonl"));
}

}  // namespace
}  // namespace berth::chaos
