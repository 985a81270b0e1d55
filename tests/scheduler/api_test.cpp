// The API as its clients see it.
#include "shared/http/multiplexed.hpp"
#include "shared/runtime/task_group.hpp"
#include "tests/scheduler/fixture.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

namespace berth::test {
namespace {

class Api : public Schedulers {
 protected:
  std::vector<std::uint64_t> ids_of(const json::value& page) {
    std::vector<std::uint64_t> ids;
    for (const auto& job : page.at("jobs").as_array()) ids.push_back(job.at("id").to_number<std::uint64_t>());
    return ids;
  }
  using Ids = std::vector<std::uint64_t>;

  std::unique_ptr<Scheduler> scheduler_ = start("a");
};

TEST_F(Api, ListsByWhatIsAskedFor) {
  executor("box", 1);
  const auto made = scheduler_->ask("POST", "/v1/jobs",
                                    R"({"jobs":[{"image":"x","name":"train","labels":{"team":"vision"}},
                  {"image":"x","name":"train","labels":{"team":"audio"}},
                  {"image":"x","labels":{"team":"vision","kind":"test"}}]})");
  EXPECT_EQ(made.status, 201u);
  EXPECT_EQ(json::serialize(*parse_json(made.body)), R"({"ids":[1,2,3]})");
  await_assigned(*scheduler_, 1);
  run_on_executor(1);
  EXPECT_EQ(ids_of(scheduler_->get("/v1/jobs")), (Ids{3, 2, 1})) << "newest first";
  EXPECT_EQ(ids_of(scheduler_->get("/v1/jobs?status=running")), (Ids{1}));
  EXPECT_EQ(ids_of(scheduler_->get("/v1/jobs?status=PENDING,RUNNING")), (Ids{3, 2, 1}));
  EXPECT_EQ(ids_of(scheduler_->get("/v1/jobs?name=train")), (Ids{2, 1}));
  EXPECT_EQ(ids_of(scheduler_->get("/v1/jobs?label=team%3Dvision")), (Ids{3, 1}));
  EXPECT_EQ(ids_of(scheduler_->get("/v1/jobs?label=team%3Dvision&label=kind%3Dtest")), (Ids{3}));
  EXPECT_EQ(ids_of(scheduler_->get("/v1/jobs?executor=box")), (Ids{1}));
  EXPECT_EQ(ids_of(scheduler_->get("/v1/jobs?since=2100-01-01T00:00:00Z")), Ids{});
}

TEST_F(Api, PagesThroughEveryJobOnce) {
  scheduler_->ask("POST", "/v1/jobs",
                  R"({"jobs":[{"image":"x"},{"image":"x"},{"image":"x"},{"image":"x"},{"image":"x"}]})");
  const auto first = scheduler_->get("/v1/jobs?limit=2");
  EXPECT_EQ(ids_of(first), (Ids{5, 4}));
  scheduler_->ask("POST", "/v1/jobs", R"({"image":"x"})");  // a newer one doesn't shift the pages
  const auto second = scheduler_->get("/v1/jobs?limit=2&cursor=" + std::string(first.at("next").as_string()));
  EXPECT_EQ(ids_of(second), (Ids{3, 2}));
  const auto third = scheduler_->get("/v1/jobs?limit=2&cursor=" + std::string(second.at("next").as_string()));
  EXPECT_EQ(ids_of(third), (Ids{1}));
  EXPECT_TRUE(third.at("next").is_null());
  EXPECT_TRUE(scheduler_->get("/v1/jobs?limit=6").at("next").is_null()) << "a page that is just full";
}

