// The checker stays silent about a history in which everything happens that may, and names each wrong that is
// planted in it, and nothing else: a checker that can't fail proves nothing.
#include "tests/chaos/checker_fixture.hpp"

namespace berth::chaos {
namespace {

using testing::Contains;
using testing::HasSubstr;

TEST_F(Checker, FindsNothingWrongWithAHealthyHistory) {
  for (const auto& finding : check(history).findings)
    ADD_FAILURE() << name_of(finding.wrong).name << ": " << finding.what;
}

TEST_F(Checker, LooksForEverything) {
  const auto verdict = check(history);
  for (std::size_t i = 0; i < wrong_count; ++i)
    EXPECT_GT(verdict.counts[i].looked_at, 0u) << name_of(static_cast<Wrong>(i)).name;
}

TEST_F(Checker, Counts) {
  const auto verdict = check(history);
  EXPECT_EQ(verdict.submitted, 11u);
  EXPECT_EQ(verdict.acknowledged, 9u);
  EXPECT_EQ(verdict.finished, 10u);
  EXPECT_EQ(verdict.attempts, 12u);
  EXPECT_EQ(verdict.aborts, 2u);
  EXPECT_EQ(verdict.endings.at("FAILED(EXECUTOR_LOST)"), 1u);
  EXPECT_EQ(verdict.losses, (std::map<std::string, std::size_t>{{"power-cut", 2}}));
  EXPECT_EQ(verdict.unknown_exits.at("kill-init"), 1u);
}

// --- G1, G2 ---

TEST_F(Checker, MissesAnAcknowledgedJob) {
  std::erase_if(history.jobs, [&](const Job& job) { return job.id.value == cast.good; });
  history.truth.erase(cast.good);
  expect_only(Wrong::lost);
}

TEST_F(Checker, MissesTheRecordOfWhatRan) {
  history.truth[77].push_back({.attempt = 1, .sign = Sign::begin, .at = 1'010});
  expect_only(Wrong::lost);
}

TEST_F(Checker, SeesThatAnotherJobWasMade) {
  story.job(cast.good).definition.retries.max = 5;
  expect_only(Wrong::lost);
}

TEST_F(Checker, SeesOneJobForTwoKeys) {
  history.asked.push_back(Story::asked("another"));
  story.answer_submit("another", {cast.good}, story.now, CallOutcome::ok);
  expect_only(Wrong::lost);
}

TEST_F(Checker, SeesTwoJobsForOneKey) {
  const auto again = story.submit(Story::asked("good"));
  history.asked.pop_back();
  story.begin(again, "m1");
  story.exit(again, 0);
  story.settle();
  expect_only(Wrong::duplicate);
}

TEST_F(Checker, SeesAJobThatNobodyAskedFor) {
  // The unheard keys may have been admitted, each once.
  for (const auto* key : {"stray", "stray"}) {
    story.submit(Story::asked(key), CallOutcome::unknown);
    history.asked.pop_back();
    const auto id = history.jobs.back().id.value;
    story.begin(id, "m1");
    story.exit(id, 0);
  }
  story.settle();
  expect_only(Wrong::duplicate);
  EXPECT_EQ(check(history).findings.size(), 1u);
}

// --- G3 ---

TEST_F(Checker, SeesASecondEnding) {
  auto& job = story.job(cast.failing);
  ++job.version;
  story.tell(job, "job.failed", "scheduler/s2");
  expect_only(Wrong::second_ending);
}

TEST_F(Checker, SeesARecordThatDisagreesWithTheFeed) {
  story.job(cast.aborted).status = JobStatus::failed;
  story.job(cast.aborted).cause = Cause::timeout;
  EXPECT_THAT(wrongs(history), Contains(Wrong::second_ending));
}

TEST_F(Checker, SeesAJobWithoutAnEnd) {
  const auto id = story.submit(Story::asked("stuck"));
  story.settle();
  expect_only(Wrong::stuck);
  EXPECT_THAT(check(history).findings.at(0).what,
              HasSubstr("job " + std::to_string(id) + " is PENDING QUEUED"));
}

// --- G4, G5 ---

TEST_F(Checker, SeesThatTwoAttemptsLivedAtOnce) {
  const auto& lines = history.truth[cast.lost];
  const auto second_began = lines.at(3).at;
  ASSERT_EQ(lines.at(3).attempt, 2u);
  history.truth[cast.lost].push_back({.attempt = 1, .sign = Sign::beat, .at = second_began + 0.25});
  expect_only(Wrong::overlap);
  EXPECT_NEAR(check(history).longest_overlap, 0.25, 1e-6);
}

TEST_F(Checker, SeesAnAttemptThatBeganTwice) {
  const auto& first = history.truth[cast.good].front();
  history.truth[cast.good].insert(history.truth[cast.good].begin(), first);
  expect_only(Wrong::run_again);
}

TEST_F(Checker, SeesThatAJobRanAgainThoughItMustRunAtMostOnce) {
  story.job(cast.lost).definition.at_most_once = true;
  for (auto& asked : history.asked) asked.at_most_once |= asked.key == "lost";
  expect_only(Wrong::run_again);
}

TEST_F(Checker, SeesOneRetryTooMany) {
  story.job(cast.failing).definition.retries.max = 0;
  for (auto& asked : history.asked) asked.retries = 0;
  expect_only(Wrong::run_again);
}

TEST_F(Checker, SeesThatAJobWasGivenUpTooEarly) {
  story.job(cast.failing).definition.retries.max = 2;
  for (auto& asked : history.asked) {
    if (asked.key == "failing") asked.retries = 2;
  }
  expect_only(Wrong::gave_up);
}

TEST_F(Checker, SeesThatALostJobWasGivenUpTooEarly) {
  story.job(cast.once).definition.at_most_once = false;
  for (auto& asked : history.asked) asked.at_most_once = false;
  expect_only(Wrong::gave_up);
}

// --- G6 ---

TEST_F(Checker, SeesAJobThatIsSaidNotToStart) {
  story.job(cast.failing).attempts.front().cause = Cause::start;
  EXPECT_THAT(wrongs(history), testing::Contains(Wrong::wrong_code));
}

TEST_F(Checker, SeesASuccessThatNoProcessTellsOf) {
  history.truth[cast.good].pop_back();
  expect_only(Wrong::phantom);
}

TEST_F(Checker, SeesASuccessThatOnlyAnEarlierAttemptTellsOf) {
  history.truth[cast.lost].pop_back();
  expect_only(Wrong::phantom);
}

TEST_F(Checker, SeesASuccessThatWasASignal) {
  last_attempt(cast.good).cause = Cause::signal;
  last_attempt(cast.good).signal = "SIGKILL";
  EXPECT_THAT(wrongs(history), Contains(Wrong::phantom));
}

TEST_F(Checker, SeesAWrongCode) {
  last_attempt(cast.failing).exit_code = 4;
  expect_only(Wrong::wrong_code);
}

TEST_F(Checker, SeesACodeThatNobodyTellsOf) {
  history.truth[cast.failing].pop_back();
  expect_only(Wrong::wrong_code);
}

TEST_F(Checker, SeesASuccessThatWasTakenForAFailure) {
  history.truth[cast.failing].back().code = 0;
  expect_only(Wrong::wrong_code);
}

TEST_F(Checker, SeesASignalThatNobodySent) {
  history.truth[cast.killed].back().code = 1;
  expect_only(Wrong::wrong_code);
}

TEST_F(Checker, SeesATimeoutWithoutOne) {
  story.job(cast.timed_out).definition.timeout.reset();
  for (auto& asked : history.asked) asked.timeout.reset();
  expect_only(Wrong::wrong_code);
}

TEST_F(Checker, SeesAnUnknownExitThatNothingExplains) {
  std::erase_if(history.faults, [](const Fault& fault) { return fault.kind == "kill-init"; });
  expect_only(Wrong::exit_unknown);
}

}  // namespace
}  // namespace berth::chaos
