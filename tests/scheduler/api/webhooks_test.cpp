// What is said at once of webhooks that can't be, and what the metrics tell.
#include "tests/scheduler/api/fixture.hpp"

namespace berth {
namespace {

using test::ApiTest;
using ::testing::HasSubstr;
using ::testing::Not;

class WebhookApi : public ApiTest {
 protected:
  // "STATUS field" of the answer to a job with that webhook.
  std::string submit(const std::string& url) {
    const auto response = ask("POST", "/v1/jobs", R"({"image":"x","webhooks":[{"url":")" + url + R"("}]})");
    const auto body = parse_json(response.body).value();
    const auto* field = body.as_object().if_contains("field");
    return std::to_string(response.status) + (field != nullptr ? ' ' + std::string(field->as_string()) : "");
  }
};

TEST_F(WebhookApi, WhereAJobsWebhookCanNeverGoIsSaidWhenItIsSubmitted) {
  EXPECT_EQ(submit("https://example.com/hook"), "201");
  EXPECT_EQ(submit("http://127.0.0.1:3625/v1/jobs"), "422 webhooks[0].url");
  EXPECT_EQ(submit("http://169.254.169.254/latest/meta-data"), "422 webhooks[0].url");
  EXPECT_EQ(submit("http://[::ffff:10.0.0.1]/"), "422 webhooks[0].url");
  EXPECT_EQ(submit("http://localhost/"), "422 webhooks[0].url");
  EXPECT_EQ(submit("http://127.1/"), "422 webhooks[0].url");
  const auto batch = ask("POST", "/v1/jobs?dry_run=true",
                         R"({"jobs":[{"image":"x"},{"image":"x","webhooks":[{"url":"http://10.0.0.1/"}]}]})");
  EXPECT_EQ(batch.status, 422u);
  EXPECT_THAT(batch.body, HasSubstr(R"("field":"jobs[1].webhooks[0].url")"));
  EXPECT_THAT(batch.body, HasSubstr("no public address"));
}

TEST_F(WebhookApi, WhatAJobsWebhookCanNeverGetIsSaidWhenItIsSubmitted) {
  const auto asked_for = [this](const std::string& word) {
    const auto hook = R"({"url":"https://example.com/","on":["FAILED",")" + word + R"("]})";
    return ask("POST", "/v1/jobs", R"({"jobs":[{"image":"x","webhooks":[)" + hook + "]}]}");
  };
  for (const auto* word : {"executor.*", "executor.registered", "leader.elected", "cluster.restored"}) {
    const auto refused = asked_for(word);
    EXPECT_EQ(refused.status, 422u) << word;
    EXPECT_THAT(refused.body, HasSubstr(R"("field":"jobs[0].webhooks[0].on")"));
    EXPECT_THAT(refused.body, HasSubstr("webhooks of the cluster only"));
  }
  for (const auto* word : {"*", "job.*", "job.started", "RUNNING"}) EXPECT_EQ(asked_for(word).status, 201u);
}

TEST_F(WebhookApi, TheMetricsHaveThem) {
  EXPECT_THAT(ask("GET", "/metrics").body,
              HasSubstr("berth_webhook_deliveries_total{of=\"job\",outcome=\"delivered\"} 0\n"));
  EXPECT_THAT(ask("GET", "/metrics").body, Not(HasSubstr("berth_webhook_pending")))
      << "only the leader knows";
  hand_over();
  EXPECT_THAT(ask("GET", "/metrics").body, HasSubstr("berth_webhook_pending 0\n"));
}

}  // namespace
}  // namespace berth
