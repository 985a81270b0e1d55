// Many short lives of a whole Berth on which everything breaks. One that goes wrong is played again with
// fewer faults, and what is printed is the shortest history that still goes wrong.
//
//     ./dev fuzz --seeds 10000 [--first 1]
#include "shared/base/guards.hpp"
#include "tests/simulation/world.hpp"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <iostream>

namespace berth::test {
namespace {

constexpr std::size_t wrongs_shown = 20;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::stoull(value);
}

std::string story_of(const Scenario& scenario, const Verdict& verdict) {
  std::string text = "seed " + std::to_string(scenario.seed) + " with " + std::to_string(scenario.jobs) +
                     " jobs and these faults:\n";
  for (const auto& fault : verdict.history) text += "  " + fault + "\n";
  for (std::size_t i = 0; i < std::min(verdict.wrongs.size(), wrongs_shown); ++i)
    text += "  WRONG: " + verdict.wrongs[i] + "\n";
  return text;
}

TEST(Simulation, NothingIsLostAndNothingRunsTwiceWhateverBreaks) {
  spdlog::set_level(spdlog::level::off);
  std::map<std::string, std::size_t> counts;
  const auto first = from_environment("BERTH_FIRST_SEED", 1);
  const auto seeds = from_environment("BERTH_SEEDS", 20);
  for (auto seed = first; seed < first + seeds; ++seed) {
    const auto verdict = play({.seed = seed});
    for (const auto& [what, count] : verdict.counts) counts[what] += count;
    if (verdict.wrongs.empty()) continue;
    const auto least = shortest({.seed = seed});
    if (std::getenv("BERTH_TRACE") != nullptr) spdlog::set_level(spdlog::level::debug);
    ADD_FAILURE() << story_of(least, play(least));
  }
  std::cout << seeds << " seeds from " << first << " on:\n";
  for (const auto& [what, count] : counts) std::cout << "  " << count << "  " << what << "\n";
}

TEST(Simulation, TheSameSeedDoesTheSameAgain) {
  spdlog::set_level(spdlog::level::off);
  const auto once = play({.seed = 7});
  const auto again = play({.seed = 7});
  EXPECT_EQ(once.counts, again.counts);
  EXPECT_EQ(once.history, again.history);
}

TEST(Simulation, AFaultThatIsLeftOutChangesNoOther) {
  spdlog::set_level(spdlog::level::off);
  const auto all = play({.seed = 7, .jobs = 20});
  const auto without = play({.seed = 7, .jobs = 20, .left_out = {0}});
  EXPECT_EQ(all.faults, without.faults);
}

// A checker that can't turn red proves nothing: without any one of the guards some seed goes wrong, and in
// the way that this guard prevents.
struct Control {
  Guard guard;
  const char* wrong;
};

class WithoutGuard : public testing::TestWithParam<Control> {
 protected:
  void SetUp() override {
    spdlog::set_level(spdlog::level::off);
    switch_guard(GetParam().guard, false);
    if (is_on(GetParam().guard)) GTEST_SKIP() << "this build has no switch for it (BERTH_GUARDS)";
  }
  void TearDown() override { switch_guard(GetParam().guard, true); }
};

TEST_P(WithoutGuard, SomeSeedGoesWrong) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const auto verdict = play({.seed = seed});
    for (const auto& wrong : verdict.wrongs) {
      if (!wrong.starts_with(GetParam().wrong)) continue;
      std::cout << "seed " << seed << ": " << wrong << "\n";
      return;
    }
  }
  FAIL() << "200 seeds without it, and nobody noticed";
}

INSTANTIATE_TEST_SUITE_P(
    Simulation, WithoutGuard,
    testing::Values(Control{Guard::lease, "overlap"}, Control{Guard::epoch, "over capacity"},
                    Control{Guard::beat, "overlap"}, Control{Guard::exit_record, "phantom success"},
                    Control{Guard::removal, "leaked"}, Control{Guard::idempotency, "submitted twice"}),
    [](const auto& info) { return std::string(guard_names[static_cast<std::size_t>(info.param.guard)]); });

}  // namespace
}  // namespace berth::test
