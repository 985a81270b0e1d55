#include "tests/scheduler/api/fixture.hpp"

#include <sys/resource.h>

namespace berth {
namespace {

using test::ApiTest;
using ::testing::ElementsAre;

class ApiJobs : public ApiTest {
 protected:
  static std::vector<std::int64_t> ids(const json::value& page) {
    std::vector<std::int64_t> result;
    for (const auto& job : page.at("jobs").as_array()) result.push_back(job.at("id").as_int64());
    return result;
  }
  // All pages of a list, one after the other; `between` happens before each but the first.
  template <class Between>
  std::vector<std::int64_t> all(const std::string& query, Between between) {
    std::vector<std::int64_t> result;
    std::string cursor;
    for (int pages = 0; pages < 100; ++pages) {
      const auto page = get("/v1/jobs?" + query + (cursor.empty() ? "" : "&cursor=" + cursor));
      const auto found = ids(page);
      result.insert(result.end(), found.begin(), found.end());
      if (page.at("next").is_null()) return result;
      cursor = std::string(page.at("next").as_string());
      between();
    }
    ADD_FAILURE() << "the pages have no end";
    return result;
  }
  std::vector<std::int64_t> all(const std::string& query) {
    return all(query, [] {});
  }
  static JobDefinition labelled(const std::string& team) {
    JobDefinition definition;
    definition.labels = {{"team", team}};
    return definition;
  }
};

TEST_F(ApiJobs, PagesShowEachJobOnceWhileOthersArriveAndEnd) {
  admit(25);
  std::uint64_t next = 1;
  const auto seen = all("limit=10", [&] {
    admit(7);
    abort(JobId{next});
    abort(JobId{25 - next++});
  });
  ASSERT_EQ(seen.size(), 25u);
  for (std::size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i], static_cast<std::int64_t>(25 - i));
}

TEST_F(ApiJobs, AFilterThatMatchesLittleShowsEachJobOnceToo) {
  // More jobs than one scan of the store reads at once, so that a page is put together from several.
  admit(1, labelled("vision"));
  admit(limits::max_page + 300, labelled("other"));
  admit(1, labelled("vision"));
  admit(200, labelled("other"));
  const auto last = static_cast<std::int64_t>(limits::max_page) + 302;
  EXPECT_THAT(all("label=team%3Dvision"), ElementsAre(last, 1));
  EXPECT_THAT(all("label=team%3Dvision&limit=1"), ElementsAre(last, 1));
}

TEST_F(ApiJobs, AreFilteredByStatusNameLabelExecutorAndTime) {
  JobDefinition train = labelled("vision");
  train.name = "train";
  admit(1, train);
  admit(1, labelled("speech"));
  change(JobId{1}, lifecycle::Assigned{"box-1"});
  abort(JobId{2});
  EXPECT_THAT(ids(get("/v1/jobs?status=aborted")), ElementsAre(2));
  EXPECT_THAT(ids(get("/v1/jobs?status=PENDING,aborted")), ElementsAre(2, 1));
  EXPECT_THAT(ids(get("/v1/jobs?name=train")), ElementsAre(1));
  EXPECT_THAT(ids(get("/v1/jobs?label=team%3Dvision")), ElementsAre(1));
  EXPECT_THAT(ids(get("/v1/jobs?label=team%3Dvision&status=ABORTED")), ElementsAre());
  EXPECT_THAT(ids(get("/v1/jobs?executor=box-1")), ElementsAre(1));
  EXPECT_THAT(ids(get("/v1/jobs?since=2001-01-01T00:00:00Z")), ElementsAre(2, 1));
  EXPECT_THAT(ids(get("/v1/jobs?since=2999-01-01T00:00:00Z")), ElementsAre());
  EXPECT_EQ(ask("GET", "/v1/jobs?sicne=2001-01-01T00:00:00Z").status, 400u);
  EXPECT_EQ(ask("GET", "/v1/jobs?limit=0").status, 400u);
}

TEST_F(ApiJobs, ALongPollAnswersWhenTheRecordChanges) {
  admit(1);
  const auto version = record(JobId{1}).version;
  http::Request request;
  request.target = "/v1/jobs/1?wait=30s&version=" + std::to_string(version);
  Result<http::Response> answer = internal_error("none yet");
  bool is_answered = false;
  const auto poll = [](http::Client& client, http::Request asked, Result<http::Response>& into,
                       bool& done) -> Task<> {
    into = co_await client.call(std::move(asked), deadline_in(std::chrono::seconds{30}));
    done = true;
  };
  tasks.spawn("poll", poll(*client, std::move(request), answer, is_answered));
  get("/health/live");  // the poll is under way
  EXPECT_FALSE(is_answered);
  abort(JobId{1});
  loop.run_until([&] { return is_answered; });
  const auto job = from_json<Job>(parse_json(answer.value().body).value()).value();
  EXPECT_EQ(job.status, JobStatus::aborted);
  EXPECT_GT(job.version, version);
}

TEST_F(ApiJobs, ThousandsWhoWaitForOneJobAreAllToldAndCostNothingWhileTheyWait) {
  constexpr std::size_t waiters = 3'000;
  rlimit files{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
  files.rlim_cur = files.rlim_max;  // two for each of them
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
  admit(1);
  std::size_t told = 0;
  const auto poll = [](http::Client& client, std::size_t& told) -> Task<> {
    http::Request request;
    request.target = "/v1/jobs/1?wait=60s&version=1";
    const auto answer = co_await client.call(std::move(request), deadline_in(std::chrono::seconds{60}));
    if (answer && parse_json(answer->body).value().at("status") == "ABORTED") ++told;
  };
  const auto before = store.reads;
  for (std::size_t i = 0; i < waiters; ++i) tasks.spawn("poll", poll(*client, told));
  loop.run_until([&] { return store.reads >= before + waiters; });
  EXPECT_EQ(told, 0u);
  abort(JobId{1});
  loop.run_until([&] { return told == waiters; });
  EXPECT_LE(store.reads, before + 2 * waiters + 10) << "each looks when it comes, and when there is news";
}

TEST_F(ApiJobs, ALongPollAnswersAtOnceWhenThereIsNothingToWaitFor) {
  admit(1);
  EXPECT_EQ(get("/v1/jobs/1?wait=30s&version=0").at("id").as_int64(), 1) << "it has moved on already";
  EXPECT_EQ(get("/v1/jobs/1?wait=1ms&version=1").at("version").as_int64(), 1) << "the time is over";
  abort(JobId{1});
  const auto version = std::to_string(record(JobId{1}).version);
  EXPECT_EQ(get("/v1/jobs/1?wait=30s&version=" + version).at("status").as_string(), "ABORTED")
      << "it has ended";
  EXPECT_EQ(ask("GET", "/v1/jobs/1?wait=30s").status, 400u) << "wait for which change?";
  EXPECT_EQ(ask("GET", "/v1/jobs/2?wait=30s&version=1").status, 404u);
}

TEST_F(ApiJobs, EqualKeysAreOneJobAtWhicheverSchedulerTheyArrive) {
  const http::Headers key{{"Idempotency-Key", "k1"}};
  const auto first = ask("POST", "/v1/jobs", R"({"image":"busybox"})", key);
  EXPECT_EQ(first.status, 201u);
  restart();
  const auto again = ask("POST", "/v1/jobs", R"({ "image": "busybox" })", key);
  EXPECT_EQ(again.status, 201u);
  EXPECT_EQ(parse_json(again.body).value().at("id"), parse_json(first.body).value().at("id"));
  EXPECT_EQ(ask("POST", "/v1/jobs", R"({"image":"alpine"})", key).status, 409u);
}

TEST_F(ApiJobs, AnExecutorIsShownByName) {
  ExecutorInfo executor;
  executor.name = "box-1";
  executor.capacity = {Millicores{2'000}, 1_GiB, {}};
  loop.run(store.register_executor(std::move(executor), 0)).value();
  loop.run_until([&] { return ask("GET", "/v1/executors/box-1").status == 200; });
  EXPECT_EQ(get("/v1/executors/box-1").at("state").as_string(), "READY");
  EXPECT_EQ(ask("GET", "/v1/executors/box-2").status, 404u);
}

}  // namespace
}  // namespace berth
