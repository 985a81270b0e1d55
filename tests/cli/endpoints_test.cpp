#include "cli/endpoints.hpp"

#include "tests/cli/api_stub.hpp"

#include <gmock/gmock.h>

namespace berth::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Job a_job(JobStatus status) {
  Job job;
  job.id = JobId{7};
  job.definition.image = "busybox";
  job.status = status;
  job.version = status == JobStatus::running ? 3 : 9;
  job.attempt = 1;
  if (status == JobStatus::running) job.reason = Reason::executing;
  if (is_terminal(status)) {
    job.cause = Cause::exit;
    job.exit_code = 0;
  }
  return job;
}

std::string url_of_nobody() {
  ApiStub gone;
  return gone.url();
}

Answer unavailable_for_now() { return problem(503, "Redis is away"); }

TEST(SeveralUrls, AreReadFromOneTextOrFromRepeatedFlags) {
  const auto addresses = parse_urls("http://a,http://b:80,unix:///run/berth.sock").value();
  ASSERT_EQ(addresses.size(), 3u);
  EXPECT_EQ(addresses[0].text(), "http://a:3625");
  EXPECT_EQ(addresses[2].text(), "unix:///run/berth.sock");
  EXPECT_THAT(parse_urls("http://a,ftp://b").error().message, HasSubstr("\"ftp://b\""));
  EXPECT_FALSE(parse_urls(","));

  ApiStub api;
  api.on("GET /v1/jobs/7", {record_of(a_job(JobStatus::succeeded))});
  EXPECT_EQ(berth({"show", "--url", url_of_nobody(), "--url", api.url(), "7"}).code, 0);
  EXPECT_EQ(berth({"show", "--url", url_of_nobody() + "," + api.url(), "7"}).code, 0);
}

TEST(SeveralUrls, TheNextIsAskedWhenOneCannotBeReachedOrIsNotReady) {
  ApiStub busy;
  ApiStub good;
  busy.on("GET /v1/jobs/7", {unavailable_for_now()});
  good.on("GET /v1/jobs/7", {record_of(a_job(JobStatus::succeeded))});
  const auto urls = url_of_nobody() + "," + busy.url() + "," + good.url();
  EXPECT_EQ(berth({"show", "--url", urls, "7"}).code, 0);
  EXPECT_EQ(busy.requests().size(), 1u);
  EXPECT_EQ(good.requests().size(), 1u);
}

TEST(SeveralUrls, TheOneThatAnsweredIsAskedFirstFromThenOn) {
  ApiStub busy;
  ApiStub good;
  busy.on("GET /v1/jobs/1", {unavailable_for_now()});
  good.on("GET /v1/jobs/1", {record_of(a_job(JobStatus::succeeded))});
  good.on("GET /v1/jobs/2", {record_of(a_job(JobStatus::succeeded))});
  EXPECT_EQ(berth({"show", "--url", busy.url() + "," + good.url(), "1,2"}).code, 0);
  EXPECT_THAT(busy.targets(), ElementsAre("GET /v1/jobs/1"));
}

TEST(SeveralUrls, AnAnswerIsAnAnswer) {
  ApiStub first;
  ApiStub second;
  first.on("POST /v1/jobs", {problem(422, "must be at least 6MiB", "resources.memory")});
  EXPECT_EQ(berth({"run", "-d", "--url", first.url() + "," + second.url(), "busybox"}).code, 125);
  EXPECT_TRUE(second.requests().empty()) << "what one refuses isn't asked of another";
}

TEST(SeveralUrls, ASubmitThatMayArriveTwiceHasAKeyThatMakesItOne) {
  ApiStub busy;
  ApiStub good;
  busy.on("POST /v1/jobs", {unavailable_for_now()});
  good.on("POST /v1/jobs", {record_of(a_job(JobStatus::running))});
  const auto urls = busy.url() + "," + good.url();
  EXPECT_EQ(berth({"run", "-d", "--url", urls, "busybox"}).code, 0);
  EXPECT_EQ(berth({"run", "-d", "--url", urls, "busybox"}).code, 0);
  const auto key_of = [](const http::Request& request) {
    return std::string(http::find_header(request.headers, "Idempotency-Key").value_or(""));
  };
  EXPECT_FALSE(key_of(busy.requests().at(0)).empty());
  EXPECT_EQ(key_of(busy.requests().at(0)), key_of(good.requests().at(0))) << "the same request";
  EXPECT_NE(key_of(good.requests().at(0)), key_of(good.requests().at(1))) << "another one";

  EXPECT_EQ(berth({"run", "-d", "--url", urls, "--idempotency-key", "mine", "busybox"}).code, 0);
  EXPECT_EQ(key_of(good.requests().at(2)), "mine");
  EXPECT_EQ(berth({"run", "-d", "--url", good.url(), "busybox"}).code, 0);
  EXPECT_EQ(key_of(good.requests().at(3)), "") << "nobody else to ask, nothing to repeat";
}

TEST(SeveralUrls, OutputGoesOnElsewhereWhereItBrokeOff) {
  ApiStub good;
  good.on("POST /v1/jobs", {record_of(a_job(JobStatus::running))});
  good.on("GET /v1/jobs/7", {record_of(a_job(JobStatus::succeeded))});
  good.on("GET /v1/jobs/7/logs", {{200, "", {{1, "three"}}}});
  ApiStub dying;
  dying.on("POST /v1/jobs", {record_of(a_job(JobStatus::running))});
  dying.on("GET /v1/jobs/7", {record_of(a_job(JobStatus::running)), unavailable_for_now()});
  dying.on("GET /v1/jobs/7/logs", {{200, "", {{1, "one "}, {1, "two "}}, true}, unavailable_for_now()});
  const auto outcome = berth({"run", "--url", dying.url() + "," + good.url(), "busybox"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "one two three");
  EXPECT_EQ(good.targets().front(), "GET /v1/jobs/7/logs?attempt=1&offset=8&follow=true");
}

TEST(SeveralUrls, AreAllNamedWhenNoneAnswers) {
  const auto one = url_of_nobody();
  const auto other = url_of_nobody();
  const auto outcome = berth({"ls", "--url", one + "," + other});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, StartsWith("berth: can't reach any of " + one + " (connection refused), " + other +
                                      " (connection refused). Is Berth running?"));
}

TEST(SeveralUrls, AreAllNamedWhenNoneIsReady) {
  ApiStub one;
  ApiStub other;
  one.on("GET /v1/jobs", {unavailable_for_now()});
  other.on("GET /v1/jobs", {unavailable_for_now()});
  const auto outcome = berth({"ls", "--url", one.url() + "," + other.url()});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_EQ(outcome.err, "berth: Redis is away (" + one.url() + "," + other.url() + ")\n");
}

}  // namespace
}  // namespace berth::cli