TEST_F(Api, RefusesWithAStatusAFieldAndAReason) {
  struct Case {
    std::string method, target, body;
    unsigned status;
    std::string field;
  };
  const std::vector<Case> cases{
      {"POST", "/v1/jobs", "{", 400, ""},
      {"POST", "/v1/jobs?dry=true", R"({"image":"x"})", 400, "dry"},
      {"POST", "/v1/jobs", R"({"image":"x","imagine":1})", 422, "imagine"},
      {"POST", "/v1/jobs", R"({"image":"x","resources":{"memory":"1MiB"}})", 422, "resources.memory"},
      {"POST", "/v1/jobs", R"({"jobs":[{"image":"x"},{}]})", 422, "jobs[1].image"},
      {"POST", "/v1/jobs", R"({"jobs":[]})", 422, "jobs"},
      {"GET", "/v1/jobs?status=done", "", 400, "status"},
      {"GET", "/v1/jobs?limit=0", "", 400, "limit"},
      {"GET", "/v1/jobs?cursor=x", "", 400, "cursor"},
      {"GET", "/v1/jobs?label=x", "", 400, "label"},
      {"GET", "/v1/jobs/1?wait=1s", "", 400, "version"},
      {"GET", "/v1/jobs/1", "", 404, ""},
      {"GET", "/v1/jobs/first", "", 404, ""},
      {"GET", "/v1/jobs/18446744073709551615", "", 404, ""},
      {"POST", "/v1/jobs/1/abort", "", 404, ""},
      {"POST", "/v1/jobs/1/abort", R"({"because":"no"})", 400, "because"},
      {"GET", "/v1/jobs/1/logs", "", 404, ""},
      {"GET", "/v1/jobs/1/logs?stream=stdin", "", 400, "stream"},
      {"GET", "/v1/executors/nobody", "", 404, ""},
      {"GET", "/v1/nowhere", "", 404, ""},
      {"DELETE", "/v1/jobs", "", 405, ""},
  };
  for (const auto& wrong : cases) {
    const auto response = scheduler_->ask(wrong.method, wrong.target, wrong.body);
    const auto what = wrong.method + ' ' + wrong.target + ' ' + wrong.body + ": " + response.body;
    ASSERT_EQ(response.status, wrong.status) << what;
    EXPECT_EQ(http::find_header(response.headers, "Content-Type"), "application/problem+json") << what;
    const auto problem = parse_json(response.body).value();
    EXPECT_EQ(problem.at("status").as_int64(), wrong.status) << what;
    EXPECT_FALSE(problem.at("detail").as_string().empty()) << what;
    const auto* field = problem.as_object().if_contains("field");
    EXPECT_EQ(field == nullptr ? "" : std::string(field->as_string()), wrong.field) << what;
  }
  EXPECT_EQ(ids_of(scheduler_->get("/v1/jobs")), Ids{}) << "nothing of it was taken";
}

TEST_F(Api, TakesARequestWithAKeyOnce) {
  http::Request request;
  request.method = "POST";
  request.target = "/v1/jobs";
  request.headers.emplace_back("Idempotency-Key", "once");
  request.body = R"({"image":"x","name":"a"})";
  EXPECT_EQ(parse_json(scheduler_->ask(request).body)->at("id").as_int64(), 1);
  request.body = R"({ "name": "a", "image": "x" })";
  EXPECT_EQ(parse_json(scheduler_->ask(request).body)->at("id").as_int64(), 1) << "spelt differently";
  request.body = R"({"image":"x","name":"b"})";
  EXPECT_EQ(scheduler_->ask(request).status, 409u);
  EXPECT_EQ(ids_of(scheduler_->get("/v1/jobs")), (Ids{1}));
}

