// Situations in which machines or people keep the job: drains, runtimes, lost machines, sick GPUs, no leader.
#include "tests/scheduler/core/situation.hpp"

namespace berth {
namespace {

using namespace std::chrono_literals;
using ExplainMachines = test::Situation;
using D = JobDefinition;

constexpr auto dead_docker = [](ExecutorInfo& info) {
  info.runtime.name = "docker";
  info.runtime.healthy = false;
  info.runtime.message = "can't reach /var/run/docker.sock";
};
constexpr auto full_disk = [](ExecutorInfo& info) {
  info.runtime.name = "docker";
  info.runtime.healthy = false;
  info.runtime.message = "its disk is full";
};

TEST_F(ExplainMachines, the_only_machine_is_drained) {
  machine("exec3", 4, 4_GiB, {}, ExecutorState::draining);
  ask_about(1);
  expect(Obstacle::draining, 1);
  EXPECT_EQ(first_remedy(), "on exec3 once exec3 is resumed");
}

TEST_F(ExplainMachines, drained_and_empty) {
  machine("exec3", 4, 4_GiB, {}, ExecutorState::drained);
  ask_about(1);
  expect(Obstacle::draining, 1);
}

TEST_F(ExplainMachines, one_is_drained_and_the_others_are_busy) {
  machine("a", 2, 4_GiB);
  const auto busy = running(2);
  machine("b", 2, 4_GiB, {}, ExecutorState::draining);
  ask_about(1);
  expect(Obstacle::cpu, 1);
  EXPECT_EQ(explain_it().reasons[1].code, Obstacle::draining);
  EXPECT_TRUE(has_remedy("on a once job " + to_string(busy) + " has ended"));
  EXPECT_TRUE(has_remedy("on b once b is resumed"));
}

TEST_F(ExplainMachines, the_only_one_that_fits_is_drained) {
  machine("small", 1, 1_GiB);
  machine("large", 16, 64_GiB, {}, ExecutorState::draining);
  ask_about(8, 32_GiB);
  expect(Obstacle::draining, 1);
  EXPECT_EQ(first_remedy(), "on large once large is resumed");
}

TEST_F(ExplainMachines, docker_is_dead) {
  machine("a", 4, 4_GiB, dead_docker);
  ask_about(1);
  expect(Obstacle::runtime, 1);
  EXPECT_EQ(explain_it().executors[0].findings[0].message,
            "its docker takes no containers: can't reach /var/run/docker.sock");
}

TEST_F(ExplainMachines, docker_is_dead_where_it_would_fit) {
  machine("a", 16, 64_GiB, dead_docker);
  machine("b", 1, 1_GiB);
  ask_about(8);
  expect(Obstacle::runtime, 1);
}

TEST_F(ExplainMachines, a_disk_is_full) {
  machine("a", 4, 4_GiB, full_disk);
  ask_about(1);
  expect(Obstacle::runtime, 1);
}

TEST_F(ExplainMachines, the_machine_is_lost) {
  machine("a", 4, 4_GiB, {}, ExecutorState::lost);
  ask_about(1);
  expect(Obstacle::lost, 1);
  EXPECT_EQ(first_remedy(), "on a once a is heard again");
}

TEST_F(ExplainMachines, all_machines_are_lost) {
  for (const auto* name : {"a", "b", "c", "d"}) machine(name, 4, 4_GiB, {}, ExecutorState::lost);
  ask_about(1);
  expect(Obstacle::lost, 4);
  EXPECT_EQ(explain_it().summary, "all 4 executors aren't heard (a, b, c and 1 more)");
}

TEST_F(ExplainMachines, the_one_in_its_region_is_lost) {
  machine(
      "a", 4, 4_GiB, [](auto& info) { info.region = "us"; }, ExecutorState::lost);
  machine("b", 4, 4_GiB, [](auto& info) { info.region = "eu"; });
  ask_about(1, 64_MiB, [](D& d) { d.placement.regions = {"us"}; });
  expect(Obstacle::lost, 1);
  EXPECT_TRUE(has_remedy("on b in region eu"));
}

TEST_F(ExplainMachines, lost_while_a_job_of_it_is_still_recorded_there) {
  machine("a", 2, 4_GiB);
  running(2);
  machine("a", 2, 4_GiB, {}, ExecutorState::lost);
  ask_about(1);
  expect(Obstacle::lost, 1);
}

TEST_F(ExplainMachines, a_gpu_is_out_of_order) {
  machine("a", 4, 4_GiB, [](auto& info) {
    info.capacity.gpus = {{"nvidia/a100", "g0", 40_GiB}, {"nvidia/a100", "g1", 40_GiB}};
    info.runtime.unhealthy_gpus = {{"g1", "fell off the bus"}};
  });
  ask_about(1, 64_MiB, [](D& d) { d.resources.gpu = GpuRequest{2, {}}; });
  expect(Obstacle::gpu_health, 1);
  EXPECT_TRUE(has_remedy("on a once GPU g1 of a has recovered"));
  EXPECT_TRUE(has_remedy("on a with 1 GPU"));
}

TEST_F(ExplainMachines, a_gpu_is_out_of_order_and_the_cpus_are_in_use) {
  machine("a", 2, 4_GiB, [](auto& info) {
    info.capacity.gpus = {{"nvidia/a100", "g0", 40_GiB}, {"nvidia/a100", "g1", 40_GiB}};
    info.runtime.unhealthy_gpus = {{"g1", "fell off the bus"}};
  });
  const auto busy = running(2);
  ask_about(1, 64_MiB, [](D& d) { d.resources.gpu = GpuRequest{2, {}}; });
  expect(Obstacle::gpu_health, 1);
  EXPECT_TRUE(
      has_remedy("on a once GPU g1 of a has recovered and once job " + to_string(busy) + " has ended"));
}

TEST_F(ExplainMachines, nobody_leads) {
  machine("a", 4, 4_GiB);
  has_leader = false;
  subject = waiting(1);
  expect(Obstacle::no_leader, 0);
  EXPECT_EQ(first_remedy(), "on a once a scheduler leads");
}

TEST_F(ExplainMachines, nobody_leads_and_there_is_no_room_either) {
  machine("a", 1, 4_GiB);
  const auto busy = running(1);
  has_leader = false;
  subject = waiting(1);
  expect(Obstacle::no_leader, 0);
  EXPECT_EQ(explain_it().reasons[1].code, Obstacle::cpu);
  EXPECT_EQ(first_remedy(), "on a once job " + to_string(busy) + " has ended and once a scheduler leads");
}

TEST_F(ExplainMachines, it_waits_before_its_next_attempt) {
  machine("a", 4, 4_GiB);
  subject = running(1, 64_MiB, [](D& d) { d.retries.max = 2; });
  lifecycle::Outcome failed;
  failed.cause = Cause::exit;
  failed.exit_code = 1;
  failed.finished_at = WallTime{5'000};
  cluster.apply(subject, lifecycle::AttemptEnded{failed});
  expect(Obstacle::backoff, 0);
  EXPECT_EQ(explain_it().estimate->earliest, WallTime{6'000});
}

// As the store hands out what it can't read: the definition is none.
TEST_F(ExplainMachines, its_record_cannot_be_read) {
  machine("a", 4, 4_GiB);
  auto job = cluster.job(1);
  job.definition = {};
  job.reason = Reason::held;
  job.message = "its record can't be read: definition: no such field";
  subject = cluster.submit(std::move(job));
  const auto said = explain_it();
  ASSERT_EQ(said.reasons.size(), 1u);
  EXPECT_EQ(said.reasons[0].code, Obstacle::held);
  EXPECT_EQ(said.summary,
            "its record can't be read: definition: no such field; it is never placed: abort it, or let the "
            "version of Berth that wrote it read it");
  EXPECT_TRUE(said.remedies.empty()) << "nothing that happens to the cluster helps";
  EXPECT_FALSE(said.estimate);
  EXPECT_FALSE(said.queue);
  EXPECT_TRUE(said.executors.empty());
  cluster.pass();
  EXPECT_FALSE(cluster.is_placed(subject));
}

TEST_F(ExplainMachines, the_only_idle_one_of_many_is_drained) {
  for (int i = 1; i <= 8; ++i) {
    machine("exec" + std::to_string(i), 2, 4_GiB);
    running(2);
  }
  machine("exec9", 2, 4_GiB, {}, ExecutorState::draining);
  ask_about(2);
  expect(Obstacle::cpu, 8);
  EXPECT_TRUE(has_remedy("on exec9 once exec9 is resumed")) << "though eight are nearer";
  EXPECT_TRUE(explain_it().remedies_cut) << "and not all of them are told";
}

}  // namespace
}  // namespace berth
