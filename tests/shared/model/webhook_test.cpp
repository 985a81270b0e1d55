// What a definition may say of a webhook.
#include "shared/model/webhook.hpp"

#include "shared/codec/json.hpp"
#include "shared/model/event.hpp"
#include "shared/model/job_lifecycle.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth {
namespace {

using ::testing::HasSubstr;

// "ORIGIN PORT TARGET", or what is wrong.
std::string url_in_words(std::string_view text) {
  const auto url = parse_webhook_url(text);
  return url ? url->origin() + ' ' + url->port + ' ' + url->target : url.error().message;
}

TEST(WebhookUrls, AreTakenApart) {
  EXPECT_EQ(url_in_words("https://Example.COM/a/b?c=d"), "https://example.com 443 /a/b?c=d");
  EXPECT_EQ(url_in_words("http://example.com"), "http://example.com 80 /");
  EXPECT_EQ(url_in_words("http://example.com:8080?x"), "http://example.com:8080 8080 /?x");
  EXPECT_EQ(url_in_words("https://192.0.2.7:443/"), "https://192.0.2.7 443 /");
  EXPECT_EQ(url_in_words("http://[2001:db8::7]:81/x"), "http://[2001:db8::7]:81 81 /x");
  EXPECT_EQ(parse_webhook_url("http://[::1]/").value().host, "::1");
}

TEST(WebhookUrls, OfWhichAReceiverAndAResolverCouldThinkDifferentlyAreRefused) {
  EXPECT_THAT(url_in_words("ftp://example.com/"), HasSubstr("begins with neither"));
  EXPECT_THAT(url_in_words("https://"), HasSubstr("host is missing"));
  EXPECT_THAT(url_in_words("https://ana:pw@example.com/"), HasSubstr("no login"));
  EXPECT_THAT(url_in_words("https://example.com/#x"), HasSubstr("'#'"));
  EXPECT_THAT(url_in_words("https://example.com/a b"), HasSubstr("written with %"));
  EXPECT_THAT(url_in_words("https://example.com\r\nX: y/"), HasSubstr("written with %"));
  EXPECT_THAT(url_in_words("https://exa%41mple.com/"), HasSubstr("a host is made of"));
  EXPECT_THAT(url_in_words("http://127.1/"), HasSubstr("four decimal numbers"));
  EXPECT_THAT(url_in_words("http://0x7f.0.0.0x1/"), HasSubstr("four decimal numbers"));
  EXPECT_THAT(url_in_words("http://2130706433/"), HasSubstr("four decimal numbers"));
  EXPECT_THAT(url_in_words("http://example.com:0/"), HasSubstr("a port from 1"));
  EXPECT_THAT(url_in_words("http://example.com:99999/"), HasSubstr("a port from 1"));
  EXPECT_THAT(url_in_words("http://[::1]x/"), HasSubstr("a port from 1"));
  EXPECT_THAT(url_in_words("http://[::1/"), HasSubstr("']' is missing"));
  EXPECT_THAT(url_in_words("http://[example.com]/"), HasSubstr("IPv6"));
  EXPECT_THAT(url_in_words("http://example.com/" + std::string(limits::max_webhook_url, 'x')),
              HasSubstr("longer than"));
}

std::string webhook_complaint(const std::string& webhook) {
  const auto text = R"({"image":"x","webhooks":[)" + webhook + "]}";
  const auto definition = from_json<JobDefinition>(parse_json(text).value());
  return definition ? "" : definition.error().field + ": " + definition.error().message;
}

TEST(WebhookFields, AreChecked) {
  EXPECT_EQ(webhook_complaint(R"({"url":"https://example.com"})"), "");
  EXPECT_EQ(webhook_complaint(
                R"({"url":"https://example.com","on":["*","FAILED","job.started","job.*"],"secret":"x"})"),
            "");
  EXPECT_EQ(webhook_complaint("{}"), "webhooks[0].url: is required");
  EXPECT_THAT(webhook_complaint(R"({"url":"example.com"})"), HasSubstr("webhooks[0].url: must be http://"));
  EXPECT_THAT(webhook_complaint(R"({"url":"https://example.com","uri":1})"),
              HasSubstr("webhooks[0].uri: is unknown; did you mean url?"));
  EXPECT_THAT(webhook_complaint(R"({"url":"https://example.com","on":[]})"),
              HasSubstr("webhooks[0].on: names no event"));
  std::string many = R"({"url":"https://example.com","on":["FAILED")";
  for (std::size_t i = 0; i < limits::max_webhook_filter; ++i) many += R"(,"FAILED")";
  EXPECT_EQ(webhook_complaint(many + "]}"), "webhooks[0].on: must have at most 32 entries");
  EXPECT_THAT(webhook_complaint(R"({"url":"https://example.com","on":["job.startd"]})"),
              HasSubstr("did you mean job.started?"));
  EXPECT_THAT(webhook_complaint(R"({"url":"https://example.com","on":["jobs.*"]})"),
              HasSubstr("webhooks[0].on: must be"));
  EXPECT_THAT(webhook_complaint(R"({"url":"https://example.com","secret":""})"),
              HasSubstr("webhooks[0].secret: must have"));
  std::string nine = R"({"url":"https://example.com"})";
  for (int i = 0; i < 8; ++i) nine += R"(,{"url":"https://example.com"})";
  EXPECT_EQ(webhook_complaint(nine), "webhooks: must have at most 8 entries");
}

TEST(WebhookFields, WithoutAFilterMeanTheEndings) {
  const auto definition =
      from_json<JobDefinition>(
          parse_json(R"({"image":"x","webhooks":[{"url":"https://example.com"}]})").value())
          .value();
  const std::vector<std::string> endings{"SUCCEEDED", "FAILED", "ABORTED"};
  EXPECT_EQ(definition.webhooks.at(0).on, endings);
  EXPECT_EQ(definition.webhooks.at(0).secret, std::nullopt);
}

// A type that the list doesn't have could never be asked for.
TEST(EventTypes, AreAllListed) {
  const std::vector<lifecycle::Event> all{lifecycle::Assigned{"m1"},      lifecycle::Unsatisfiable{"x"},
                                          lifecycle::Satisfiable{},       lifecycle::BackoffElapsed{},
                                          lifecycle::AbortRequested{"x"}, lifecycle::Pulling{"x"},
                                          lifecycle::Starting{},          lifecycle::Started{WallTime{1}},
                                          lifecycle::Stopping{"x"},       lifecycle::Noted{"x"}};
  Job job;
  for (const auto& event : all) {
    const auto type = lifecycle::feed_type(event, job);
    EXPECT_THAT(event_types, ::testing::Contains(std::string_view(type))) << type;
  }
}

}  // namespace
}  // namespace berth
