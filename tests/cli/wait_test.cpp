// Waiting for many jobs: what is asked, how it is told, and the line that shows how far they are.
#include "cli/job_records.hpp"
#include "cli/jobs_overview.hpp"
#include "shared/model/event.hpp"
#include "tests/cli/api_stub.hpp"
#include "tests/shared/runtime/loop.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>

namespace berth::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Where = JobStatus;

std::vector<JobId> ids_from(std::uint64_t first, std::uint64_t last) {
  std::vector<JobId> ids;
  for (auto id = first; id <= last; ++id) ids.push_back(JobId{id});
  return ids;
}

Job job_in(std::uint64_t id, JobStatus status) {
  Job job;
  job.id = JobId{id};
  job.definition.image = "busybox";
  job.status = status;
  if (is_terminal(status)) job.cause = Cause::exit;
  if (is_terminal(status)) job.exit_code = status == JobStatus::succeeded ? 0 : 7;
  job.version = 2;
  return job;
}

// Newest first, as the API lists them.
Answer list_of(std::uint64_t newest, std::uint64_t oldest, JobStatus status,
               const json::value& next = nullptr) {
  json::array jobs;
  for (auto id = newest; id >= oldest; --id) jobs.push_back(to_json(job_in(id, status)));
  json::object body;
  body["jobs"] = std::move(jobs);
  body["next"] = next;
  return {200, json::serialize(body)};
}

Answer events_of(const std::vector<std::pair<std::uint64_t, JobStatus>>& changes, std::uint64_t last,
                 const json::value& gap = nullptr) {
  json::array events;
  for (const auto& [id, status] : changes) {
    Event event;
    event.seq = last;
    event.type = "job.changed";
    event.job = JobId{id};
    event.status = status;
    events.push_back(to_json(event));
  }
  json::object body;
  body["events"] = std::move(events);
  body["next"] = nullptr;
  body["last"] = last;
  body["gap"] = gap;
  return {200, json::serialize(body)};
}

// --- the board ---

TEST(WaitBoard, CountsWhereJobsAreAndForgetsNoEnd) {
  WaitBoard board(ids_from(1, 5));
  EXPECT_EQ(board.counts().unseen, 5u);
  board.note(JobId{1}, Where::pending);
  board.note(JobId{1}, Where::running);
  board.note(JobId{2}, Where::succeeded);
  board.note(JobId{3}, Where::pending);
  board.note(JobId{4}, Where::failed);
  board.note(JobId{99}, Where::failed);
  board.note(JobId{4}, Where::running);  // older news
  const auto counts = board.counts();
  EXPECT_EQ(counts.all, 5u);
  EXPECT_EQ(counts.running, 1u);
  EXPECT_EQ(counts.waiting, 1u);
  EXPECT_EQ(counts.unseen, 1u);
  EXPECT_EQ(counts.done, 2u);
  EXPECT_EQ(counts.failed, 1u);
  EXPECT_EQ(counts.done_meanwhile, 0u) << "both had ended before anybody looked";
  board.note(JobId{1}, Where::succeeded);
  EXPECT_EQ(board.counts().done_meanwhile, 1u);
  EXPECT_THAT(board.alive(0, 5), ElementsAre(JobId{3}, JobId{5}));
  EXPECT_THAT(board.alive(3, 100), ElementsAre(JobId{5}));
}

TEST(WaitBoard, KnowsOfJobsThatAreGone) {
  WaitBoard board(ids_from(1, 3));
  board.note(JobId{1}, Where::failed);
  board.note(JobId{2}, Where::running);
  for (const auto id : ids_from(1, 3)) board.note_gone(id);
  board.note(JobId{3}, Where::running);  // older news
  const auto counts = board.counts();
  EXPECT_EQ(counts.failed, 1u) << "how it ended is known";
  EXPECT_EQ(counts.gone, 2u);
  EXPECT_EQ(counts.done, 1u);
  EXPECT_EQ(counts.done_meanwhile, 0u);
  EXPECT_TRUE(board.alive(0, 3).empty());
  EXPECT_EQ(wait_text(counts, Milliseconds{1}), "1 of 3 jobs done, 1 failed, 2 not there · ETA unknown");
}

