// events, rerun, stats and executors against an API that the test plays.
#include "cli/formatters/executor_text.hpp"
#include "cli/formatters/text.hpp"
#include "shared/http/event_stream.hpp"
#include "shared/model/event.hpp"
#include "tests/cli/api_stub.hpp"

#include <gmock/gmock.h>

#include <sstream>

namespace berth::cli {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Event an_event(std::uint64_t seq, JobStatus status) {
  Event event;
  event.seq = seq;
  event.at = WallTime{1'000};
  event.type = "job.changed";
  event.job = JobId{7};
  event.status = status;
  return event;
}

std::string frame_of(std::uint64_t seq, JobStatus status = JobStatus::running) {
  return http::encode_event(
      {std::to_string(seq), "job.changed", json::serialize(to_json(an_event(seq, status)))});
}

// A stream that breaks off behind these bytes.
Answer stream_of(std::string bytes) {
  Answer answer;
  answer.is_cut_off = true;
  answer.frames = {{0, std::move(bytes)}};
  answer.is_framed = false;
  return answer;
}

Answer page_of(std::vector<Event> events, const json::value& next = nullptr,
               const json::value& gap = nullptr) {
  json::array list;
  for (const auto& event : events) list.push_back(to_json(event));
  json::object body{{"events", std::move(list)}, {"next", next}, {"last", 9}, {"gap", gap}};
  return {200, json::serialize(body)};
}

TEST(EventsVerb, AreFollowedOverALostConnectionWithoutGapOrRepeat) {
  ApiStub first;
  ApiStub second;
  // The second event is cut in the middle; the first server then says that it is stopping.
  const auto cut = frame_of(6);
  first.on("GET /v1/events",
           {stream_of("id: 4\n\n" + frame_of(5) + cut.substr(0, cut.size() / 2)), problem(503, "stopping")});
  second.on("GET /v1/events", {stream_of(frame_of(6) + frame_of(7)), problem(400, "that's enough")});
  const auto outcome = berth({"events", "-f", "--quiet", "--url", first.url() + "," + second.url()});
  EXPECT_EQ(outcome.out, "5\n6\n7\n");
  EXPECT_EQ(outcome.code, 1) << "a refusal ends it";
  const auto resumed_at = [](const http::Request& request) {
    return std::string(http::find_header(request.headers, "Last-Event-ID").value_or("-"));
  };
  EXPECT_EQ(resumed_at(first.requests().at(0)), "-");
  EXPECT_EQ(resumed_at(second.requests().at(0)), "5");
  EXPECT_EQ(resumed_at(second.requests().at(1)), "7");
}

TEST(EventsVerb, AreResumedFromAHeartbeatsPositionToo) {
  ApiStub api;
  api.on("GET /v1/events", {stream_of(": heartbeat\nid: 41\n\n"), problem(400, "that's enough")});
  berth({"events", "-f", "--url", api.url()});
  EXPECT_EQ(http::find_header(api.requests().at(1).headers, "Last-Event-ID"), "41");
}

TEST(EventsVerb, SayWhatIsMissing) {
  ApiStub api;
  api.on("GET /v1/events",
         {stream_of("id: 9\nevent: gap\ndata: {\"type\":\"gap\",\"after\":4,\"next\":10}\n\n" + frame_of(10)),
          problem(400, "that's enough")});
  const auto outcome = berth({"events", "-f", "--after", "4", "--url", api.url()});
  EXPECT_THAT(outcome.err, StartsWith("berth: events 5 to 9 aren't kept any more\n"));
  EXPECT_THAT(outcome.out, StartsWith("1970-01-01 00:00:01.000  job 7"));
}

TEST(EventsVerb, AreReadPageByPage) {
  ApiStub api;
  api.on("GET /v1/events",
         {page_of({an_event(5, JobStatus::running)}, "5"), page_of({an_event(6, JobStatus::succeeded)})});
  const auto outcome =
      berth({"events", "--after", "4", "--status", "running,succeeded", "--json", "--url", api.url()});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  std::istringstream lines(outcome.out);
  std::vector<std::int64_t> seqs;
  for (std::string line; std::getline(lines, line);)
    seqs.push_back(parse_json(line).value().at("seq").as_int64());
  EXPECT_THAT(seqs, ElementsAre(5, 6));
  EXPECT_THAT(api.targets(),
              ElementsAre("GET /v1/events?status=RUNNING%2CSUCCEEDED&after=4&follow=false&limit=1000",
                          "GET /v1/events?status=RUNNING%2CSUCCEEDED&after=5&follow=false&limit=1000"));
}

TEST(EventsVerb, OfAJobBeginWithItsSubmit) {
  ApiStub api;
  Job job;
  job.id = JobId{7};
  job.created_at = WallTime{1'000};
  api.on("GET /v1/jobs/7", {record_of(job)});
  api.on("GET /v1/events", {page_of({an_event(5, JobStatus::running)})});
  EXPECT_EQ(berth({"events", "--job", "8,7", "--url", api.url()}).code, 0);
  EXPECT_THAT(api.targets().back(), HasSubstr("?job=7-8&since=1970-01-01T00%3A00%3A01.000Z&"));
  EXPECT_EQ(berth({"events", "--job", "9", "--url", api.url()}).code, 4);
  EXPECT_EQ(berth({"events", "--since", "soon", "--url", api.url()}).code, 2);
  EXPECT_EQ(berth({"events", "--since", "1h", "--after", "5", "--url", api.url()}).code, 2);
}

TEST(Rerun, SubmitsTheSameDefinitionEvenWhatThisClientDoesNotKnow) {
  ApiStub api;
  Job old;
  old.id = JobId{3};
  old.definition.image = "busybox";
  auto raw = to_json(old);
  raw.at("definition").as_object()["invented_later"] = 5;
  Job fresh;
  fresh.id = JobId{12};
  api.on("GET /v1/jobs/3", {{200, json::serialize(raw)}});
  api.on("POST /v1/jobs", {record_of(fresh)});
  const auto outcome = berth({"rerun", "3", "--url", api.url()});
  EXPECT_EQ(outcome.out, "job 3 runs again as job 12\n");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  const auto sent = parse_json(api.requests().back().body).value();
  EXPECT_EQ(sent, raw.at("definition"));
  EXPECT_EQ(berth({"rerun", "3", "--quiet", "--url", api.url()}).out, "12\n");
}

TEST(Stats, ShowWhateverTheServerCounts) {
  ApiStub api;
  const std::string body = R"({"leader":"s1","jobs":{"PENDING":3,"RUNNING":2},"log_bytes":{"STORED":77}})";
  api.on("GET /v1/stats", {{200, body}});
  EXPECT_EQ(berth({"stats", "--url", api.url()}).out,
            "leader      s1\n\nJOBS     COUNT\nPENDING      3\nRUNNING      2\n\nLOG BYTES  COUNT\nSTORED    "
            "    77\n");
  EXPECT_EQ(json::serialize(parse_json(berth({"stats", "--json", "--url", api.url()}).out).value()), body);
}

ExecutorStatus a_big_one() {
  ExecutorStatus executor;
  executor.name = "gpu-rack-0042.example";
  executor.state = ExecutorState::draining;
  executor.capacity = {Millicores{128'000}, 512_GiB,
                       std::vector<Gpu>(8, Gpu{"nvidia/a100", "GPU-1", 80_GiB})};
  executor.allocated = {Millicores{64'000}, 100_GiB, 2, 17};
  executor.runtime = {.name = "docker", .version = "20.10.24+dfsg1", .healthy = true, .message = {}};
  executor.region = "europe";
  executor.datacenter = "fra-1";
  return executor;
}

TEST(Executors, HaveBarsThatFitAnOrdinaryTerminal) {
  ExecutorStatus small;
  small.name = "vm";
  small.capacity = {Millicores{2'000}, 22_GiB, {}};
  small.allocated = {Millicores{1'000}, 512_MiB, 0, 1};
  small.runtime = {.name = "docker", .version = "20.10.24+dfsg1", .healthy = true, .message = {}};
  for (const auto& executors :
       {std::vector{small}, std::vector{a_big_one()}, std::vector{small, a_big_one()}}) {
    std::istringstream lines(executor_table(executors, TableStyle{80, false}));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), 80u) << line;
  }
  EXPECT_THAT(executor_table({small}, TableStyle{80, false}), HasSubstr("████···· 1/2"));
  EXPECT_THAT(executor_table({small}, TableStyle{}), HasSubstr("  1/2  512MiB/22GiB  "))
      << "no bars in a pipe";
}

TEST(Executors, ABarShowsAllThatIsUsedOrFree) {
  EXPECT_EQ(bar(0, 8, 4), "····");
  EXPECT_EQ(bar(8, 8, 4), "████");
  EXPECT_EQ(bar(3, 8, 4), "█▌··");
  EXPECT_EQ(bar(1, 1'000'000, 4), "▏···") << "a little is not nothing";
  EXPECT_EQ(bar(999'999, 1'000'000, 4), "███▉") << "nor is it full";
  EXPECT_EQ(bar(12, 8, 4), "████") << "a capacity that shrank below what is held";
  EXPECT_EQ(bar(0, 0, 4), "    ");
}

TEST(Executors, AreListedOrShownOneByOne) {
  ApiStub api;
  json::object list;
  list["executors"] = json::array{to_json(a_big_one())};
  api.on("GET /v1/executors", {{200, json::serialize(list)}});
  api.on("GET /v1/executors/gpu-rack-0042.example", {{200, json::serialize(to_json(a_big_one()))}});
  Job job;
  job.id = JobId{7};
  job.definition.image = "busybox";
  job.status = JobStatus::running;
  json::object jobs;
  jobs["jobs"] = json::array{to_json(job)};
  jobs["next"] = nullptr;
  api.on("GET /v1/jobs", {{200, json::serialize(jobs)}});
  EXPECT_EQ(berth({"executors", "--quiet", "--url", api.url()}).out, "gpu-rack-0042.example\n");
  EXPECT_EQ(berth({"executors", "ls", "--quiet", "--url", api.url()}).out, "gpu-rack-0042.example\n");
  const auto page = berth({"executors", "show", "gpu-rack-0042.example", "--url", api.url()}).out;
  EXPECT_THAT(page, StartsWith("Executor gpu-rack-0042.example  DRAINING\n"));
  EXPECT_THAT(page, HasSubstr("  gpus          2 of 8\n"));
  EXPECT_THAT(page, HasSubstr("  jobs          7\n"));
  EXPECT_EQ(berth({"executors", "show", "nobody", "--url", api.url()}).code, 4);
  EXPECT_EQ(berth({"executors", "show", "--url", api.url()}).code, 2);
}

}  // namespace
}  // namespace berth::cli
