#include "shared/base/utf8.hpp"

#include <gtest/gtest.h>

#include <string>

namespace berth {
namespace {

TEST(Utf8, KnowsLettersOfEveryLength) {
  for (const auto& [text, code] : std::initializer_list<std::pair<std::string, std::uint32_t>>{
           {"a", 'a'}, {"é", 0xe9}, {"日", 0x65e5}, {"🚢", 0x1f6a2}}) {
    const auto letter = first_letter(text + "x");
    EXPECT_TRUE(letter.valid) << text;
    EXPECT_EQ(letter.code, code) << text;
    EXPECT_EQ(letter.length, text.size()) << text;
  }
}

TEST(Utf8, TakesNothingElse) {
  for (const auto* bytes : {"\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\xaf", "\xe2\x82", "\xed\xa0\x80",
                            "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "ok \xff"}) {
    EXPECT_FALSE(is_utf8(bytes)) << bytes;
  }
  EXPECT_EQ(first_letter("\xe2\x82").length, 1u);
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("naïve 日本語 🚢"));
}

}  // namespace
}  // namespace berth