TEST(WaitText, EstimatesFromTheRateOnceThereIsOne) {
  WaitCounts counts;
  counts.all = 100;
  counts.waiting = 50;
  counts.running = 8;
  counts.done = 42;
  counts.failed = 3;
  counts.done_meanwhile = 2;
  const Milliseconds minute{60'000};
  EXPECT_EQ(wait_text(counts, minute), "42 of 100 jobs done, 8 running, 50 waiting, 3 failed · ETA unknown");
  counts.done_meanwhile = 12;
  EXPECT_THAT(wait_text(counts, minute), HasSubstr(" · ETA 4m 50s"));
  EXPECT_THAT(wait_text(counts, Milliseconds{0}), HasSubstr("ETA unknown"));
}

// --- reading many records ---

class ManyJobs : public ::testing::Test {
 protected:
  std::vector<std::optional<JobRecord>> read(std::vector<JobId> ids) {
    return loop.run(read_records(client, std::move(ids))).value();
  }

  ApiStub api;
  test::Loop loop;
  Client client{loop.executor(), parse_urls(api.url()).value()};
};

TEST_F(ManyJobs, AreReadInPagesWhereTheyAreCloseToEachOther) {
  api.on("GET /v1/jobs", {list_of(40, 21, Where::failed, "21"), list_of(20, 2, Where::succeeded)});
  const auto records = read(ids_from(1, 40));
  ASSERT_EQ(records.size(), 40u);
  EXPECT_FALSE(records[0]) << "there is no job 1";
  EXPECT_EQ(records[1]->job.id, JobId{2});
  EXPECT_EQ(records[39]->job.status, Where::failed);
  EXPECT_THAT(api.targets(),
              ElementsAre("GET /v1/jobs?limit=40&cursor=41", "GET /v1/jobs?limit=40&cursor=21"));
}

TEST_F(ManyJobs, AreReadOneByOneWhereTheyAreFew) {
  api.on("GET /v1/jobs/7", {record_of(job_in(7, Where::running))});
  const auto records = read({JobId{90'000}, JobId{7}});
  ASSERT_EQ(records.size(), 2u);
  EXPECT_FALSE(records[0]);
  EXPECT_EQ(records[1]->job.id, JobId{7});
}

TEST_F(ManyJobs, AreOverseenByTheirEventsOnceAllWereLookedAt) {
  api.on("GET /v1/events", {events_of({}, 50), events_of({{3, Where::running}, {4, Where::succeeded}}, 52),
                            events_of({}, 53, json::object{{"after", 52}, {"next", 90}}), events_of({}, 90)});
  api.on("GET /v1/jobs", {list_of(40, 1, Where::pending)});
  JobsOverview overview(client, ids_from(1, 40));
  loop.run(overview.refresh());
  EXPECT_TRUE(overview.is_complete());
  EXPECT_EQ(overview.board().counts().waiting, 40u);
  loop.run(overview.refresh());
  const auto counts = overview.board().counts();
  EXPECT_EQ(counts.waiting, 38u);
  EXPECT_EQ(counts.running, 1u);
  EXPECT_EQ(counts.done_meanwhile, 1u);
  EXPECT_THAT(api.targets().back(), HasSubstr("/v1/events?job=1-40&after=50&follow=false"));
  loop.run(overview.refresh());
  EXPECT_FALSE(overview.is_complete()) << "behind a gap all are looked at again";
  loop.run(overview.refresh());
  EXPECT_TRUE(overview.is_complete());
}

TEST_F(ManyJobs, AreLookedAtAPageAtATime) {
  api.on("GET /v1/events", {events_of({}, 50)});
  api.on("GET /v1/jobs", {list_of(1'000, 1, Where::succeeded), list_of(1'500, 1'001, Where::running)});
  JobsOverview overview(client, ids_from(1, 1'500));
  loop.run(overview.refresh());
  EXPECT_FALSE(overview.is_complete());
  EXPECT_EQ(overview.board().counts().unseen, 500u);
  loop.run(overview.refresh());
  EXPECT_TRUE(overview.is_complete());
  EXPECT_EQ(overview.board().counts().running, 500u);
  EXPECT_EQ(api.requests().size(), 3u);
}

TEST_F(ManyJobs, ThatAreFarApartAreLookedAtSomeAtATime) {
  api.on("GET /v1/events", {events_of({}, 50)});
  std::vector<JobId> ids;
  for (std::uint64_t i = 1; i <= 250; ++i) ids.push_back(JobId{i * limits::max_page});
  EXPECT_EQ(cost_of_reading(ids), 250u);
  EXPECT_LT(cost_of_reading(ids_from(1, 1'000)), 100u);
  JobsOverview overview(client, ids);
  loop.run(overview.refresh());
  EXPECT_EQ(api.requests().size(), 201u);
  EXPECT_EQ(overview.board().counts().unseen, 50u);
  loop.run(overview.refresh());
  EXPECT_EQ(api.requests().size(), 251u);
  EXPECT_TRUE(overview.is_complete());
}

TEST_F(ManyJobs, AnOverviewSitsOutWhatItCannotRead) {
  JobsOverview overview(client, ids_from(1, 40));
  loop.run(overview.refresh());
  EXPECT_EQ(overview.board().counts().unseen, 40u);
  EXPECT_FALSE(overview.is_complete());
}

// --- the verb ---

TEST(WaitMany, CostsLessThanARequestAJobWhereTheyHaveEnded) {
  ApiStub api;
  for (std::uint64_t id = 1; id <= 63; ++id)
    api.on("GET /v1/jobs/" + std::to_string(id), {record_of(job_in(id, Where::succeeded))});
  // 1, 2, 4, 8, 16 one by one, then 32 in one page.
  api.on("GET /v1/jobs", {list_of(63, 32, Where::failed)});
  const auto outcome = berth({"wait", "1-63", "--quiet", "--url", api.url()});
  EXPECT_EQ(outcome.code, 7);
  EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 63);
  EXPECT_EQ(api.requests().size(), 31u + 1u);
}

TEST(WaitMany, PrintAListOfTheirRecords) {
  ApiStub api;
  api.on("GET /v1/jobs/1", {record_of(job_in(1, Where::succeeded))});
  api.on("GET /v1/jobs/2", {record_of(job_in(2, Where::running)), record_of(job_in(2, Where::failed))});
  const auto outcome = berth({"wait", "2,1", "--json", "--url", api.url()});
  EXPECT_EQ(outcome.code, 7);
  const auto list = parse_json(outcome.out).value();
  ASSERT_EQ(list.as_array().size(), 2u);
  EXPECT_EQ(list.at(0).at("id").as_int64(), 2) << "in the order in which they were named";
  EXPECT_EQ(list.at(1).at("id").as_int64(), 1);
}

TEST(WaitMany, SayWhichOneHadNotEnded) {
  ApiStub api;
  api.on("GET /v1/jobs/1", {record_of(job_in(1, Where::succeeded))});
  api.on("GET /v1/jobs/2", {record_of(job_in(2, Where::running))});
  const auto outcome = berth({"wait", "1-3", "--wait-timeout", "0", "--url", api.url()});
  EXPECT_EQ(outcome.code, 124);
  EXPECT_EQ(outcome.err,
            "berth: --wait-timeout ran out: job 2 is still RUNNING (1 of 3 jobs before it had ended)\n");
}

TEST(WaitMany, WaitForTheOthersOfAJobThatThereIsNot) {
  ApiStub api;
  api.on("GET /v1/jobs/1", {record_of(job_in(1, Where::succeeded))});
  const auto outcome = berth({"wait", "9,1", "--url", api.url()});
  EXPECT_EQ(outcome.code, 4);
  EXPECT_EQ(outcome.out, "job 1 SUCCEEDED, exit 0\n");
  EXPECT_EQ(outcome.err, "berth: there is no job 9\n");
  const auto none = berth({"wait", "7-9,11", "--json", "--url", api.url()});
  EXPECT_EQ(none.code, 4);
  EXPECT_EQ(none.out, "");
  EXPECT_EQ(none.err, "berth: there are no jobs 7-9,11\n");
}

TEST(WaitMany, PassOverOneThatIsDeletedMeanwhile) {
  ApiStub api;
  api.on("GET /v1/jobs/1", {record_of(job_in(1, Where::running)), problem(404, "there is no job 1")});
  api.on("GET /v1/jobs/2", {record_of(job_in(2, Where::failed))});
  const auto outcome = berth({"wait", "1-2", "--url", api.url()});
  EXPECT_EQ(outcome.code, 4) << "the first in order that isn't 0";
  EXPECT_EQ(outcome.out, "job 2 FAILED, exit 7\n");
  EXPECT_EQ(outcome.err, "berth: there is no job 1\n");
}

TEST(Wait, IsOverInTimeThoughTheServerIsSilent) {
  asio::io_context io;
  // The kernel takes the connection, and nobody ever answers.
  const asio::ip::tcp::endpoint anywhere(asio::ip::address_v4::loopback(), 0);
  const asio::ip::tcp::acceptor silent(io, anywhere);
  const auto url = "http://127.0.0.1:" + std::to_string(silent.local_endpoint().port());
  const auto began = std::chrono::steady_clock::now();
  for (const auto* jobs : {"7", "7-9", "name:nightly"}) {
    const auto outcome = berth({"wait", jobs, "--wait-timeout", "100ms", "--url", url});
    EXPECT_EQ(outcome.code, 124) << jobs;
    EXPECT_THAT(outcome.err, HasSubstr("--wait-timeout ran out while the server was being asked")) << jobs;
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{30});
}

}  // namespace
}  // namespace berth::cli