Task<> exchange(std::string address, std::string bytes, std::string& answer) {
  using asio::ip::tcp;
  tcp::socket socket(co_await asio::this_coro::executor);
  const auto colon = address.rfind(':');
  const tcp::endpoint endpoint(asio::ip::make_address(address.substr(0, colon)),
                               static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
  co_await socket.async_connect(endpoint, asio::use_awaitable);
  co_await asio::async_write(socket, asio::buffer(bytes), asio::use_awaitable);
  co_await asio::async_read(socket, asio::dynamic_buffer(answer), use_tuple);
}

TEST_F(Api, RefusesABodyThatIsTooLargeBeforeItIsSent) {
  std::string answer;
  const auto size = std::to_string(limits::max_body + 1);
  TaskGroup tasks(loop_.executor());
  tasks.spawn("exchange", exchange(scheduler_->address(),
                                   "POST /v1/jobs HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                                   "Content-Length: " +
                                       size + "\r\n\r\n",
                                   answer));
  loop_.run(tasks.join());
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 413 ")) << answer;
}

Task<> keep(Result<http::Response>& result, http::Client& client, http::Request request) {
  result = co_await client.call(std::move(request), deadline_in(40s));
}

TEST_F(Api, WakesALongPollWhenTheJobChanges) {
  scheduler_->ask("POST", "/v1/jobs", R"({"image":"x"})");
  http::Request poll;
  poll.target = "/v1/jobs/1?wait=30s&version=1";
  Result<http::Response> answer = internal_error("none yet");
  TaskGroup tasks(loop_.executor());
  const auto began = std::chrono::steady_clock::now();
  tasks.spawn("poll", keep(answer, scheduler_->client(), std::move(poll)));
  scheduler_->get("/health/live");
  EXPECT_FALSE(answer) << "it waits";
  scheduler_->ask("POST", "/v1/jobs/1/abort");
  loop_.run(tasks.join());
  EXPECT_EQ(parse_json(answer->body)->at("status").as_string(), "ABORTED");
  EXPECT_LT(std::chrono::steady_clock::now() - began, 15s) << "woken, not timed out";
}

TEST_F(Api, AnswersALongPollAtItsDeadlineWithTheRecordAsItIs) {
  scheduler_->ask("POST", "/v1/jobs", R"({"image":"x"})");
  const auto same = scheduler_->get("/v1/jobs/1?wait=50ms&version=1");
  EXPECT_EQ(same.at("version").as_int64(), 1);
}

TEST_F(Api, GivesOutputAsItWasWritten) {
  executor("box");
  scheduler_->ask("POST", "/v1/jobs", R"({"image":"x"})");
  await_assigned(*scheduler_, 1);
  run_on_executor(1);
  std::vector<LogPiece> pieces(2);
  pieces[0].end = 4;
  pieces[0].bytes = std::string("o\0\xff\n", 4);
  pieces[1].end = 8;
  pieces[1].stream = 2;
  pieces[1].bytes = "err\n";
  loop_.run(store_.append_log(JobId{1}, 1, std::move(pieces), {})).value();

  EXPECT_EQ(scheduler_->ask("GET", "/v1/jobs/1/logs").body, std::string("o\0\xff\nerr\n", 8));
  EXPECT_EQ(scheduler_->ask("GET", "/v1/jobs/1/logs?stream=stderr").body, "err\n");
  EXPECT_EQ(scheduler_->ask("GET", "/v1/jobs/1/logs?tail=1").body, "err\n");
  EXPECT_EQ(scheduler_->ask("GET", "/v1/jobs/1/logs?offset=6").body, "r\n");
  EXPECT_EQ(scheduler_->ask("GET", "/v1/jobs/1/logs?attempt=2").status, 404u) << "it had one";
  EXPECT_EQ(scheduler_->ask("GET", "/v1/jobs/1/logs?offset=9").status, 416u) << "it has put out 8 bytes";
  EXPECT_EQ(scheduler_->ask("GET", "/v1/jobs/1/logs?offset=-1").status, 400u);
  http::Request framed;
  framed.target = "/v1/jobs/1/logs";
  framed.headers.emplace_back("Accept", "application/vnd.docker.multiplexed-stream");
  EXPECT_EQ(scheduler_->ask(framed).body, http::encode_frame_header(1, 4) + std::string("o\0\xff\n", 4) +
                                              http::encode_frame_header(2, 4) + "err\n");
}

TEST_F(Api, FollowsOutputToTheEndOfTheJob) {
  executor("box");
  scheduler_->ask("POST", "/v1/jobs", R"({"image":"x"})");
  http::Request follow;
  follow.target = "/v1/jobs/1/logs?follow=true";
  Result<http::Response> answer = internal_error("none yet");
  TaskGroup tasks(loop_.executor());
  tasks.spawn("follow", keep(answer, scheduler_->client(), std::move(follow)));
  await_assigned(*scheduler_, 1);
  run_on_executor(1);
  for (const std::uint64_t end : {4u, 8u}) {
    std::vector<LogPiece> pieces(1);
    pieces[0].end = end;
    pieces[0].bytes = end == 4 ? "one\n" : "two\n";
    loop_.run(store_.append_log(JobId{1}, 1, std::move(pieces), {})).value();
  }
  scheduler_->get("/health/live");
  EXPECT_FALSE(answer) << "it may write more";
  exit_with(1, 0);
  loop_.run(tasks.join());
  EXPECT_EQ(answer->body, "one\ntwo\n");
}

// A cluster whose leader has yet to be found.
class Leaderless final : public MemoryStore {
 public:
  using MemoryStore::MemoryStore;
  Task<Result<Epoch>> take_leadership(std::string, std::optional<Leader>) override {
    co_return Error{ErrorKind::conflict, "somebody was faster"};
  }
};

TEST(ApiWithoutALeader, TakesJobsButIsNotReady) {
  Loop loop;
  SystemClock clock;
  Leaderless store(loop.executor(), clock);
  SchedulerSettings settings;
  settings.name = "a";
  settings.port = "0";
  Scheduler scheduler(loop, store, clock, std::move(settings));
  const auto ready = scheduler.ask("GET", "/health/ready");
  EXPECT_EQ(ready.status, 503u);
  EXPECT_NE(ready.body.find("no leader is known"), std::string::npos) << ready.body;
  EXPECT_EQ(scheduler.ask("POST", "/v1/jobs", R"({"image":"x"})").status, 201u);
  EXPECT_TRUE(scheduler.get("/v1/stats").at("leader").is_null());
}

}  // namespace
}  // namespace berth::test
