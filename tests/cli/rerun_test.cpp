// `berth rerun` of several jobs, and of those that failed.
#include "tests/cli/api_stub.hpp"

#include <gmock/gmock.h>

namespace berth::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Job job_that(std::uint64_t id, JobStatus status) {
  Job job;
  job.id = JobId{id};
  job.definition.image = "image-" + std::to_string(id);
  job.status = status;
  return job;
}

std::vector<std::string> images_of(const http::Request& request) {
  std::vector<std::string> images;
  const auto body = parse_json(request.body).value();
  for (const auto& definition : body.at("jobs").as_array())
    images.emplace_back(definition.at("image").as_string());
  return images;
}

std::string submit_key_of(const http::Request& request) {
  return std::string(http::find_header(request.headers, "Idempotency-Key").value_or("none"));
}

class RerunMany : public ::testing::Test {
 protected:
  void SetUp() override {
    api.on("GET /v1/jobs/3", {record_of(job_that(3, JobStatus::failed))});
    api.on("GET /v1/jobs/4", {record_of(job_that(4, JobStatus::succeeded))});
    api.on("GET /v1/jobs/5", {record_of(job_that(5, JobStatus::aborted))});
    api.on("GET /v1/jobs/6", {record_of(job_that(6, JobStatus::failed))});
  }
  bool has_submitted() const {
    for (const auto& request : api.requests()) {
      if (request.method == "POST") return true;
    }
    return false;
  }

  ApiStub api;
};

TEST_F(RerunMany, SubmitsThemAsOneUnderAKey) {
  api.on("POST /v1/jobs", {{201, R"({"ids":[12,13,14,15]})"}});
  const auto outcome = berth({"rerun", "3-6", "--url", api.url()});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "jobs 3-6 run again as jobs 12-15\n");
  EXPECT_THAT(images_of(api.requests().back()), ElementsAre("image-3", "image-4", "image-5", "image-6"));
  EXPECT_THAT(submit_key_of(api.requests().back()), StartsWith("berth-cli-"));
}

TEST_F(RerunMany, SubmitsNothingWhenOneIsMissing) {
  const auto outcome = berth({"rerun", "3,9", "--url", api.url()});
  EXPECT_EQ(outcome.code, 4);
  EXPECT_EQ(outcome.err, "berth: there is no job 9\n");
  EXPECT_FALSE(has_submitted());
}

TEST_F(RerunMany, OnlyThoseThatFailed) {
  api.on("POST /v1/jobs", {{201, R"({"ids":[12,13]})"}});
  const auto outcome = berth({"rerun", "--failed", "3-7", "--url", api.url()});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, "jobs 3,6 run again as jobs 12-13\n");
  EXPECT_EQ(outcome.err, "berth: 1 job of these isn't there, and was passed over\n");
  EXPECT_THAT(images_of(api.requests().back()), ElementsAre("image-3", "image-6"));
  EXPECT_EQ(berth({"rerun", "--failed", "3-6", "--quiet", "--url", api.url()}).out, "12\n13\n");
  const auto printed = berth({"rerun", "--failed", "3-6", "--json", "--url", api.url()}).out;
  EXPECT_EQ(json::serialize(parse_json(printed).value()), R"({"ids":[12,13],"of":[3,6]})");
}

TEST_F(RerunMany, PrintsTheSameJsonForAnyNumberThatFailed) {
  api.on("POST /v1/jobs", {{201, R"({"ids":[12]})"}});
  const auto json_of = [&](const std::string& jobs) {
    const auto outcome = berth({"rerun", "--failed", jobs, "--json", "--url", api.url()});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return json::serialize(parse_json(outcome.out).value());
  };
  EXPECT_EQ(json_of("3"), R"({"ids":[12],"of":[3]})");
  EXPECT_THAT(images_of(api.requests().back()), ElementsAre("image-3"));
  EXPECT_EQ(json_of("3-5"), R"({"ids":[12],"of":[3]})");
  EXPECT_EQ(json_of("4"), R"({"ids":[],"of":[]})");
  EXPECT_EQ(berth({"rerun", "--failed", "3", "--url", api.url()}).out, "job 3 runs again as job 12\n");
}

TEST_F(RerunMany, SaysWhenNoneHasFailed) {
  const auto outcome = berth({"rerun", "--failed", "4-5", "--url", api.url()});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("none of them has FAILED"));
  EXPECT_FALSE(has_submitted());
}

TEST_F(RerunMany, SaysWhenNoneIsThere) {
  const auto outcome = berth({"rerun", "--failed", "8-9", "--url", api.url()});
  EXPECT_EQ(outcome.code, 4);
  EXPECT_EQ(outcome.err, "berth: there is no job 8\n");
  EXPECT_EQ(outcome.out, "");
}

TEST_F(RerunMany, AsksAgainUnderTheSameKeyWhenAnAnswerIsLost) {
  api.on("POST /v1/jobs",
         {problem(503, "the store doesn't answer", "", "timeout"), {201, R"({"ids":[12,13]})"}});
  EXPECT_EQ(berth({"rerun", "3,6", "--url", api.url()}).out, "jobs 3,6 run again as jobs 12-13\n");
  const auto requests = api.requests();
  const auto& first = requests.at(requests.size() - 2);
  EXPECT_EQ(submit_key_of(first), submit_key_of(requests.back()));
  EXPECT_EQ(first.body, requests.back().body);
}

TEST_F(RerunMany, TakesTheCallersKeyForScriptsThatRepeatThemselves) {
  api.on("POST /v1/jobs", {{201, R"({"ids":[12,13]})"}});
  berth({"rerun", "3,6", "--idempotency-key", "nightly", "--url", api.url()});
  EXPECT_EQ(submit_key_of(api.requests().back()), "nightly");
}

TEST_F(RerunMany, RefusesMoreThanOneRequestTakes) {
  const auto outcome = berth({"rerun", "1-10001", "--url", api.url()});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("at most 10000 jobs"));
  EXPECT_TRUE(api.requests().empty());
}

}  // namespace
}  // namespace berth::cli
