// The scheduler as a whole: what a job goes through, and who leads.
#include "shared/runtime/task_group.hpp"
#include "tests/scheduler/fixture.hpp"

#include <gmock/gmock.h>

namespace berth::test {
namespace {

using SchedulerService = Schedulers;

constexpr const char* one_job = R"({"image":"busybox"})";

TEST_F(SchedulerService, TakesAJobFromSubmissionToItsEnd) {
  const auto scheduler = start("a");
  executor("box");
  const auto submitted = scheduler->ask("POST", "/v1/jobs", one_job);
  EXPECT_EQ(submitted.status, 201u);
  EXPECT_EQ(parse_json(submitted.body)->at("id").as_int64(), 1);

  const auto assigned = await_assigned(*scheduler, 1);
  EXPECT_EQ(assigned.executor, "box");
  EXPECT_EQ(assigned.attempt, 1u);
  const auto inbox = loop_.run(store_.read_inbox("box", "0-0", deadline_in(0s))).value();
  ASSERT_EQ(inbox.size(), 1u) << "its executor was told";
  EXPECT_EQ(inbox.front().job.id, JobId{1});
  EXPECT_EQ(scheduler->get("/v1/executors/box").at("allocated").at("jobs").as_int64(), 1);

  run_on_executor(1);
  EXPECT_EQ(scheduler->get("/v1/jobs/1").at("status").as_string(), "RUNNING");
  exit_with(1, 7);
  const auto ended = scheduler->get("/v1/jobs/1");
  EXPECT_EQ(ended.at("status").as_string(), "FAILED");
  EXPECT_EQ(ended.at("exit_code").as_int64(), 7);
  EXPECT_EQ(scheduler->get("/v1/executors/box").at("allocated").at("jobs").as_int64(), 0);
  EXPECT_EQ(scheduler->get("/v1/stats").at("jobs").at("FAILED").as_int64(), 1);
}

TEST_F(SchedulerService, PlacesTheNextJobAsSoonAsThereIsRoom) {
  const auto scheduler = start("a");
  executor("box", 1);
  scheduler->ask("POST", "/v1/jobs", R"({"jobs":[{"image":"x"},{"image":"x"}]})");
  await_assigned(*scheduler, 1);
  EXPECT_EQ(record(2).reason, Reason::queued) << "one core, one job";
  run_on_executor(1);
  exit_with(1, 0);
  EXPECT_EQ(await_assigned(*scheduler, 2).executor, "box");
}

TEST_F(SchedulerService, FindsAPlaceOnceAnExecutorComes) {
  const auto scheduler = start("a");
  executor("small", 1);
  scheduler->ask("POST", "/v1/jobs", R"({"image":"x","resources":{"cpu":2}})");
  const auto never = [](const Job& job) { return job.reason == Reason::unsatisfiable; };
  EXPECT_FALSE(await(*scheduler, 1, never).message.empty()) << "says why it waits";
  executor("box", 2);
  EXPECT_EQ(await_assigned(*scheduler, 1).executor, "box");
}

TEST_F(SchedulerService, AbortsAJobThatWaitsAtOnceAndAsksTheExecutorOfOneThatRuns) {
  const auto scheduler = start("a");
  executor("box", 1);
  scheduler->ask("POST", "/v1/jobs", R"({"jobs":[{"image":"x"},{"image":"x"}]})");
  await_assigned(*scheduler, 1);
  run_on_executor(1);

  const auto waiting = scheduler->ask("POST", "/v1/jobs/2/abort", R"({"reason":"wrong data"})");
  EXPECT_EQ(waiting.status, 200u);
  EXPECT_EQ(parse_json(waiting.body)->at("status").as_string(), "ABORTED");
  EXPECT_EQ(parse_json(waiting.body)->at("message").as_string(), "abort requested: wrong data");

  const auto running = scheduler->ask("POST", "/v1/jobs/1/abort");
  EXPECT_EQ(parse_json(running.body)->at("status").as_string(), "RUNNING") << "until its process has ended";
  const auto inbox = loop_.run(store_.read_inbox("box", "0-0", deadline_in(0s))).value();
  EXPECT_TRUE(inbox.back().job.abort_requested_at);
  const auto again = scheduler->ask("POST", "/v1/jobs/1/abort");
  EXPECT_EQ(again.body, running.body) << "asking twice changes nothing";
  exit_with(1, 143);
  EXPECT_EQ(record(1).status, JobStatus::aborted);
}

TEST_F(SchedulerService, GoesOnWhenTheStoreComesBack) {
  const auto scheduler = start("a");
  executor("box");
  store_.break_down(unavailable("Redis is away"));
  const auto refused = scheduler->ask("POST", "/v1/jobs", one_job);
  EXPECT_EQ(refused.status, 503u);
  EXPECT_EQ(parse_json(refused.body)->at("kind").as_string(), "unavailable");
  EXPECT_EQ(http::find_header(refused.headers, "Retry-After"), "1");
  EXPECT_EQ(scheduler->ask("GET", "/health/ready").status, 503u);
  EXPECT_EQ(scheduler->ask("GET", "/health/live").status, 200u);
  store_.repair();
  EXPECT_EQ(scheduler->ask("POST", "/v1/jobs", one_job).status, 201u);
  EXPECT_EQ(await_assigned(*scheduler, 1).executor, "box") << "the feed and the leadership were kept";
}

TEST_F(SchedulerService, AStoreThatIsOutOfMemoryRefusesNewJobsFor503AndSaysSo) {
  const auto scheduler = start("a");
  store_.break_down({ErrorKind::refused, "Redis is out of memory (maxmemory); free some or raise it"});
  const auto refused = scheduler->ask("POST", "/v1/jobs", one_job);
  EXPECT_EQ(refused.status, 503u);
  EXPECT_EQ(http::find_header(refused.headers, "Retry-After"), "1");
  EXPECT_THAT(refused.body, testing::HasSubstr("out of memory"));
  store_.repair();
  EXPECT_EQ(scheduler->ask("POST", "/v1/jobs", one_job).status, 201u);
}

TEST_F(SchedulerService, HandsTheLeadershipOverWhenItStops) {
  auto first = start("first", false);
  const auto second = start("second", false);
  EXPECT_EQ(second->get("/health/ready").at("leader").as_string(), "first");
  executor("box");
  first->ask("POST", "/v1/jobs", one_job);
  await_assigned(*second, 1);
  first.reset();
  second->ask("POST", "/v1/jobs", one_job);
  await_assigned(*second, 2);
  const auto leader = loop_.run(store_.leader()).value();
  EXPECT_EQ(leader->name, "second");
  EXPECT_EQ(leader->epoch.value, 2u);
}

TEST_F(SchedulerService, TakesOverFromALeaderThatFellSilent) {
  loop_.run(store_.take_leadership("dead", std::nullopt)).value();
  const auto scheduler = start("heir", false);
  executor("box");
  scheduler->ask("POST", "/v1/jobs", one_job);
  const auto began = std::chrono::steady_clock::now();
  await_assigned(*scheduler, 1);
  EXPECT_GE(std::chrono::steady_clock::now() - began, limits::leader_lost_after - 500ms)
      << "not before it was missed for long enough";
  EXPECT_EQ(scheduler->get("/v1/stats").at("leader").as_string(), "heir");
}

TEST_F(SchedulerService, ADeposedLeaderPlacesNothing) {
  const auto scheduler = start("old", false);
  executor("box");
  scheduler->ask("POST", "/v1/jobs", one_job);
  await_assigned(*scheduler, 1);
  const auto leader = loop_.run(store_.leader()).value();
  const auto epoch = loop_.run(store_.take_leadership("new", leader)).value();
  scheduler->ask("POST", "/v1/jobs", one_job);
  const auto deadline = std::chrono::steady_clock::now() + 2 * limits::leader_renewal;
  while (std::chrono::steady_clock::now() < deadline) {
    loop_.run(store_.renew_leadership(epoch)).value();
    scheduler->get("/v1/jobs/2?wait=200ms&version=1");
  }
  EXPECT_EQ(record(2).reason, Reason::queued);
  EXPECT_EQ(scheduler->get("/health/ready").at("leader").as_string(), "new");
}

}  // namespace
}  // namespace berth::test
