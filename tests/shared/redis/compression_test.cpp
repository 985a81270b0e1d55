// Output that is stored smaller than it is, and what an entry can't do to its reader.
#include "shared/redis/compression.hpp"

#include "shared/base/limits.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace berth::redis {
namespace {

std::string lines(std::size_t size) {
  std::string text;
  while (text.size() < size) text += "epoch " + std::to_string(text.size()) + ": loss 0.0123\n";
  text.resize(size);
  return text;
}

std::string noise(std::size_t size) {
  std::mt19937 random(7);
  std::string bytes(size, '\0');
  for (auto& byte : bytes) byte = static_cast<char>(random() & 0xff);
  return bytes;
}

TEST(Compression, GivesBackEveryByte) {
  for (const std::size_t size : {std::size_t{256}, std::size_t{5'000}, std::size_t{limits::log_chunk}}) {
    const auto text = lines(size);
    const auto packed = compressed(text);
    ASSERT_TRUE(packed) << size;
    EXPECT_LT(packed->size(), text.size());
    EXPECT_EQ(decompressed(*packed, text.size()), text);
  }
}

TEST(Compression, IsLeftOutWhereItGainsNothing) {
  EXPECT_FALSE(compressed(lines(255)));
  EXPECT_FALSE(compressed(noise(10'000)));
  EXPECT_FALSE(compressed(lines(limits::log_chunk + 1))) << "no piece is as large";
}

TEST(Compression, MakesNoMoreOfAPieceThanItDeclares) {
  const auto packed = compressed(std::string(limits::log_chunk, 'x'));
  ASSERT_TRUE(packed);
  EXPECT_FALSE(decompressed(*packed, 1'000)) << "it would be 64 KiB";
  EXPECT_FALSE(decompressed(*packed, limits::log_chunk - 1));
  EXPECT_FALSE(decompressed(*packed, std::size_t{1} << 40)) << "more than a piece can have";
  EXPECT_FALSE(decompressed(packed->substr(0, packed->size() / 2), limits::log_chunk));
  EXPECT_FALSE(decompressed("no such thing", 100));
}

}  // namespace
}  // namespace berth::redis
