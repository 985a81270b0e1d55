// Situations in which the job fits somewhere, but others are in its way.
#include "tests/scheduler/core/situation.hpp"

namespace berth {
namespace {

using namespace std::chrono_literals;
using ExplainRoom = test::Situation;
using D = JobDefinition;

std::vector<Gpu> gpus(int count) {
  std::vector<Gpu> all;
  for (int i = 0; i < count; ++i) all.push_back({"nvidia/a100", "a" + std::to_string(i), 40_GiB});
  return all;
}

TEST_F(ExplainRoom, cpus_in_use) {
  machine("gpu-2", 4, 4_GiB);
  running(1);
  const auto large = running(3);
  ask_about(2);
  expect(Obstacle::cpu, 1);
  EXPECT_EQ(explain_it().executors[0].missing.cpu, Millicores{2000});
  EXPECT_EQ(first_remedy(), "on gpu-2 once job " + to_string(large) + " has ended");
}

TEST_F(ExplainRoom, memory_in_use) {
  machine("a", 8, 4_GiB);
  running(1, 3_GiB);
  ask_about(1, 2_GiB);
  expect(Obstacle::memory, 1);
  EXPECT_EQ(explain_it().summary, "needs 2GiB of memory: the only executor has less free (most: 1GiB on a)");
  EXPECT_TRUE(has_remedy("on a with memory 1GiB"));
}

TEST_F(ExplainRoom, cpus_and_memory_in_use_on_different_machines) {
  machine("a", 4, 4_GiB);
  running(4, 64_MiB);
  machine("b", 4, 4_GiB);
  running(1, 4_GiB);
  ask_about(1, 2_GiB);
  const auto said = explain_it();
  ASSERT_EQ(said.reasons.size(), 2u);
  expect(Obstacle::cpu, 1);
}

TEST_F(ExplainRoom, only_several_jobs_together_make_room) {
  machine("a", 4, 4_GiB);
  const auto first = running(2);
  const auto second = running(2);
  ask_about(4);
  expect(Obstacle::cpu, 1);
  EXPECT_TRUE(has_remedy("on a once jobs " + to_string(first) + " and " + to_string(second) + " have ended"))
      << first_remedy();
}

TEST_F(ExplainRoom, free_cores_but_on_no_machine_enough) {
  for (const auto* name : {"a", "b", "c", "d"}) {
    machine(name, 4, 4_GiB);
    running(3);
  }
  ask_about(2);
  expect(Obstacle::cpu, 4);
  EXPECT_TRUE(has_remedy("on 4 executors with 1 CPU"));
}

TEST_F(ExplainRoom, one_job_has_what_elsewhere_many_have) {
  const auto on = [](const std::string& name) { return [name](D& d) { d.placement.labels["name"] = name; }; };
  for (int i = 1; i <= 7; ++i) {
    const auto name = "m" + std::to_string(i);
    machine(name, 8, 4_GiB, [&](auto& info) { info.labels["name"] = name; });
    if (i == 7) continue;
    for (int k = 0; k < 7; ++k) running(1, 64_MiB, on(name));
  }
  const auto large = running(8, 64_MiB, on("m7"));
  ask_about(8);
  expect(Obstacle::cpu, 7);
  EXPECT_EQ(first_remedy(), "on m7 once job " + to_string(large) + " has ended")
      << "it is the fullest, and the smallest change";
  EXPECT_TRUE(explain_it().remedies_cut) << "what is larger is left out";
}

TEST_F(ExplainRoom, all_ways_of_a_small_cluster_are_told) {
  machine("a", 2, 4_GiB);
  running(2);
  ask_about(1);
  expect(Obstacle::cpu, 1);
  EXPECT_FALSE(explain_it().remedies_cut);
}

TEST_F(ExplainRoom, a_smaller_job_needs_nobody_to_end) {
  machine("a", 4, 4_GiB);
  machine("b", 4, 4_GiB);
  running(4);
  ask_about(8);
  expect(Obstacle::cpu, 2);
  EXPECT_EQ(first_remedy(), "on b with 4 CPUs");
  const auto said = explain_it();
  for (const auto& remedy : said.remedies)
    EXPECT_EQ(remedy.changes.size(), 1u) << remedy.message << ": with 4 CPUs, it fits on b as it is";
}

TEST_F(ExplainRoom, amounts_of_memory_that_are_nearly_equal) {
  machine("vm", 4, 16343_MiB);
  ask_about(1, 16_GiB);
  EXPECT_EQ(explain_it().summary,
            "needs 16384MiB of memory: the only executor is smaller (at most 16343MiB on vm)");
  EXPECT_EQ(explain_it().executors[0].findings[0].message, "it offers 16343MiB of memory, 16384MiB wanted");
  expect(Obstacle::memory, 1);
  EXPECT_TRUE(has_remedy("on vm with memory 16343MiB"));
}

TEST_F(ExplainRoom, amounts_of_memory_that_differ_by_a_byte) {
  machine("vm", 4, Bytes{(2_GiB).value + 1});
  ask_about(1, Bytes{(2_GiB).value + 2});
  EXPECT_EQ(explain_it().summary,
            "needs 2147483650B of memory: the only executor is smaller (at most 2147483649B on vm)");
  expect(Obstacle::memory, 1);
}

TEST_F(ExplainRoom, memory_that_is_nearly_free) {
  machine("a", 8, 4_GiB);
  running(1, 20_MiB);
  ask_about(1, 4_GiB);
  expect(Obstacle::memory, 1);
  EXPECT_EQ(explain_it().summary,
            "needs 4096MiB of memory: the only executor has less free (most: 4076MiB on a)");
  EXPECT_EQ(explain_it().executors[0].findings[0].message, "4076MiB of 4GiB of memory free, 4096MiB wanted");
}

TEST_F(ExplainRoom, gpus_in_use) {
  machine("a", 8, 8_GiB, [](auto& info) { info.capacity.gpus = gpus(4); });
  const auto holder = running(1, 64_MiB, [](D& d) { d.resources.gpu = GpuRequest{3, {}}; });
  ask_about(1, 64_MiB, [](D& d) { d.resources.gpu = GpuRequest{2, "nvidia/a100"}; });
  expect(Obstacle::gpu, 1);
  EXPECT_TRUE(has_remedy("on a once job " + to_string(holder) + " has ended"));
  EXPECT_TRUE(has_remedy("on a with 1 GPU"));
}

TEST_F(ExplainRoom, the_few_machines_with_a_label_are_full) {
  machine("fast", 2, 4_GiB, [](auto& info) { info.labels["net"] = "fast"; });
  running(2);
  for (const auto* name : {"a", "b", "c"}) machine(name, 8, 8_GiB);
  ask_about(1, 64_MiB, [](D& d) { d.placement.labels["net"] = "fast"; });
  expect(Obstacle::cpu, 1);
  const auto said = explain_it();
  ASSERT_GE(said.reasons.size(), 2u);
  EXPECT_EQ(said.reasons[1].code, Obstacle::labels);
  EXPECT_EQ(said.reasons[1].excludes, 3u);
  EXPECT_TRUE(has_remedy("on 3 executors without label net")) << said.remedies[0].message;
}

TEST_F(ExplainRoom, jobs_of_higher_priority_wait_too) {
  machine("a", 1, 4_GiB);
  running(1);
  const auto urgent = waiting(1, 64_MiB, [](D& d) { d.priority = 90; });
  ask_about(1);
  expect(Obstacle::cpu, 1);
  const auto said = explain_it();
  EXPECT_EQ(said.queue->position, 2u);
  EXPECT_EQ(said.queue->waiting, 2u);
  EXPECT_EQ(said.queue->before, (std::vector<QueuedJob>{{urgent, 90}}));
  EXPECT_GE(said.remedies.front().changes.size(), 2u) << "whoever ends, the urgent one goes first";
  EXPECT_TRUE(has_remedy("on a once jobs 1 and 2 have ended"));
  EXPECT_TRUE(has_remedy("on a with priority 91 and once job 1 has ended"));
}

TEST_F(ExplainRoom, older_jobs_of_the_same_shape_wait_too) {
  machine("a", 2, 4_GiB);
  running(1);
  running(1);
  for (int i = 0; i < 3; ++i) waiting(1);
  ask_about(1);
  expect(Obstacle::cpu, 1);
  EXPECT_EQ(explain_it().queue->position, 4u);
}

TEST_F(ExplainRoom, so_many_wait_that_only_a_priority_helps) {
  machine("a", 1, 4_GiB);
  const auto busy = running(1);
  for (int i = 0; i < 20; ++i) waiting(1);
  ask_about(1);
  expect(Obstacle::cpu, 1);
  EXPECT_EQ(first_remedy(), "on a with priority 51 and once job " + to_string(busy) + " has ended");
  EXPECT_TRUE(explain_it().remedies_cut) << "that all of them end helps, too";
}

TEST_F(ExplainRoom, a_machine_shrank_below_what_runs_there) {
  machine("a", 8, 8_GiB);
  const auto large = running(5);
  running(3);
  machine("a", 4, 8_GiB);
  ask_about(1);
  expect(Obstacle::cpu, 1);
  EXPECT_EQ(explain_it().executors[0].free.cpu, Millicores{0}) << "not less";
  EXPECT_EQ(first_remedy(), "on a once job " + to_string(large) + " has ended");
}

TEST_F(ExplainRoom, a_pass_that_gives_the_room_to_a_job_before_it) {
  machine("a", 2, 4_GiB);
  const auto before = waiting(2);
  subject = waiting(1);  // no pass yet
  expect(Obstacle::turn, 1);
  EXPECT_EQ(explain_it().executors[0].findings[0].code, Obstacle::turn);
  EXPECT_TRUE(has_remedy("on a with priority 51"));
  EXPECT_TRUE(has_remedy("on a once job " + to_string(before) + " has ended"));
}

TEST_F(ExplainRoom, of_those_before_it_only_one_is_in_the_way) {
  machine("a", 4, 4_GiB);
  const auto urgent = waiting(1, 64_MiB, [](D& d) { d.priority = 100; });
  const auto older = waiting(3);
  subject = waiting(3);  // no pass yet
  expect(Obstacle::turn, 1);
  EXPECT_EQ(first_remedy(), "on a once job " + to_string(older) + " has ended")
      << "job " << to_string(urgent) << " may have its place";
  EXPECT_TRUE(has_remedy("on a with priority 51")) << "nothing outranks job " << to_string(urgent);
}

TEST_F(ExplainRoom, it_has_to_outrank_all_that_are_in_the_way) {
  machine("a", 4, 4_GiB);
  waiting(2, 64_MiB, [](D& d) { d.priority = 70; });
  waiting(2, 64_MiB, [](D& d) { d.priority = 60; });
  subject = waiting(4);  // no pass yet
  expect(Obstacle::turn, 1);
  EXPECT_TRUE(has_remedy("on a with priority 71"));
  EXPECT_TRUE(has_remedy("on a once jobs 1 and 2 have ended"));
}

TEST_F(ExplainRoom, a_job_that_runs_ends_rather_than_two_that_go_first) {
  machine("a", 4, 4_GiB);
  const auto large = running(2);
  waiting(1);
  waiting(1);
  subject = waiting(2);  // no pass yet
  expect(Obstacle::turn, 1);
  EXPECT_EQ(first_remedy(), "on a once job " + to_string(large) + " has ended");
}

TEST_F(ExplainRoom, a_machine_that_is_kept_for_a_job_that_waits_longer) {
  machine("a", 4, 4_GiB);
  running(2);
  const auto large = waiting(4);
  time_passes(61s);
  ask_about(1);
  expect(Obstacle::reservation, 1);
  EXPECT_EQ(explain_it().summary, "a is kept for job " + to_string(large) + ", which waits longer");
  EXPECT_EQ(explain_it().queue->reserved_for, large);
  EXPECT_TRUE(has_remedy("on a with priority 51")) << first_remedy();
}

TEST_F(ExplainRoom, a_machine_is_kept_until_another_is_resumed) {
  machine("a", 4, 4_GiB);
  running(2);
  const auto large = waiting(4);
  machine("b", 4, 4_GiB, {}, ExecutorState::draining);
  time_passes(61s);
  ask_about(1);
  expect(Obstacle::reservation, 1);
  EXPECT_TRUE(has_remedy("on a once job " + to_string(large) + " has ended"));
  EXPECT_TRUE(has_remedy("on a once b is resumed")) << "job " << to_string(large) << " goes there";
}

TEST_F(ExplainRoom, the_job_for_which_a_machine_is_kept) {
  machine("a", 4, 4_GiB);
  const auto small = running(2);
  ask_about(4);
  time_passes(61s);
  cluster.pass();
  expect(Obstacle::cpu, 1);
  EXPECT_FALSE(explain_it().queue->reserved_for) << "nobody's before its own turn";
  EXPECT_TRUE(has_remedy("on a once job " + to_string(small) + " has ended"));
}

TEST_F(ExplainRoom, a_kept_machine_that_is_full_besides) {
  machine("a", 4, 4_GiB);
  running(4);
  waiting(4);
  time_passes(61s);
  ask_about(1);
  expect(Obstacle::cpu, 1);
  const auto said = explain_it();
  ASSERT_EQ(said.reasons.size(), 2u);
  EXPECT_EQ(said.reasons[1].code, Obstacle::reservation);
}

TEST_F(ExplainRoom, nothing_but_the_next_pass) {
  machine("a", 4, 4_GiB);
  subject = waiting(1);
  const auto said = explain_it();
  EXPECT_TRUE(said.remedies.empty());
  EXPECT_EQ(said.reasons.front().code, Obstacle::next_pass);
  EXPECT_EQ(said.executors.front().fit, Fit::now);
  cluster.pass();
  EXPECT_EQ(cluster.where(subject), "a");
}

}  // namespace
}  // namespace berth
