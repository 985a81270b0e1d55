// What comes of a pass when something changes after it.
#include "scheduler/core/outlook.hpp"
#include "tests/scheduler/core/cluster.hpp"

#include <type_traits>

namespace berth {
namespace {

class GoingOn : public ::testing::Test {
 protected:
  PlacementPass::Newcomer newcomer(double cores) {
    auto job = cluster.job(cores);
    return {job.id, std::move(job.definition)};
  }

  test::Cluster cluster;
  const Turn the_last{-1, JobId{99}};
};

TEST_F(GoingOn, the_end_of_a_newcomer_gives_its_place_to_the_next) {
  cluster.executor("a", 2, 4_GiB);
  const auto first = newcomer(2);
  const auto second = newcomer(2);
  PlacementPass pass(cluster.view, cluster.rules, {first, second});
  const auto placed = pass.run_until(the_last);
  ASSERT_EQ(placed.size(), 1u);
  EXPECT_EQ(placed[0].job, first.job);
  PlacementPass copy(pass);
  for (auto* later : {&pass, &copy}) {
    const auto next = later->go_on({nullptr, {first.job}}, the_last);
    ASSERT_EQ(next.size(), 1u);
    EXPECT_EQ(next[0].job, second.job);
  }
}

TEST_F(GoingOn, the_end_of_a_newcomer_that_waits_changes_nothing) {
  cluster.executor("a", 2, 4_GiB);
  const auto first = newcomer(2);
  const auto second = newcomer(2);
  PlacementPass pass(cluster.view, cluster.rules, {first, second});
  pass.run_until(the_last);
  EXPECT_TRUE(pass.go_on({nullptr, {second.job}}, the_last).empty());
}

// Job 4 fits best on a until job 3 is on b.
TEST_F(GoingOn, each_turn_finds_what_the_turns_before_it_have_left) {
  cluster.executor("a", 4, 4_GiB);
  cluster.submit(cluster.job(3));
  const auto last_on_a = cluster.submit(cluster.job(1));
  cluster.pass();
  cluster.executor("b", 4, 4_GiB);
  cluster.update("b", ExecutorState::draining);
  cluster.submit(cluster.job(3, 3_GiB));
  const auto small = cluster.submit(cluster.job(1));
  PlacementPass pass(cluster.view, cluster.rules);
  EXPECT_TRUE(pass.run_until(the_last).empty());
  auto resumed = cluster.view.executors().at("b");
  resumed.state = ExecutorState::ready;
  const auto later = pass.go_on({&resumed, {last_on_a}}, the_last);

  cluster.end(last_on_a);
  cluster.update("b");
  const auto anew = place(cluster.view, 1000, cluster.rules).assignments;
  ASSERT_EQ(anew.size(), 2u);
  ASSERT_EQ(later.size(), 2u);
  EXPECT_EQ(anew[1].job, small);
  for (std::size_t i = 0; i < anew.size(); ++i) {
    EXPECT_EQ(later[i].job, anew[i].job);
    EXPECT_EQ(later[i].executor, anew[i].executor);
    EXPECT_EQ(later[i].executor, "b");
  }
}

TEST_F(GoingOn, an_outlook_stays_where_its_pass_is) { EXPECT_FALSE(std::is_copy_constructible_v<Outlook>); }

}  // namespace
}  // namespace berth
