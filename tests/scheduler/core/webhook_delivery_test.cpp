// What is sent to a webhook, and what comes of the answer.
#include "scheduler/core/webhook_delivery.hpp"

#include <gtest/gtest.h>

namespace berth {
namespace {

using namespace std::chrono_literals;
using On = std::vector<std::string>;

Event feed_event(std::string type, std::optional<JobStatus> status) {
  Event event;
  event.type = std::move(type);
  event.status = status;
  return event;
}

TEST(WebhookDelivery, GoesByStatusTypeOrFamily) {
  const auto failed = feed_event("job.failed", JobStatus::failed);
  const auto started = feed_event("job.started", JobStatus::running);
  const auto registered = feed_event("executor.registered", std::nullopt);
  EXPECT_TRUE(is_of_interest(Webhook{}.on, failed));
  EXPECT_FALSE(is_of_interest(Webhook{}.on, started));
  EXPECT_FALSE(is_of_interest(Webhook{}.on, registered));
  EXPECT_TRUE(is_of_interest(On{"RUNNING"}, started));
  EXPECT_TRUE(is_of_interest(On{"job.started"}, started));
  EXPECT_FALSE(is_of_interest(On{"job.start"}, started));
  EXPECT_TRUE(is_of_interest(On{"job.*"}, started));
  EXPECT_FALSE(is_of_interest(On{"job.*"}, registered));
  EXPECT_TRUE(is_of_interest(On{"FAILED", "executor.*"}, registered));
  EXPECT_TRUE(is_of_interest(On{"*"}, registered));
}

// printf '%s' '1700000000.{"seq":1}' | openssl dgst -sha256 -hmac hush
TEST(WebhookDelivery, IsSignedWithItsTime) {
  const auto signature = webhook_signature("hush", WallTime{1'700'000'000'999}, R"({"seq":1})");
  EXPECT_EQ(signature, "t=1700000000,v1=c5a4439db3ca364c0d536a4da0787d2f51215f8f1b728ba69dd438c7ce22a6a4");
  EXPECT_NE(webhook_signature("hush", WallTime{1'700'000'001'000}, R"({"seq":1})"), signature);
  EXPECT_NE(webhook_signature("hash", WallTime{1'700'000'000'999}, R"({"seq":1})"), signature);
}

TEST(WebhookDelivery, IsTriedAgainWhereThatMayHelp) {
  for (const unsigned status : {200u, 201u, 202u, 204u}) {
    EXPECT_EQ(judge_answer(status), WebhookVerdict::delivered) << status;
  }
  for (const unsigned status : {408u, 425u, 429u, 500u, 502u, 503u, 504u}) {
    EXPECT_EQ(judge_answer(status), WebhookVerdict::retry) << status;
  }
  for (const unsigned status : {301u, 302u, 303u, 307u, 308u, 400u, 401u, 403u, 404u, 410u, 422u}) {
    EXPECT_EQ(judge_answer(status), WebhookVerdict::drop) << status;
  }
  EXPECT_EQ(judge_failure(unavailable("connection refused")), WebhookVerdict::retry);
  EXPECT_EQ(judge_failure({ErrorKind::timeout, "late"}), WebhookVerdict::retry);
  EXPECT_EQ(judge_failure({ErrorKind::refused, "no such address"}), WebhookVerdict::drop);
}

TEST(WebhookDelivery, IsGivenUpWhenTheEventIsADayOld) {
  Event event;
  event.at = WallTime{1'700'000'000'000};
  const auto before = event.at + (limits::webhook_patience - 1ms);
  const auto after = event.at + limits::webhook_patience;
  EXPECT_EQ(judge_age(WebhookVerdict::retry, event, before), WebhookVerdict::retry);
  EXPECT_EQ(judge_age(WebhookVerdict::retry, event, after), WebhookVerdict::drop);
  EXPECT_EQ(judge_age(WebhookVerdict::delivered, event, after), WebhookVerdict::delivered);
}

TEST(WebhookDelivery, WaitsLongerFromTryToTry) {
  std::mt19937_64 random(1);
  auto span = limits::webhook_first_retry;
  for (unsigned failures = 1; failures < 100; ++failures) {
    const auto wait = webhook_wait(failures, random);
    EXPECT_GE(wait, span / 2);
    EXPECT_LE(wait, span);
    span = std::min(span * 2, limits::webhook_longest_retry);
  }
}

}  // namespace
}  // namespace berth
