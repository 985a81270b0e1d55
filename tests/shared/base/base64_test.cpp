#include "shared/base/base64.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace berth {
namespace {

// The vectors of RFC 4648 section 10.
TEST(Base64, GoesThereAndBack) {
  for (const auto& [bytes, text] : {std::pair{"", ""},
                                    {"f", "Zg=="},
                                    {"fo", "Zm8="},
                                    {"foo", "Zm9v"},
                                    {"foob", "Zm9vYg=="},
                                    {"foobar", "Zm9vYmFy"}}) {
    EXPECT_EQ(to_base64(bytes), text);
    EXPECT_EQ(from_base64(text), bytes);
  }
  EXPECT_EQ(from_base64("Zg="), std::nullopt);
  EXPECT_EQ(from_base64("not base64!!"), std::nullopt);
}

}  // namespace
}  // namespace berth
