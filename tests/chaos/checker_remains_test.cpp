// The rest of checker_test.cpp: what is left at the end, aborts, recovery and the feed.
#include "tests/chaos/checker_facts.hpp"
#include "tests/chaos/checker_fixture.hpp"

namespace berth::chaos {
namespace {

using testing::Contains;
using testing::IsEmpty;

// --- G7, G9, G10 ---

TEST_F(Checker, SeesALeftoverContainer) {
  history.containers.push_back({.machine = "m1", .name = "berth-1-1", .state = "created"});
  expect_only(Wrong::leak);
}

TEST_F(Checker, SeesMissingOutput) {
  history.logs.front().bytes = 10;
  expect_only(Wrong::log_loss);
  EXPECT_EQ(check(history).log_bytes_missing, 2);
}

TEST_F(Checker, SeesOtherOutput) {
  history.logs.front().sha256 = "cd";
  expect_only(Wrong::log_loss);
}

TEST_F(Checker, LetsOutputBeMissingThatBerthSaysIsMissing) {
  history.logs.front().bytes = 10;
  history.logs.front().marked = true;
  EXPECT_THAT(wrongs(history), IsEmpty());
  EXPECT_EQ(check(history).marked_logs, 1u);
}

TEST_F(Checker, SeesWhatIsHeldAtTheEnd) {
  history.allocations.front().allocated_memory = 64 << 20;
  expect_only(Wrong::drift);
}

TEST_F(Checker, SeesThatAMachineIsGone) {
  history.allocations.pop_back();
  expect_only(Wrong::drift);
}

TEST_F(Checker, SeesThatMoreWasPromisedThanThereIs) {
  // The two that were lost together had the whole of it.
  history.run.executors.front().cpu = 999;
  expect_only(Wrong::overcommit);
  history.run.executors.front().cpu = 1'000;
  history.run.executors.front().memory = 100 << 20;
  expect_only(Wrong::overcommit);
}

// --- G8 ---

TEST_F(Checker, SeesThatAnAbortedJobRanOn) {
  history.truth[cast.aborted].push_back({.attempt = 1, .sign = Sign::beat, .at = story.now + 30});
  expect_only(Wrong::wrong_abort);
}

TEST_F(Checker, SeesThatAnAbortedJobBeganAnew) {
  auto& job = story.job(cast.aborted);
  job.status = JobStatus::pending;
  job.reason = Reason::queued;
  job.abort_requested_at.reset();
  story.begin(cast.aborted, "m2");
  story.end(cast.aborted, Cause::aborted);
  story.settle();
  EXPECT_THAT(wrongs(history), Contains(Wrong::wrong_abort));
}

// While its Docker hangs nobody can end a container, but none may begin either.
TEST_F(Checker, SeesThatAnAbortedJobBeganAfterAll) {
  const auto id = story.submit(Story::asked("too late"));
  story.happens(id, lifecycle::Assigned{"m1"}, "scheduler/s1");
  story.abort(id);
  history.faults.push_back(
      {.began = story.now, .ended = story.now + 60, .kind = "pause-docker", .target = "m1"});
  story.now += 30;
  story.write(id, Sign::begin);
  story.end(id, Cause::aborted);
  story.settle();
  expect_only(Wrong::wrong_abort);
}

TEST_F(Checker, SeesThatAnAbortWasForgotten) {
  const auto id = story.submit(Story::asked("forgotten"));
  story.begin(id, "m1");
  history.calls.push_back({.client = "c2",
                           .began = story.now,
                           .ended = story.now + 0.1,
                           .op = Operation::abort,
                           .job = id,
                           .outcome = CallOutcome::ok,
                           .status = 200});
  story.now += 0.2;
  story.exit(id, 0);
  story.settle();
  expect_only(Wrong::wrong_abort);
}

TEST_F(Checker, SeesAnAbortThatNobodyAskedFor) {
  std::erase_if(history.calls, [&](const Call& call) { return call.job == cast.aborted; });
  expect_only(Wrong::wrong_abort);
}

TEST_F(Checker, LetsAnAbortWithoutAnAnswerHaveAnyEnd) {
  const auto id = story.submit(Story::asked("maybe"));
  story.begin(id, "m1");
  history.calls.push_back(
      {.client = "c2", .began = story.now, .ended = story.now, .op = Operation::abort, .job = id});
  story.exit(id, 0);
  const auto other = story.submit(Story::asked("maybe too"));
  story.abort(other, CallOutcome::unknown);
  story.settle();
  EXPECT_THAT(wrongs(history), IsEmpty());
}

// --- G11, and the rest ---

TEST_F(Checker, SeesASlowRecovery) {
  history.recoveries.front().leader = 5.1;
  expect_only(Wrong::slow_leader);
  history.recoveries.front().leader = 1;
  history.recoveries.front().decided = 20.1;
  expect_only(Wrong::slow_loss);
  history.recoveries.front().decided = 1;
  history.recoveries.front().moved = 30.1;
  expect_only(Wrong::slow_move);
}

TEST_F(Checker, SeesThatItNeverRecovered) {
  history.recoveries.front().leader.reset();
  expect_only(Wrong::slow_leader);
}

TEST_F(Checker, SeesAMachineGivenUpForNothing) {
  history.faults.front().target = "m2";
  expect_only(Wrong::false_loss);
  EXPECT_EQ(check(history).losses.at("nothing"), 2u);
}

TEST_F(Checker, SeesAMachineGivenUpForWhatHappensToASchedulerOrAClock) {
  history.faults.front().target = "s1";
  expect_only(Wrong::false_loss);
  history.faults.front().target = "m1";
  history.faults.front().kind = "clock-step";
  expect_only(Wrong::false_loss);
}

TEST_F(Checker, SeesAMachineGivenUpLongAfterAFault) {
  history.faults.front().began -= 100;
  history.faults.front().ended -= 100;
  expect_only(Wrong::false_loss);
}

TEST_F(Checker, SeesAMachineGivenUpAfterLessThanItsLease) {
  history.faults.front().ended = history.faults.front().began + 4;
  expect_only(Wrong::false_loss);
}

TEST_F(Checker, SeesAMachineGivenUpBecauseRedisOrDockerWasAway) {
  history.faults.front().kind = "pause-docker";
  expect_only(Wrong::false_loss);
  history.faults.front().kind = "redis-pause";
  history.faults.front().target = "redis";
  expect_only(Wrong::false_loss);
}

TEST_F(Checker, LetsAnExecutorSayThatItsLeaseEndedWhileRedisWasAway) {
  history.faults.front().kind = "redis-pause";
  history.faults.front().target = "redis";
  for (auto& line : history.feed) {
    auto* event = std::get_if<Event>(&line);
    const bool is_of_lost =
        event != nullptr && event->job && (event->job->value == cast.lost || event->job->value == cast.once);
    if (is_of_lost && event->attempt == 1 && !holds_resources(*event)) event->actor = "executor/m1";
  }
  EXPECT_THAT(wrongs(history), IsEmpty());
}

TEST_F(Checker, SeesHolesInTheFeed) {
  auto& event = story.event();
  event.seq += 1;
  expect_only(Wrong::feed);
}

TEST_F(Checker, SeesWhatTheFeedSaysTwice) {
  history.feed.push_back(history.feed.back());
  expect_only(Wrong::feed);
}

TEST_F(Checker, SeesAChangeWithoutAnEvent) {
  const auto middle = history.feed.begin() + 2;
  ASSERT_EQ(std::get<Event>(*middle).type, "job.started");
  history.feed.erase(middle);
  for (std::size_t i = 0; i < history.feed.size(); ++i) std::get<Event>(history.feed[i]).seq = i + 1;
  expect_only(Wrong::feed);
}

TEST_F(Checker, SeesWhatTheFeedDoesNotHaveAnyMore) {
  const auto last = std::get<Event>(history.feed.back()).seq;
  history.feed.emplace_back(FeedGap{.after = last, .next = last + 3});
  expect_only(Wrong::feed);
}

TEST_F(Checker, AddsRunsUp) {
  const auto once = check(history);
  history.logs.front().bytes = 10;
  const auto total = sum({once, check(history)});
  EXPECT_EQ(total.submitted, 2 * once.submitted);
  EXPECT_EQ(total.count(Wrong::log_loss).looked_at, 2u);
  EXPECT_EQ(total.count(Wrong::log_loss).found, 1u);
  EXPECT_EQ(total.recovery.at("power-cut").decided.size(), 2u);
  EXPECT_FALSE(total.is_good());
}

}  // namespace
}  // namespace berth::chaos
