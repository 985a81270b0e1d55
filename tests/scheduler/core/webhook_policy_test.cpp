// Where webhooks may go.
#include "scheduler/core/webhook_policy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth {
namespace {

using ::testing::HasSubstr;

WebhookPolicy operators_list(const std::vector<std::string>& entries) {
  return WebhookPolicy::parse(entries).value();
}

TEST(WebhookPolicies, AllowPublicAddressesAndNoOthersByDefault) {
  const WebhookPolicy by_default;
  EXPECT_TRUE(by_default.allows("example.com", "8.8.8.8"));
  EXPECT_TRUE(by_default.allows("example.com", "2606:4700::1111"));
  for (const auto* inside : {"127.0.0.1", "10.0.0.1", "192.168.0.1", "169.254.169.254", "::1", "fe80::1",
                             "::ffff:127.0.0.1", "fe80::1%eth0", "", "no address"}) {
    EXPECT_FALSE(by_default.allows("example.com", inside)) << inside;
  }
}

TEST(WebhookPolicies, AListOfTheOperatorIsAllThatIsAllowed) {
  const auto listed = operators_list({"10.1.0.0/16", "CI.example.com", "*.corp.example"});
  EXPECT_TRUE(listed.allows("anything", "10.1.2.3"));
  EXPECT_FALSE(listed.allows("anything", "10.2.0.1"));
  EXPECT_FALSE(listed.allows("anything", "8.8.8.8"));
  EXPECT_TRUE(listed.allows("ci.example.com", "192.168.0.7"));
  EXPECT_TRUE(listed.allows("CI.Example.com.", "8.8.8.8"));
  EXPECT_TRUE(listed.allows("a.b.corp.example", "127.0.0.1"));
  EXPECT_FALSE(listed.allows("corp.example", "8.8.8.8"));
  EXPECT_FALSE(listed.allows("evilcorp.example", "8.8.8.8"));
  EXPECT_TRUE(operators_list({"public", "10.0.0.0/8"}).allows("x", "8.8.8.8"));
}

// Whoever may change a name's address must not reach a cloud's metadata by it.
TEST(WebhookPolicies, ATrustedNameDoesNotReachMetadata) {
  const auto listed = operators_list({"ci.example.com"});
  EXPECT_FALSE(listed.allows("ci.example.com", "169.254.169.254"));
  EXPECT_FALSE(listed.allows("ci.example.com", "fd00:ec2::254"));
  EXPECT_TRUE(operators_list({"169.254.169.254"}).allows("x", "169.254.169.254")) << "unless it is meant";
}

TEST(WebhookPolicies, SayAtOnceWhatCanNeverBeAllowed) {
  const WebhookPolicy by_default;
  EXPECT_EQ(by_default.check_host("example.com"), std::nullopt);
  EXPECT_EQ(by_default.check_host("8.8.8.8"), std::nullopt);
  EXPECT_THAT(by_default.check_host("10.0.0.1").value(),
              HasSubstr("goes to 10.0.0.1, which is no public address"));
  EXPECT_THAT(by_default.check_host("::1").value(), HasSubstr("--webhook-allow"));
  EXPECT_THAT(by_default.check_host("localhost").value(), HasSubstr("the scheduler's own machine"));
  const auto names = operators_list({"*.example.com"});
  EXPECT_EQ(names.check_host("ci.example.com"), std::nullopt);
  EXPECT_THAT(names.check_host("example.org").value(), HasSubstr("the operator doesn't allow"));
  EXPECT_THAT(names.check_host("8.8.8.8").value(), HasSubstr("the operator doesn't allow"));
  const auto networks = operators_list({"127.0.0.0/8"});
  EXPECT_EQ(networks.check_host("localhost"), std::nullopt);
  EXPECT_EQ(networks.check_host("example.org"), std::nullopt) << "it may stand for one of these";
}

TEST(WebhookPolicies, WhatTheOperatorNamesHimselfIsAllowed) {
  const WebhookPolicy by_default;
  EXPECT_TRUE(by_default.with_host("127.0.0.1").allows("127.0.0.1", "127.0.0.1"));
  EXPECT_TRUE(by_default.with_host("ci.local").allows("ci.local", "192.168.0.1"));
  EXPECT_FALSE(by_default.with_host("ci.local").allows("other", "192.168.0.1"));
}

TEST(WebhookPolicies, OfWhatIsNeitherNetworkNorNameSaySo) {
  for (const auto* entry : {"10.0.0.0/99", "http://x", "*", "a b", "", "*.*.x"}) {
    const auto parsed = WebhookPolicy::parse({entry});
    ASSERT_FALSE(parsed) << entry;
    EXPECT_THAT(parsed.error().message, HasSubstr("must be \"public\"")) << entry;
  }
}

}  // namespace
}  // namespace berth
