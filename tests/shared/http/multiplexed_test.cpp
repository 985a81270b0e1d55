#include "shared/http/multiplexed.hpp"

#include <gtest/gtest.h>

#include <map>

namespace berth::http {
namespace {

std::string frame(std::uint8_t stream, std::string_view payload) {
  return encode_frame_header(stream, static_cast<std::uint32_t>(payload.size())) + std::string(payload);
}

// Feeds one part after the other and collects what comes out by stream.
class Collected {
 public:
  Result<> feed(std::string_view part) {
    while (true) {
      const auto piece = demultiplexer_.next(part);
      if (!piece) return piece.error();
      if (!*piece) return {};
      EXPECT_FALSE((*piece)->bytes.empty());
      bytes[(*piece)->stream] += (*piece)->bytes;
    }
  }
  bool at_boundary() const { return demultiplexer_.at_boundary(); }

  std::map<int, std::string> bytes;

 private:
  Demultiplexer demultiplexer_;
};

TEST(Multiplexed, AHeaderIsStreamNumberZerosAndBigEndianLength) {
  EXPECT_EQ(encode_frame_header(stderr_stream, 0x01020304), std::string("\x02\0\0\0\x01\x02\x03\x04", 8));
}

TEST(Multiplexed, ComesApartTheSameHoweverItWasCut) {
  const std::string binary("\0\xff\x01\0\0\0\0\n", 8);
  const auto whole = frame(stdout_stream, "hello ") + frame(stderr_stream, binary) +
                     frame(stdout_stream, "") + frame(stdout_stream, "world");
  for (std::size_t first = 0; first <= whole.size(); ++first) {
    for (std::size_t second = first; second <= whole.size(); ++second) {
      Collected collected;
      ASSERT_TRUE(collected.feed(std::string_view(whole).substr(0, first)));
      ASSERT_TRUE(collected.feed(std::string_view(whole).substr(first, second - first)));
      ASSERT_TRUE(collected.feed(std::string_view(whole).substr(second)));
      ASSERT_EQ(collected.bytes[stdout_stream], "hello world") << "cut at " << first << " and " << second;
      ASSERT_EQ(collected.bytes[stderr_stream], binary) << "cut at " << first << " and " << second;
      ASSERT_TRUE(collected.at_boundary());
    }
  }
}

TEST(Multiplexed, HandsAPayloadOnBeforeItsEndHasCome) {
  Collected collected;
  ASSERT_TRUE(collected.feed(encode_frame_header(stdout_stream, 0xffffffff) + "a gigabyte line begins"));
  EXPECT_EQ(collected.bytes[stdout_stream], "a gigabyte line begins");
  EXPECT_FALSE(collected.at_boundary());
}

TEST(Multiplexed, KnowsThatItWasCutOffInsideAHeader) {
  const auto whole = frame(stdout_stream, "x");
  Collected collected;
  ASSERT_TRUE(collected.feed(whole + whole.substr(0, 3)));
  EXPECT_EQ(collected.bytes[stdout_stream], "x");
  EXPECT_FALSE(collected.at_boundary());
}

TEST(Multiplexed, RefusesWhatIsNotSuchAStream) {
  Collected raw;
  EXPECT_EQ(raw.feed("plain output of a terminal").error().kind, ErrorKind::internal);
  Collected bad_stream;
  EXPECT_FALSE(bad_stream.feed(frame(4, "x")));
  Collected bad_padding;
  EXPECT_FALSE(bad_padding.feed(std::string("\x01\0\x01\0\0\0\0\x01x", 9)));
}

}  // namespace
}  // namespace berth::http
