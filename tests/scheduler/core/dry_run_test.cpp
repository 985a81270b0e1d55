// What a submit would meet that is only tried.
#include "scheduler/core/dry_run.hpp"

#include "tests/scheduler/core/situation.hpp"

#include <utility>

namespace berth {
namespace {

using DryRuns = test::Situation;
using D = JobDefinition;

D definition(double cores, const std::string& image = "x") {
  D result;
  result.image = image;
  result.resources.cpu = Millicores{static_cast<std::int64_t>(cores * 1000)};
  result.resources.memory = 64_MiB;
  return result;
}

TEST_F(DryRuns, tell_place_and_image_and_change_nothing) {
  machine("bare", 4, 4_GiB);
  machine("equipped", 4, 4_GiB, [](auto& info) { info.runtime.images = {"docker.io/library/x:latest"}; });
  const auto here = dry_run(cluster.view, {}, {definition(1)}, {}, true);
  EXPECT_EQ(here.placed, 1u);
  EXPECT_EQ(here.places[0].executor, "equipped");
  EXPECT_NE(here.places[0].why.find("the image"), std::string::npos) << here.places[0].why;
  EXPECT_EQ(here.pull_bytes, Bytes{0});
  const auto elsewhere = dry_run(cluster.view, {}, {definition(1, "y")}, {}, true);
  EXPECT_FALSE(elsewhere.pull_bytes) << elsewhere.pull;
  EXPECT_FALSE(elsewhere.places[0].image_there);
  EXPECT_EQ(cluster.view.queue().size(), 0u);
}

TEST_F(DryRuns, tell_how_much_is_pulled_where_another_executor_knows) {
  const auto has_x = [](auto& info) {
    info.runtime.images = {"docker.io/library/w:latest", "docker.io/library/x:latest"};
    info.runtime.image_sizes = {1_MiB, 30_MiB};
  };
  machine("small", 1, 1_GiB, has_x);
  machine("bare", 4, 4_GiB);
  machine("bare-too", 4, 4_GiB);
  const auto one = dry_run(cluster.view, {}, {definition(2)}, {}, true);
  EXPECT_EQ(one.pull_bytes, 30_MiB);
  EXPECT_EQ(one.pull,
            "x by " + *one.places[0].executor + ": 30MiB when unpacked, as other executors have it");
  const auto many = dry_run(cluster.view, {}, {definition(3), definition(3), definition(1)}, {}, true);
  EXPECT_EQ(many.placed, 3u);
  EXPECT_EQ(many.pull_bytes, 60_MiB) << "once each, and not where it is: " << many.pull;
  const auto unknown = dry_run(cluster.view, {}, {definition(3), definition(3, "y")}, {}, true);
  EXPECT_FALSE(unknown.pull_bytes);
  EXPECT_NE(unknown.pull.find("unknown: no executor tells the size of y"), std::string::npos) << unknown.pull;
}

TEST_F(DryRuns, go_behind_those_that_wait) {
  machine("a", 2, 4_GiB);
  waiting(2);
  const auto result = dry_run(cluster.view, {}, {definition(1)}, {}, true);
  EXPECT_EQ(result.waiting, 1u);
  EXPECT_EQ(result.explanation->reasons[0].code, Obstacle::turn);
  EXPECT_EQ(result.explanation->queue->position, 2u);
  EXPECT_FALSE(result.explanation->job);
}

TEST_F(DryRuns, let_the_jobs_of_one_submit_compete) {
  machine("a", 2, 4_GiB);
  const auto result = dry_run(cluster.view, {}, {definition(1), definition(1), definition(1)}, {}, true);
  EXPECT_EQ(result.placed, 2u);
  EXPECT_EQ(result.waiting, 1u);
  EXPECT_FALSE(result.places[2].executor);
  const auto& said = *result.explanation;
  EXPECT_EQ(said.reasons.at(0).code, Obstacle::turn);
  EXPECT_EQ(said.summary, said.reasons[0].message);
  EXPECT_EQ(result.places[2].why, said.summary);
  EXPECT_EQ(said.queue->position, 3u) << "behind the two that came with it";
  EXPECT_EQ(said.queue->waiting, 3u);
  EXPECT_FALSE(said.estimate->earliest);
  EXPECT_FALSE(said.estimate->latest);
  EXPECT_EQ(said.estimate->message, "it goes behind jobs of the same submit");
  ASSERT_EQ(said.executors.size(), 1u);
  EXPECT_EQ(said.executors[0].free.cpu, Millicores{0}) << "the two have it";
  EXPECT_EQ(said.executors[0].findings.at(0).code, Obstacle::turn);
  EXPECT_TRUE(said.remedies.empty());
  EXPECT_TRUE(said.remedies_cut) << "none was looked for";
}

TEST_F(DryRuns, tell_what_would_help_the_first_of_a_submit) {
  machine("a", 2, 4_GiB);
  const auto busy = running(2);
  const auto result = dry_run(cluster.view, {}, {definition(1), definition(1)}, {}, true);
  EXPECT_EQ(result.waiting, 2u);
  const auto& said = *result.explanation;
  EXPECT_EQ(said.queue->position, 1u);
  EXPECT_EQ(said.queue->waiting, 2u);
  EXPECT_EQ(said.remedies.at(0).message, "on a once job " + to_string(busy) + " has ended");
}

TEST_F(DryRuns, say_of_several_that_fit_what_they_say_of_one) {
  machine("a", 2, 4_GiB);
  const auto one = dry_run(cluster.view, {}, {definition(1)}, {}, true);
  const auto two = dry_run(cluster.view, {}, {definition(1), definition(1)}, {}, true);
  EXPECT_EQ(one.explanation->reasons.at(0).code, Obstacle::next_pass);
  EXPECT_EQ(two.explanation->reasons, one.explanation->reasons);
  EXPECT_EQ(two.explanation->estimate, one.explanation->estimate);
}

TEST_F(DryRuns, tell_of_every_job_what_it_would_wait_for) {
  machine("a", 4, 4_GiB);
  running(3);
  auto elsewhere = definition(1);
  elsewhere.placement.regions = {"us"};
  const auto result = dry_run(cluster.view, {},
                              {definition(1), definition(2), elsewhere, definition(2), elsewhere}, {}, true);
  EXPECT_EQ(result.placed, 1u);
  EXPECT_EQ(result.places[0].executor, "a");
  EXPECT_EQ(result.places[1].why, "needs 2 CPUs: the only executor has fewer free (most: 0 on a)");
  EXPECT_EQ(result.places[1].why, result.explanation->summary);
  EXPECT_EQ(result.places[2].why, "wants region us: the only executor is elsewhere");
  EXPECT_EQ(result.places[3].why, result.places[1].why);
  EXPECT_EQ(result.places[4].why, result.places[2].why);
}

TEST_F(DryRuns, tell_so_many_shapes_apart) {
  machine("a", 1, 4_GiB);
  std::vector<D> definitions;
  for (int i = 2; i < 30; ++i) definitions.push_back(definition(i));
  const auto result = dry_run(cluster.view, {}, std::move(definitions), {}, true);
  EXPECT_EQ(result.places.front().why, "needs 2 CPUs: the only executor is smaller (at most 1 on a)");
  EXPECT_EQ(result.places.back().why, "no executor has room for it when its turn comes");
}

TEST_F(DryRuns, place_nothing_without_a_leader) {
  machine("a", 2, 4_GiB);
  const auto result = dry_run(cluster.view, {}, {definition(1)}, {}, false);
  EXPECT_EQ(result.placed, 0u);
  EXPECT_EQ(result.explanation->reasons.at(0).code, Obstacle::no_leader);
}

}  // namespace
}  // namespace berth
