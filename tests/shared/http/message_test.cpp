#include "shared/http/message.hpp"

#include "shared/http/client.hpp"

#include <gtest/gtest.h>

namespace berth::http {
namespace {

TEST(HttpMessage, HeadersAreFoundWhateverTheirCase) {
  const Headers headers{{"Content-Type", "text/plain"}, {"X-A", "1"}, {"x-a", "2"}};
  EXPECT_EQ(find_header(headers, "content-TYPE"), "text/plain");
  EXPECT_EQ(find_header(headers, "x-a"), "1");
  EXPECT_EQ(find_header(headers, "Content"), std::nullopt);
}

TEST(HttpMessage, ATargetIsTakenApartAndDecoded) {
  const auto target = parse_target("/v1/jobs%2F7?name=a%20b+c&empty=&flag&x=%26%3D&name=second");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/v1/jobs/7");
  EXPECT_EQ(target->parameter("name"), "a b c");
  EXPECT_EQ(target->parameter("empty"), "");
  EXPECT_EQ(target->parameter("flag"), "");
  EXPECT_EQ(target->parameter("x"), "&=");
  EXPECT_EQ(target->parameter("absent"), std::nullopt);
}

TEST(HttpMessage, AnAbsoluteTargetIsReadLikeItsPath) {
  const auto target = parse_target("http://proxy:80/v1/jobs?a=b");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/v1/jobs");
  EXPECT_EQ(target->parameter("a"), "b");
}

TEST(HttpMessage, MalformedTargetsAreNothing) {
  for (const char* bad :
       {"", "*", "jobs", "/%", "/%4", "/%zz", "/a?b=%", "/a#b", "http://host", "http://host?a=/"}) {
    EXPECT_FALSE(parse_target(bad)) << bad;
  }
}

TEST(HttpMessage, EveryByteSurvivesEncodingAndDecoding) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  const auto encoded = encode_component(all);
  EXPECT_EQ(encoded.find_first_not_of("%0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-._~"),
            std::string::npos);
  EXPECT_EQ(decode_component(encoded), all);
  EXPECT_EQ(encode_component("a/b c"), "a%2Fb%20c");
}

TEST(HttpAddress, IsReadAndWrittenAsAPersonWould) {
  for (const char* same :
       {"http://127.0.0.1:3625", "http://host:80", "http://[::1]:3625", "unix:///var/run/docker.sock"}) {
    const auto address = parse_address(same, "1");
    ASSERT_TRUE(address) << same;
    EXPECT_EQ(address->text(), same);
  }
  EXPECT_EQ(parse_address("tcp://host:2375", "1")->text(), "http://host:2375");
  EXPECT_EQ(parse_address("http://host/", "3625")->text(), "http://host:3625");
  EXPECT_EQ(parse_address("http://[::1]", "3625")->port, "3625");
  EXPECT_EQ(parse_address("unix:///a b.sock", "")->socket_path, "/a b.sock");
}

TEST(HttpAddress, ABadOneIsRefusedWithTheReason) {
  for (const char* bad : {"", "host:80", "ftp://host", "https://host", "http://", "http://:80",
                          "http://host:0", "http://host:65536", "http://host:http", "http://host/path",
                          "http://u@host", "http://[::1", "http://[::1]80", "unix://relative"}) {
    const auto address = parse_address(bad, "3625");
    ASSERT_FALSE(address) << bad;
    EXPECT_EQ(address.error().kind, ErrorKind::invalid);
    EXPECT_NE(address.error().message.find("write http://HOST:PORT"), std::string::npos)
        << address.error().message;
  }
}

}  // namespace
}  // namespace berth::http
