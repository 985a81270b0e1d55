// When a job gets a place: as a range where something bounds it, else unknown.
#include "tests/scheduler/core/situation.hpp"

namespace berth {
namespace {

using namespace std::chrono_literals;
using StartEstimates = test::Situation;
using D = JobDefinition;

auto named(const std::string& name) {
  return [name](D& d) { d.name = name; };
}
auto at_most(Milliseconds timeout) {
  return [timeout](D& d) { d.timeout = timeout; };
}

const auto with_image = [](ExecutorInfo& info) { info.runtime.images = {"docker.io/library/x:latest"}; };

TEST_F(StartEstimates, rest_on_timeouts) {
  machine("a", 1, 4_GiB);
  running(1, 64_MiB, at_most(10min));
  time_passes(4min);
  ask_about(1);
  const auto estimate = *explain_it().estimate;
  EXPECT_EQ(estimate.earliest, WallTime{240'000}) << "it may end at any moment";
  EXPECT_EQ(estimate.latest, WallTime{610'000}) << "timeout and stop_grace";
}

TEST_F(StartEstimates, rest_on_history) {
  machine("a", 1, 4_GiB);
  running(1, 64_MiB, named("train"));
  history["train"] = {5min, 8min};
  time_passes(1min);
  ask_about(1);
  const auto estimate = *explain_it().estimate;
  EXPECT_EQ(estimate.earliest, WallTime{300'000});
  EXPECT_EQ(estimate.latest, WallTime{480'000});
}

TEST_F(StartEstimates, count_the_jobs_before_it) {
  machine("a", 1, 4_GiB, with_image);
  running(1, 64_MiB, named("train"));
  waiting(1, 64_MiB, named("train"));
  history["train"] = {5min, 8min};
  ask_about(1);
  const auto estimate = *explain_it().estimate;
  EXPECT_EQ(estimate.earliest, WallTime{600'000});
  EXPECT_EQ(estimate.latest, WallTime{960'000});
}

TEST_F(StartEstimates, count_the_job_that_takes_the_room_in_the_next_pass) {
  machine("a", 1, 4_GiB, with_image);
  waiting(1, 64_MiB, named("train"));
  history["train"] = {5min, 8min};
  subject = waiting(1);
  const auto estimate = *explain_it().estimate;
  EXPECT_EQ(estimate.earliest, WallTime{300'000});
  EXPECT_EQ(estimate.latest, WallTime{480'000});
}

TEST_F(StartEstimates, say_so_where_it_is_further_ahead_than_is_looked) {
  machine("a", 1, 4_GiB);
  running(1, 64_MiB, named("train"));
  history["train"] = {5min, 8min};
  for (int i = 0; i < 5000; ++i) waiting(1, 64_MiB, named("train"));
  ask_about(1);
  const auto estimate = *explain_it().estimate;
  EXPECT_GT(*estimate.earliest, WallTime{3'600'000}) << "not before what was looked at";
  EXPECT_FALSE(estimate.latest);
  EXPECT_EQ(estimate.message, "many jobs go before it, and it is further ahead than is looked");
}

TEST_F(StartEstimates, are_unknown_where_nothing_bounds_what_runs) {
  machine("a", 1, 4_GiB);
  running(1);
  ask_about(1);
  const auto estimate = *explain_it().estimate;
  EXPECT_TRUE(estimate.earliest);
  EXPECT_FALSE(estimate.latest);
}

// An anomaly of list scheduling: the sooner the first of them ends, the later the job gets its place.
TEST_F(StartEstimates, are_told_in_their_order_though_an_early_end_makes_it_later) {
  machine("a", 2, 4_GiB, with_image);
  running(1, 64_MiB, named("short"));
  running(1, 64_MiB, named("even"));
  waiting(2, 64_MiB, named("large"));
  history["short"] = {5s, 10s};
  history["even"] = {5s, 5s};
  history["large"] = {100s, 100s};
  ask_about(1);
  const auto estimate = *explain_it().estimate;
  EXPECT_EQ(estimate.earliest, WallTime{5'000}) << "it goes before the large one, while the short one runs";
  EXPECT_EQ(estimate.latest, WallTime{105'000}) << "both have ended, and the large one goes first";
}

TEST_F(StartEstimates, have_no_latest_where_a_timeout_leads_to_another_attempt) {
  machine("a", 1, 4_GiB);
  running(1, 64_MiB, [](D& d) {
    d.timeout = 10min;
    d.retries.max = 1;
    d.name = "train";
  });
  ask_about(1);
  EXPECT_TRUE(explain_it().estimate->earliest);
  EXPECT_FALSE(explain_it().estimate->latest) << "it has its old turn again, before this one";
  history["train"] = {5min, 8min};
  EXPECT_EQ(explain_it().estimate->latest, WallTime{480'000}) << "others of its name succeeded by then";
}

TEST_F(StartEstimates, count_the_timeout_of_a_last_try) {
  machine("a", 1, 4_GiB);
  const auto busy = running(1, 64_MiB, [](D& d) {
    d.timeout = 10min;
    d.retries.max = 1;
  });
  lifecycle::Outcome failed;
  failed.cause = Cause::exit;
  failed.exit_code = 1;
  cluster.apply(busy, lifecycle::AttemptEnded{failed});
  cluster.apply(busy, lifecycle::BackoffElapsed{});
  cluster.pass();
  cluster.apply(busy, lifecycle::Starting{});
  cluster.apply(busy, lifecycle::Started{cluster.view.now().wall});
  ask_about(1);
  EXPECT_EQ(explain_it().estimate->latest, WallTime{610'000});
}

TEST_F(StartEstimates, have_no_latest_where_a_job_of_an_earlier_turn_is_in_backoff) {
  machine("a", 1, 4_GiB);
  const auto again = running(1, 64_MiB, [](D& d) { d.retries.max = 5; });
  lifecycle::Outcome failed;
  failed.cause = Cause::exit;
  failed.exit_code = 1;
  cluster.apply(again, lifecycle::AttemptEnded{failed});
  running(1, 64_MiB, at_most(10min));
  ask_about(1);
  const auto estimate = *explain_it().estimate;
  EXPECT_TRUE(estimate.earliest);
  EXPECT_FALSE(estimate.latest) << "it will be in the queue again, before this one";
  EXPECT_EQ(estimate.message, "jobs that wait for their next attempt go before it");
}

TEST_F(StartEstimates, have_no_latest_where_an_image_has_to_be_pulled) {
  machine("a", 1, 4_GiB);
  const auto pulling = waiting(1, 64_MiB, at_most(10min));
  cluster.pass();
  cluster.apply(pulling, lifecycle::Pulling{"1 % of 9GiB"});
  ask_about(1);
  EXPECT_TRUE(explain_it().estimate->earliest);
  EXPECT_FALSE(explain_it().estimate->latest) << "its timeout doesn't count yet";
  cluster.apply(pulling, lifecycle::Starting{});
  cluster.apply(pulling, lifecycle::Started{cluster.view.now().wall});
  EXPECT_EQ(explain_it().estimate->latest, WallTime{610'000});
}

TEST_F(StartEstimates, say_on_what_the_end_of_a_backoff_depends) {
  machine("a", 1, 4_GiB);
  subject = running(1, 64_MiB, [](D& d) { d.retries.max = 2; });
  lifecycle::Outcome failed;
  failed.cause = Cause::exit;
  failed.exit_code = 1;
  failed.finished_at = WallTime{5'000};
  cluster.apply(subject, lifecycle::AttemptEnded{failed});
  const auto estimate = *explain_it().estimate;
  EXPECT_EQ(estimate.earliest, estimate.latest);
  EXPECT_EQ(estimate.message, "if there is still room then");
}

TEST_F(StartEstimates, are_unknown_where_no_end_helps) {
  machine("a", 1, 4_GiB, {}, ExecutorState::draining);
  ask_about(1);
  const auto estimate = *explain_it().estimate;
  EXPECT_FALSE(estimate.earliest);
  EXPECT_FALSE(estimate.latest);
}

TEST_F(StartEstimates, know_the_names_whose_history_matters) {
  machine("a", 2, 4_GiB);
  running(1, 64_MiB, named("train"));
  running(1, 64_MiB, named("eval"));
  ask_about(1);
  const auto job = *cluster.view.find(subject);
  const Inquiry inquiry{cluster.view, cluster.rules, job, {}};
  EXPECT_EQ(names_in_the_way(inquiry, 10), (std::vector<std::string>{"eval", "train"}));
  EXPECT_EQ(names_in_the_way(inquiry, 1).size(), 1u);
}

TEST_F(StartEstimates, ask_first_for_the_history_of_what_is_nearest) {
  machine("a", 8, 4_GiB);
  running(8, 64_MiB, named("large"));
  machine("b", 3, 4_GiB);
  running(1, 64_MiB, named("small"));
  waiting(1, 64_MiB, named("next"));
  subject = waiting(2);  // no pass yet: the one before it goes to b
  const auto job = *cluster.view.find(subject);
  const Inquiry inquiry{cluster.view, cluster.rules, job, {}};
  EXPECT_EQ(names_in_the_way(inquiry, 1), std::vector<std::string>{"small"}) << "b is nearer than a";
  EXPECT_EQ(names_in_the_way(inquiry, 10), (std::vector<std::string>{"large", "next", "small"}))
      << "and of the one before it";
}

}  // namespace
}  // namespace berth
