#include "shared/base/sha256.hpp"
#include "shared/model/usage.hpp"
#include "tests/cli/api_stub.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace berth::cli {
namespace {

Job a_job(std::uint64_t id, JobStatus status = JobStatus::pending) {
  Job job;
  job.id = JobId{id};
  job.definition.image = "busybox";
  job.status = status;
  job.version = 1;
  if (status == JobStatus::pending) job.reason = Reason::queued;
  return job;
}

Job exited(std::uint64_t id, int code) {
  auto job = a_job(id, code == 0 ? JobStatus::succeeded : JobStatus::failed);
  job.cause = Cause::exit;
  job.exit_code = code;
  job.attempt = 1;
  job.version = 9;
  return job;
}

Job running(std::uint64_t id) {
  auto job = a_job(id, JobStatus::running);
  job.reason = Reason::executing;
  job.attempt = 1;
  job.version = 3;
  return job;
}

Answer page_of(const std::vector<Job>& jobs, const json::value& next = nullptr) {
  json::array list;
  for (const auto& job : jobs) list.push_back(to_json(job));
  json::object body;
  body["jobs"] = std::move(list);
  body["next"] = next;
  return {200, json::serialize(body)};
}

// A file that goes with the test.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& content) {
    std::string name = testing::TempDir() + "berth-cli-XXXXXX";
    const int descriptor = ::mkstemp(name.data());
    if (descriptor >= 0) ::close(descriptor);
    path_ = name;
    std::ofstream(path_) << content;
  }
  ~TemporaryFile() { std::remove(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST(Run, CopiesBothStreamsExactlyAndExitsAsTheJobDid) {
  ApiStub api;
  api.on("POST /v1/jobs", {record_of(a_job(7))});
  api.on("GET /v1/jobs/7", {record_of(a_job(7)), record_of(running(7)), record_of(exited(7, 7))});
  const std::string bytes("\0\xff\r\n no newline at the end", 26);
  api.on("GET /v1/jobs/7/logs", {{200, "", {{1, bytes}, {2, "warning\n"}, {1, "…"}}}});
  const auto outcome = berth({"run", "--url", api.url(), "busybox"});
  EXPECT_EQ(outcome.code, 7);
  EXPECT_EQ(outcome.out, bytes + "…");
  EXPECT_EQ(outcome.err, "warning\n") << "an ordinary exit needs no comment";
}

TEST(Run, GoesOnWhereALostConnectionBrokeOff) {
  ApiStub api;
  api.on("POST /v1/jobs", {record_of(running(7))});
  api.on("GET /v1/jobs/7", {record_of(running(7)), record_of(exited(7, 0))});
  api.on("GET /v1/jobs/7/logs", {{200, "", {{1, "one "}, {2, "two "}}, true}, {200, "", {{1, "three"}}}});
  const auto outcome = berth({"run", "--url", api.url(), "busybox"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, "one three");
  EXPECT_EQ(outcome.err, "two ");
  const auto targets = api.targets();
  EXPECT_NE(std::find(targets.begin(), targets.end(), "GET /v1/jobs/7/logs?attempt=1&offset=8&follow=true"),
            targets.end());
}

TEST(Run, FollowsARetryFromItsOwnBeginning) {
  ApiStub api;
  auto second = running(7);
  second.attempt = 2;
  second.version = 5;
  auto done = exited(7, 0);
  done.attempt = 2;
  api.on("POST /v1/jobs", {record_of(a_job(7))});
  api.on("GET /v1/jobs/7", {record_of(running(7)), record_of(second), record_of(done)});
  api.on("GET /v1/jobs/7/logs", {{200, "", {{1, "first try\n"}}}, {200, "", {{1, "second try\n"}}}});
  const auto outcome = berth({"run", "--url", api.url(), "busybox"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, "first try\nsecond try\n");
  const auto targets = api.targets();
  EXPECT_NE(std::find(targets.begin(), targets.end(), "GET /v1/jobs/7/logs?attempt=2&follow=true"),
            targets.end());
}

TEST(Run, SaysWhyAJobFailedThatNeverRan) {
  ApiStub api;
  auto job = a_job(7, JobStatus::failed);
  job.cause = Cause::image_not_found;
  job.message = "no such image: nope";
  api.on("POST /v1/jobs", {record_of(a_job(7))});
  api.on("GET /v1/jobs/7", {record_of(job)});
  const auto outcome = berth({"run", "--url", api.url(), "nope"});
  EXPECT_EQ(outcome.code, 125);
  EXPECT_EQ(outcome.err, "berth: job 7 FAILED (IMAGE_NOT_FOUND): no such image: nope\n");
}

TEST(Run, SaysWhyBerthFailedHoweverQuiet) {
  ApiStub api;
  auto job = a_job(7, JobStatus::failed);
  job.cause = Cause::image_not_found;
  job.message = "no such image: nope";
  api.on("POST /v1/jobs", {record_of(a_job(7))});
  api.on("GET /v1/jobs/7", {record_of(job)});
  EXPECT_EQ(berth({"run", "--quiet", "--url", api.url(), "nope"}).err,
            "berth: job 7 FAILED (IMAGE_NOT_FOUND): no such image: nope\n");
  api.on("GET /v1/jobs/7", {problem(500, "a bug")});
  EXPECT_NE(berth({"run", "--quiet", "--url", api.url(), "nope"}).err.find("a bug"), std::string::npos);
  EXPECT_EQ(berth({"run", "--quiet", "-d", "--url", api.url(), "nope"}).out, "7\n");
}

TEST(Run, ShowsBerthsOwnNoticesOnStderr) {
  ApiStub api;
  api.on("POST /v1/jobs", {record_of(running(7))});
  api.on("GET /v1/jobs/7", {record_of(running(7)), record_of(exited(7, 0))});
  api.on("GET /v1/jobs/7/logs",
         {{200, "", {{1, "head"}, {3, R"({"offset":1258295,"left_out":1258291})"}, {1, "tail"}}}});
  const auto outcome = berth({"run", "--url", api.url(), "busybox"});
  EXPECT_EQ(outcome.out, "headtail");
  EXPECT_EQ(outcome.err, "[berth: 1.2MiB of output left out here]\n");
}

TEST(Run, IsNotMistakenForTheJobWhenTheServerRefuses) {
  ApiStub api;
  api.on("POST /v1/jobs", {problem(422, "must be at most 512GiB, got 1TiB", "resources.memory")});
  const auto outcome = berth({"run", "--url", api.url(), "-m", "1t", "busybox"});
  EXPECT_EQ(outcome.code, 125);
  EXPECT_EQ(outcome.err, "berth: resources.memory: must be at most 512GiB, got 1TiB\n");
}

TEST(Logs, FollowOnExactlyBehindOutputThatIsGone) {
  ApiStub api;
  api.on("GET /v1/jobs/7", {record_of(running(7)), record_of(exited(7, 0))});
  api.on("GET /v1/jobs/7/logs",
         {{200, "", {{1, "head"}, {3, R"({"offset":104,"left_out":100})"}, {1, "ta"}}, true},
          {200, "", {{1, "il"}}}});
  const auto outcome = berth({"logs", "-f", "--url", api.url(), "7"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "headtail");
  EXPECT_EQ(api.targets().at(2), "GET /v1/jobs/7/logs?attempt=1&offset=106&follow=true");
}

TEST(Logs, FollowOnExactlyFromTheLastLines) {
  ApiStub api;
  api.on("GET /v1/jobs/7", {record_of(running(7)), record_of(exited(7, 0))});
  api.on("GET /v1/jobs/7/logs",
         {{200, "", {{1, ""}, {1, "last\n"}, {1, ""}}, true, {{"Berth-Offset", "500"}}},
          {200, "", {{1, "later\n"}}, false, {{"Berth-Offset", "505"}}}});
  const auto outcome = berth({"logs", "-f", "-n", "1", "--url", api.url(), "7"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "last\nlater\n");
  EXPECT_EQ(api.targets().at(1), "GET /v1/jobs/7/logs?attempt=1&tail=1&follow=true");
  EXPECT_EQ(api.targets().at(2), "GET /v1/jobs/7/logs?attempt=1&offset=505&follow=true");
}

TEST(Logs, AreComparedWithTheirChecksum) {
  ApiStub api;
  const auto sha256 = sha256_hex("one\ntwo\n");
  api.on("GET /v1/jobs/7/logs",
         {{200, "", {{1, "one\n"}, {2, "two\n"}}, false, {{"Berth-Offset", "0"}, {"Berth-Sha256", sha256}}},
          {200, "", {{1, "one\n"}, {2, "tw0\n"}}, false, {{"Berth-Offset", "0"}, {"Berth-Sha256", sha256}}}});
  EXPECT_EQ(berth({"logs", "--url", api.url(), "7"}).code, 0);
  const auto damaged = berth({"logs", "--url", api.url(), "7"});
  EXPECT_NE(damaged.code, 0);
  EXPECT_NE(damaged.err.find("isn't what the job wrote"), std::string::npos) << damaged.err;
}

TEST(Logs, SayWhenEachLineWasWritten) {
  ApiStub api;
  const Frame noon{3, R"({"offset":0,"at":"2026-11-26T12:00:00.000Z"})"};
  const Frame later{3, R"({"offset":9,"at":"2026-11-26T12:00:01.500Z"})"};
  api.on("GET /v1/jobs/7/logs",
         {{200, "", {noon, {1, "one\ntw"}, {2, "oh\n"}, later, {1, "o\n"}, {1, "three"}}}});
  const auto outcome = berth({"logs", "-t", "--since", "2026-11-26T12:00:00Z", "--url", api.url(), "7"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "2026-11-26T12:00:00.000Z one\n2026-11-26T12:00:00.000Z two\n2026-11-26T12:00:01.500Z three");
  EXPECT_EQ(outcome.err, "2026-11-26T12:00:00.000Z oh\n");
  EXPECT_EQ(api.targets().at(0), "GET /v1/jobs/7/logs?since=2026-11-26T12%3A00%3A00.000Z&timestamps=true");
  const auto line = berth({"logs", "-t", "--json", "--stderr", "--url", api.url(), "7"}).out;
  EXPECT_EQ(
      line.substr(0, line.find('\n')),
      R"({"job":7,"attempt":0,"offset":0,"at":"2026-11-26T12:00:00.000Z","stream":"stdout","text":"one\ntw"})");
  EXPECT_EQ(berth({"logs", "--since", "yesterday", "--url", api.url(), "7"}).code, 2);
  berth({"logs", "--since", "99999999h", "--url", api.url(), "7"});
  EXPECT_EQ(api.targets().back(), "GET /v1/jobs/7/logs?since=1970-01-01T00%3A00%3A00.000Z");
}

TEST(Logs, AsJsonAreAnObjectAPiece) {
  ApiStub api;
  api.on("GET /v1/jobs/7/logs",
         {{200,
           "",
           {{1, "naïve\n"}, {2, "\xff\x01"}, {3, R"({"offset":109,"left_out":100})"}, {1, "end"}},
           false,
           {{"Berth-Attempt", "2"}, {"Berth-Offset", "0"}}}});
  const auto outcome = berth({"logs", "--json", "--url", api.url(), "7"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.out, R"({"job":7,"attempt":2,"offset":0,"stream":"stdout","text":"naïve\n"})"
                         "\n"
                         R"({"job":7,"attempt":2,"offset":7,"stream":"stderr","base64":"/wE="})"
                         "\n"
                         R"({"job":7,"attempt":2,"offset":109,"left_out":100})"
                         "\n"
                         R"({"job":7,"attempt":2,"offset":109,"stream":"stdout","text":"end"})"
                         "\n");
}

TEST(Submit, SendsNothingUnlessAllCanBeRead) {
  ApiStub api;
  const TemporaryFile good("image: busybox\n");
  const TemporaryFile bad("image: busybox\n---\nimage: busybox\nimagine: no\n");
  const auto outcome = berth({"submit", "--url", api.url(), good.path(), bad.path()});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_TRUE(outcome.err.starts_with("berth: " + bad.path() + ":4:")) << outcome.err;
  EXPECT_TRUE(api.requests().empty());
}

TEST(Submit, SendsManyJobsAsOneRequest) {
  ApiStub api;
  api.on("POST /v1/jobs", {{201, R"({"ids":[3,4,6]})"}});
  const TemporaryFile file("image: a\n---\nimage: b\n---\nimage: c\n");
  EXPECT_EQ(berth({"submit", "--url", api.url(), file.path()}).out, "submitted 3 jobs: 3-4,6\n");
  EXPECT_EQ(berth({"submit", "--url", api.url(), "--quiet", file.path()}).out, "3\n4\n6\n");
  const auto answer = parse_json(berth({"submit", "--url", api.url(), "--json", file.path()}).out).value();
  EXPECT_EQ(json::serialize(answer), R"({"ids":[3,4,6]})");
  ASSERT_EQ(api.requests().size(), 3u);
  EXPECT_EQ(parse_json(api.requests().at(0).body)->at("jobs").as_array().size(), 3u);
}

TEST(Ls, ReadsAllPagesAndPrintsTheApisSchema) {
  ApiStub api;
  api.on("GET /v1/jobs", {page_of({a_job(2)}, "2"), page_of({a_job(1)})});
  const auto outcome =
      berth({"ls", "--url", api.url(), "--all", "--json", "--status", "pending", "-l", "a=b c"});
  EXPECT_EQ(outcome.code, 0);
  const auto list = parse_json(outcome.out).value();
  EXPECT_EQ(list.at("jobs").as_array().size(), 2u);
  EXPECT_TRUE(list.at("next").is_null());
  EXPECT_EQ(api.targets().at(1), "GET /v1/jobs?status=PENDING&label=a%3Db%20c&limit=1000&cursor=2");
}

TEST(Show, ShowsWhatExistsAndSaysWhatDoesNot) {
  ApiStub api;
  api.on("GET /v1/jobs/1", {record_of(exited(1, 0))});
  api.on("GET /v1/jobs/3", {record_of(exited(3, 0))});
  const auto outcome = berth({"show", "--url", api.url(), "1-3"});
  EXPECT_EQ(outcome.code, 4);
  EXPECT_NE(outcome.out.find("Job 1  SUCCEEDED"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("Job 3  SUCCEEDED"), std::string::npos) << outcome.out;
  EXPECT_EQ(parse_json(berth({"show", "--url", api.url(), "--json", "1"}).out)->at("id").as_int64(), 1);
  EXPECT_EQ(parse_json(berth({"show", "--url", api.url(), "--json", "1,3"}).out)->as_array().size(), 2u);
}

TEST(Show, FindsTheLastJobAndJobsByName) {
  ApiStub api;
  api.on("GET /v1/jobs", {page_of({a_job(9)})});
  api.on("GET /v1/jobs/9", {record_of(a_job(9))});
  EXPECT_EQ(berth({"show", "--url", api.url(), "--quiet", "last"}).out, "9\n");
  EXPECT_EQ(berth({"show", "--url", api.url(), "--quiet", "name:train"}).out, "9\n");
  EXPECT_EQ(api.targets().at(0), "GET /v1/jobs?limit=1");
  EXPECT_EQ(api.targets().at(2), "GET /v1/jobs?name=train&limit=1000");
  api.on("GET /v1/jobs", {page_of({})});
  EXPECT_EQ(berth({"show", "--url", api.url(), "last"}).code, 4);
}

TEST(Wait, ExitsWithTheFirstCodeThatIsNotZero) {
  ApiStub api;
  api.on("GET /v1/jobs/1", {record_of(exited(1, 0))});
  api.on("GET /v1/jobs/2", {record_of(running(2)), record_of(exited(2, 5))});
  api.on("GET /v1/jobs/3", {record_of(exited(3, 9))});
  const auto outcome = berth({"wait", "--url", api.url(), "1-3"});
  EXPECT_EQ(outcome.code, 5);
  EXPECT_EQ(outcome.out, "job 1 SUCCEEDED, exit 0\njob 2 FAILED, exit 5\njob 3 FAILED, exit 9\n");
}

TEST(Wait, GivesUpAtItsTimeout) {
  ApiStub api;
  api.on("GET /v1/jobs/1", {record_of(running(1))});
  const auto outcome = berth({"wait", "--url", api.url(), "1", "--wait-timeout", "0"});
  EXPECT_EQ(outcome.code, 124);
  EXPECT_EQ(outcome.err, "berth: --wait-timeout ran out: job 1 is still RUNNING\n");
}

TEST(Wait, SitsOutAStoreThatIsAwayForAWhile) {
  ApiStub api;
  api.on("GET /v1/jobs/1", {record_of(running(1)), problem(503, "Redis is loading", "", "unavailable"),
                            problem(503, "Redis is slow", "", "timeout"), record_of(exited(1, 5))});
  const auto outcome = berth({"wait", "--url", api.url(), "1"});
  EXPECT_EQ(outcome.code, 5) << outcome.err;
}

TEST(Wait, SitsOutAnAbsenceBetweenTwoJobsToo) {
  ApiStub api;
  api.on("GET /v1/jobs/1", {record_of(exited(1, 0))});
  api.on("GET /v1/jobs/2", {problem(503, "Redis is loading", "", "unavailable"), record_of(exited(2, 5))});
  EXPECT_EQ(berth({"wait", "--url", api.url(), "1,2"}).code, 5);
}

TEST(Wait, TakesARefusalAsFinal) {
  ApiStub api;
  api.on("GET /v1/jobs/1",
         {record_of(running(1)), problem(503, "too many wait here", "", "refused"), record_of(exited(1, 5))});
  const auto outcome = berth({"wait", "--url", api.url(), "1"});
  EXPECT_EQ(outcome.code, 125);
  EXPECT_EQ(outcome.err, "berth: too many wait here\n");
}

TEST(Abort, PassesTheReasonOnAndTriesEveryJob) {
  ApiStub api;
  auto aborted = a_job(2, JobStatus::aborted);
  aborted.cause = Cause::aborted;
  api.on("POST /v1/jobs/2/abort", {record_of(aborted)});
  const auto outcome = berth({"abort", "--url", api.url(), "1,2", "--reason", "wrong data"});
  EXPECT_EQ(outcome.code, 4) << "job 1 doesn't exist";
  EXPECT_EQ(outcome.out, "job 2 ABORTED\n");
  EXPECT_EQ(api.requests().at(1).body, R"({"reason":"wrong data"})");
}

TEST(Executors, ShowWhatIsHeldOfWhatIsOffered) {
  ApiStub api;
  ExecutorStatus executor;
  executor.name = "box";
  executor.capacity = {Millicores{4000}, 8_GiB, {}};
  executor.allocated = {Millicores{1500}, 512_MiB, 0, 2};
  executor.runtime.name = "docker";
  json::object body;
  body["executors"] = json::array{to_json(executor)};
  api.on("GET /v1/executors", {{200, json::serialize(body)}});
  const auto outcome = berth({"executors", "--url", api.url()});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("1.5/4"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("512MiB/8GiB"), std::string::npos) << outcome.out;
}

TEST(Executors, TellWhyOneIsUnhealthyBelowTheTable) {
  ApiStub api;
  ExecutorStatus executor;
  executor.name = "box";
  executor.runtime = {
      .name = "docker", .version = {}, .healthy = false, .message = "the daemon doesn't answer"};
  json::object body;
  body["executors"] = json::array{to_json(executor)};
  api.on("GET /v1/executors", {{200, json::serialize(body)}});
  const auto outcome = berth({"executors", "--url", api.url()});
  EXPECT_NE(outcome.out.find("docker (unhealthy)\nbox: the daemon doesn't answer\n"), std::string::npos)
      << outcome.out;
}

TEST(Executors, TellOfUnhealthyGpusAndOfCapacityThatShrank) {
  ApiStub api;
  ExecutorStatus executor;
  executor.name = "box";
  executor.capacity = {
      Millicores{2000}, 8_GiB, {{"nvidia/a100", "GPU-1", 40_GiB}, {"nvidia/a100", "GPU-2", 40_GiB}}};
  executor.allocated = {Millicores{3000}, 512_MiB, 1, 2};
  executor.runtime.unhealthy_gpus = {{"GPU-2", "NVML: GPU is lost"}};
  json::object body;
  body["executors"] = json::array{to_json(executor)};
  api.on("GET /v1/executors", {{200, json::serialize(body)}});
  const auto outcome = berth({"executors", "--url", api.url()});
  EXPECT_NE(outcome.out.find(" 1/2 "), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("\nbox: GPU GPU-2 (nvidia/a100) is out of use: NVML: GPU is lost\n"
                             "box: holds more than it offers (3 CPUs of 2): nothing that needs it is placed "
                             "there until jobs end\n"),
            std::string::npos)
      << outcome.out;
}

TEST(AnyVerb, SaysWhereItLookedWhenNobodyAnswers) {
  std::string url;
  {
    ApiStub gone;
    url = gone.url();
  }
  const auto outcome = berth({"ls", "--url", url});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_EQ(outcome.err,
            "berth: can't reach " + url +
                ": connection refused. Is Berth running? Start it with \"berth up\", or name another with "
                "--url / BERTH_URL.\n");
  EXPECT_EQ(berth({"run", "--url", url, "busybox"}).code, 125);
}

TEST(Show, TellsWhatARunningJobUsesWhereTheServerCan) {
  ApiStub api;
  api.on("GET /v1/jobs/7", {record_of(running(7))});
  const auto without = berth({"show", "7", "--url", api.url()});
  EXPECT_EQ(without.code, 0) << "a server from before there was such an answer";
  EXPECT_EQ(without.out.find("used now"), std::string::npos) << without.out;
  JobUsage usage;
  usage.cpu_used = Millicores{250};
  usage.memory_used = 5_MiB;
  api.on("GET /v1/jobs/7/usage", {{200, json::serialize(to_json(usage))}});
  const auto shown = berth({"show", "7", "--url", api.url()});
  EXPECT_NE(shown.out.find("cpu 0.25 of 1, memory 5MiB of 256MiB"), std::string::npos) << shown.out;
  api.on("GET /v1/jobs/8", {record_of(exited(8, 0))});
  EXPECT_EQ(berth({"show", "8", "--url", api.url()}).code, 0);
  EXPECT_EQ(api.targets().back(), "GET /v1/jobs/8") << "of a job that has ended nobody asks that";
}

TEST(AnyVerb, TellsAServerThatCannotAnswerNowFromOneThatRefuses) {
  ApiStub api;
  for (const auto* kind : {"unavailable", "timeout", "cancelled", ""}) {
    api.on("GET /v1/jobs", {problem(503, "the store doesn't answer", "", kind)});
    const auto outcome = berth({"ls", "--url", api.url()});
    EXPECT_EQ(outcome.code, 3) << kind;
    EXPECT_EQ(outcome.err, "berth: the store doesn't answer (" + api.url() + ")\n") << "Berth itself runs";
  }
  api.on("GET /v1/jobs", {problem(503, "the store is out of memory", "", "refused")});
  EXPECT_EQ(berth({"ls", "--url", api.url()}).code, 1);
  api.on("GET /v1/jobs", {{502, "<html>a proxy speaks</html>"}});
  EXPECT_EQ(berth({"ls", "--url", api.url()}).code, 3);
}

TEST(AnyVerb, IsClearAboutAServerThatIsSomethingElse) {
  ApiStub other;
  other.on("GET /v1/jobs", {{200, "<html>"}});
  const auto outcome = berth({"ls", "--url", other.url()});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_NE(outcome.err.find("is it another version, or not Berth?"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace berth::cli
