#include "shared/base/ip_network.hpp"

#include <gtest/gtest.h>

namespace berth {
namespace {

bool network_holds(std::string_view network, std::string_view address) {
  return parse_ip_network(network).value().contains(parse_ip_address(address).value());
}

TEST(IpNetwork, HoldsTheAddressesThatBeginLikeIt) {
  EXPECT_TRUE(network_holds("10.0.0.0/8", "10.255.1.2"));
  EXPECT_FALSE(network_holds("10.0.0.0/8", "11.0.0.1"));
  EXPECT_TRUE(network_holds("172.16.0.0/12", "172.31.255.255"));
  EXPECT_FALSE(network_holds("172.16.0.0/12", "172.32.0.0"));
  EXPECT_TRUE(network_holds("192.0.2.7", "192.0.2.7"));
  EXPECT_FALSE(network_holds("192.0.2.7", "192.0.2.8"));
  EXPECT_TRUE(network_holds("0.0.0.0/0", "8.8.8.8"));
  EXPECT_FALSE(network_holds("0.0.0.0/0", "2001:4860::1"));
  EXPECT_TRUE(network_holds("fc00::/7", "fdab::1"));
  EXPECT_FALSE(network_holds("fc00::/7", "fe00::1"));
}

TEST(IpNetwork, KnowsAnIpv4AddressInItsMappedForm) {
  EXPECT_EQ(parse_ip_address("::ffff:127.0.0.1"), parse_ip_address("127.0.0.1"));
  EXPECT_TRUE(network_holds("127.0.0.0/8", "::ffff:7f00:1"));
}

TEST(IpNetwork, ReadsNothingElse) {
  for (const auto* text : {"", "10.0.0", "10.1", "0x7f.1", "256.0.0.1", "fe80::1%lo", "example.com",
                           " 10.0.0.1", "[::1]", "10.0.0.0/8"}) {
    EXPECT_FALSE(parse_ip_address(text)) << text;
  }
  for (const auto* text : {"10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "/8", "10.0.0.0/8/8"}) {
    EXPECT_FALSE(parse_ip_network(text)) << text;
  }
}

TEST(IpNetwork, TellsWhatIsPublic) {
  for (const auto* text : {"8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111"}) {
    EXPECT_TRUE(is_public(parse_ip_address(text).value())) << text;
  }
  for (const auto* text : {"127.0.0.1",
                           "127.9.9.9",
                           "10.1.2.3",
                           "172.16.0.1",
                           "192.168.1.1",
                           "169.254.169.254",
                           "100.64.0.1",
                           "0.0.0.0",
                           "224.0.0.1",
                           "255.255.255.255",
                           "192.0.2.1",
                           "198.18.0.1",
                           "::",
                           "::1",
                           "fe80::1",
                           "fd00::1",
                           "ff02::1",
                           "2001:db8::1",
                           "64:ff9b::7f00:1",
                           "2002:7f00:1::",
                           "::ffff:10.0.0.1",
                           "::127.0.0.1",
                           "168.63.129.16"}) {
    EXPECT_FALSE(is_public(parse_ip_address(text).value())) << text;
  }
}

TEST(IpNetwork, KnowsWhereMetadataIsAndWhatIsNoMachine) {
  for (const auto* text : {"169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "fe80::1",
                           "0.0.0.0", "::", "224.0.0.1", "255.255.255.255"}) {
    EXPECT_TRUE(is_treacherous(parse_ip_address(text).value())) << text;
  }
  for (const auto* text : {"10.0.0.1", "127.0.0.1", "::1", "8.8.8.8", "fd12::1"}) {
    EXPECT_FALSE(is_treacherous(parse_ip_address(text).value())) << text;
  }
}

}  // namespace
}  // namespace berth
