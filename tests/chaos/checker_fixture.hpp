// A healthy history for a test to plant its wrong in.
#pragma once

#include "tests/chaos/checker.hpp"
#include "tests/chaos/story.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <set>

namespace berth::chaos {

inline void PrintTo(Wrong wrong, std::ostream* out) { *out << name_of(wrong).name; }

inline std::set<Wrong> wrongs(const History& history) {
  std::set<Wrong> found;
  for (const auto& finding : check(history).findings) found.insert(finding.wrong);
  return found;
}

class Checker : public testing::Test {
 protected:
  HealthyStory story;
  History& history = story.history;
  const Cast& cast = story.cast;

  void expect_only(Wrong wrong) {
    EXPECT_THAT(wrongs(history), testing::ElementsAre(wrong));
    for (const auto& finding : check(history).findings) EXPECT_FALSE(finding.what.empty());
  }
  Attempt& last_attempt(std::uint64_t job) { return story.job(job).attempts.back(); }
};

}  // namespace berth::chaos
