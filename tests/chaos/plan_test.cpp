// The plan of a run follows from its seed, and leaves Berth a chance.
#include "tests/chaos/plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace berth::chaos {
namespace {

const Targets targets{{"s1", "s2", "s3"}, {"m1", "m2", "m3", "m4"}};
constexpr Span hour{3600};

std::vector<std::string> all_names() {
  std::vector<std::string> names;
  for (const auto& kind : all_kinds()) names.emplace_back(kind.name);
  return names;
}

std::string text(const std::vector<Strike>& strikes) {
  std::string words;
  for (const auto& strike : strikes) {
    words += std::to_string(strike.at.count()) + ' ' + std::string(strike.kind) + ' ' + strike.target + ' ' +
             std::to_string(strike.lasts.count()) + ' ' + std::to_string(strike.chance) + '\n';
  }
  return words;
}

bool overlap(const Strike& a, const Strike& b) { return a.at < b.at + b.lasts && b.at < a.at + a.lasts; }

TEST(ChaosPlan, TheSameSeedBreaksTheSameThings) {
  EXPECT_EQ(text(plan(7, hour, all_names(), targets)), text(plan(7, hour, all_names(), targets)));
  EXPECT_NE(text(plan(7, hour, all_names(), targets)), text(plan(8, hour, all_names(), targets)));
}

TEST(ChaosPlan, AnHourHasHundredsOfFaultsAndEveryKind) {
  const auto strikes = plan(1, hour, all_names(), targets);
  EXPECT_GE(strikes.size(), 300u);
  std::set<std::string_view> kinds;
  for (const auto& strike : strikes) kinds.insert(strike.kind);
  EXPECT_EQ(kinds.size(), all_kinds().size());
}

TEST(ChaosPlan, EverythingIsHealedInTime) {
  for (const auto& strike : plan(2, Span(180), all_names(), targets))
    EXPECT_LE((strike.at + strike.lasts).count(), 180);
}

TEST(ChaosPlan, SomeFaultsOverlapButNeverOnOneNodeNorOnMostMachines) {
  const auto strikes = plan(3, hour, all_names(), targets);
  bool some_overlap = false;
  for (std::size_t i = 0; i < strikes.size(); ++i) {
    std::set<std::string> broken_machines;
    for (std::size_t j = 0; j <= i; ++j) {
      const auto& earlier = strikes[j];
      if (earlier.at + earlier.lasts <= strikes[i].at && i != j) continue;
      if (earlier.target.starts_with('m')) broken_machines.insert(earlier.target);
      if (i == j) continue;
      some_overlap = true;
      EXPECT_NE(earlier.target, strikes[i].target) << text({earlier, strikes[i]});
    }
    EXPECT_LE(broken_machines.size(), 2u);
  }
  EXPECT_TRUE(some_overlap);
}

TEST(ChaosPlan, AFaultAloneHasACalmOnBothSides) {
  const auto strikes = plan(4, hour, all_names(), targets);
  for (const auto& alone : strikes) {
    if (!alone.is_alone) continue;
    EXPECT_EQ(std::count_if(strikes.begin(), strikes.end(),
                            [&](const Strike& other) { return overlap(alone, other); }),
              alone.lasts > Span{0} ? 1 : 0)
        << text({alone});
  }
}

TEST(ChaosPlan, OnlyTheKindsThatWereAskedForStrike) {
  for (const auto& strike : plan(5, hour, {"redis-kill", "power-cut"}, targets)) {
    EXPECT_TRUE(strike.kind == "redis-kill" || strike.kind == "power-cut") << strike.kind;
    EXPECT_EQ(strike.target == "redis", strike.kind == "redis-kill");
  }
}

}  // namespace
}  // namespace berth::chaos
