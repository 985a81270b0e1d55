// Situations in which no executor, or not the right one, could ever run the job.
#include "tests/scheduler/core/situation.hpp"

namespace berth {
namespace {

using ExplainConstraints = test::Situation;
using D = JobDefinition;

std::vector<Gpu> gpus(const std::string& type, int count) {
  std::vector<Gpu> all;
  for (int i = 0; i < count; ++i) all.push_back({type, type + std::to_string(i), 16_GiB});
  return all;
}

TEST_F(ExplainConstraints, no_executor_has_registered) {
  ask_about(2, 1_GiB);
  expect(Obstacle::no_executor, 0);
  EXPECT_EQ(first_remedy(), "once an executor joins with 2 CPUs, 1GiB of memory");
}

TEST_F(ExplainConstraints, no_executor_has_registered_and_others_wait_for_one_too) {
  waiting(4, 1_GiB);
  waiting(1, 1_GiB, [](D& d) { d.placement.regions = {"us"}; });
  ask_about(2, 1_GiB);
  expect(Obstacle::no_executor, 0);
  EXPECT_EQ(first_remedy(), "once an executor joins with 6 CPUs, 2GiB of memory") << "that of job 1, too";
}

TEST_F(ExplainConstraints, no_executor_has_registered_and_the_job_is_of_an_odd_size) {
  ask_about(2, Bytes{(1990_MiB).value + 1}, [](D& d) {
    d.resources.gpu = GpuRequest{2, "nvidia/l4"};
    d.placement.regions = {"eu"};
    d.placement.datacenters = {"dc1"};
    d.placement.labels["disk"] = "ssd";
    d.volumes = {{"/data/in", "/in", true}};
  });
  expect(Obstacle::no_executor, 0);
  EXPECT_EQ(
      first_remedy(),
      "once an executor joins with 2 CPUs, 1991MiB of memory, 2 nvidia/l4 GPUs, region eu, datacenter dc1, "
      "label disk=ssd, --allow-volume /data/in");
}

TEST_F(ExplainConstraints, no_executor_has_registered_and_very_many_wait_for_one) {
  for (int i = 0; i < 20; ++i) waiting(1, 1_GiB);
  ask_about(2, 1_GiB);
  expect(Obstacle::no_executor, 0);
  EXPECT_EQ(first_remedy(), "with priority 51 and once an executor joins with 2 CPUs, 1GiB of memory");
}

TEST_F(ExplainConstraints, a_label_that_nobody_has) {
  machine("a", 4, 4_GiB);
  machine("b", 4, 4_GiB);
  ask_about(1, 64_MiB, [](D& d) { d.placement.labels["disk"] = "ssd"; });
  expect(Obstacle::labels, 2);
  EXPECT_EQ(first_remedy(), "on 2 executors without label disk") << explain_it().summary;
}

TEST_F(ExplainConstraints, a_label_with_another_value) {
  machine("a", 4, 4_GiB, [](auto& info) { info.labels["disk"] = "hdd"; });
  ask_about(1, 64_MiB, [](D& d) { d.placement.labels["disk"] = "ssd"; });
  expect(Obstacle::labels, 1);
  EXPECT_EQ(explain_it().executors[0].findings[0].message, "its label disk is hdd, not ssd");
  EXPECT_EQ(first_remedy(), "on a with label disk=hdd");
}

TEST_F(ExplainConstraints, two_labels_of_which_no_machine_has_both) {
  machine("a", 4, 4_GiB, [](auto& info) { info.labels["disk"] = "ssd"; });
  machine("b", 4, 4_GiB, [](auto& info) { info.labels["net"] = "fast"; });
  ask_about(1, 64_MiB, [](D& d) { d.placement.labels = {{"disk", "ssd"}, {"net", "fast"}}; });
  expect(Obstacle::labels, 2);
  EXPECT_TRUE(has_remedy("on a without label net"));
}

TEST_F(ExplainConstraints, a_region_in_which_nobody_is) {
  machine("a", 4, 4_GiB, [](auto& info) { info.region = "eu"; });
  machine("b", 4, 4_GiB);
  ask_about(1, 64_MiB, [](D& d) { d.placement.regions = {"us"}; });
  expect(Obstacle::region, 2);
  EXPECT_EQ(first_remedy(), "on a in region eu");
}

TEST_F(ExplainConstraints, a_datacenter_in_which_nobody_is) {
  machine("a", 4, 4_GiB, [](auto& info) { info.datacenter = "dc1"; });
  ask_about(1, 64_MiB, [](D& d) { d.placement.datacenters = {"dc2", "dc3"}; });
  expect(Obstacle::datacenter, 1);
  EXPECT_EQ(first_remedy(), "on a in datacenter dc1");
}

TEST_F(ExplainConstraints, region_on_one_machine_and_label_on_another) {
  machine("a", 4, 4_GiB, [](auto& info) { info.labels["disk"] = "ssd"; });
  machine("b", 4, 4_GiB, [](auto& info) { info.labels["disk"] = "ssd"; });
  machine("c", 4, 4_GiB, [](auto& info) { info.region = "us"; });
  ask_about(1, 64_MiB, [](D& d) {
    d.placement.regions = {"us"};
    d.placement.labels["disk"] = "ssd";
  });
  expect(Obstacle::region, 2);
  EXPECT_TRUE(has_remedy("on 2 executors in any region"));
  EXPECT_TRUE(has_remedy("on c without label disk"));
}

TEST_F(ExplainConstraints, a_volume_that_no_operator_allows) {
  machine("a", 4, 4_GiB, [](auto& info) { info.volume_paths = {"/data"}; });
  ask_about(1, 64_MiB, [](D& d) { d.volumes = {{"/data/in", "/in", true}, {"/models", "/models", true}}; });
  expect(Obstacle::volumes, 1);
  EXPECT_EQ(first_remedy(), "on a once a allows to mount /models (--allow-volume)");
}

TEST_F(ExplainConstraints, a_gpu_where_there_is_none) {
  machine("a", 4, 4_GiB);
  ask_about(1, 64_MiB, [](D& d) { d.resources.gpu = GpuRequest{1, {}}; });
  expect(Obstacle::gpu, 1);
  EXPECT_EQ(first_remedy(), "on a without a GPU");
}

TEST_F(ExplainConstraints, a_gpu_of_another_type) {
  machine("a", 4, 4_GiB, [](auto& info) { info.capacity.gpus = gpus("nvidia/t4", 2); });
  machine("b", 4, 4_GiB);
  ask_about(1, 64_MiB, [](D& d) { d.resources.gpu = GpuRequest{2, "nvidia/a100"}; });
  expect(Obstacle::gpu, 2);
  EXPECT_TRUE(has_remedy("on a with GPUs of type nvidia/t4")) << first_remedy();
}

TEST_F(ExplainConstraints, more_gpus_than_a_machine_has) {
  machine("a", 4, 4_GiB, [](auto& info) { info.capacity.gpus = gpus("nvidia/t4", 2); });
  machine("b", 4, 4_GiB, [](auto& info) { info.capacity.gpus = gpus("nvidia/t4", 4); });
  ask_about(1, 64_MiB, [](D& d) { d.resources.gpu = GpuRequest{8, "nvidia/t4"}; });
  expect(Obstacle::gpu, 2);
  EXPECT_EQ(first_remedy(), "on b with 4 GPUs") << "the smaller change";
}

TEST_F(ExplainConstraints, enough_gpus_but_of_two_types) {
  machine("a", 4, 4_GiB, [](auto& info) {
    info.capacity.gpus = gpus("nvidia/t4", 2);
    for (auto& gpu : gpus("nvidia/l4", 2)) info.capacity.gpus.push_back(gpu);
  });
  ask_about(1, 64_MiB, [](D& d) { d.resources.gpu = GpuRequest{3, "nvidia/l4"}; });
  expect(Obstacle::gpu, 1);
  EXPECT_EQ(first_remedy(), "on a with 2 GPUs");
}

TEST_F(ExplainConstraints, more_cpus_than_any_machine_has) {
  machine("a", 4, 4_GiB);
  machine("b", 8, 4_GiB);
  ask_about(16);
  expect(Obstacle::cpu, 2);
  EXPECT_EQ(explain_it().summary, "needs 16 CPUs: all 2 executors are smaller (at most 8 on b)");
  EXPECT_EQ(first_remedy(), "on b with 8 CPUs");
}

TEST_F(ExplainConstraints, more_memory_than_any_machine_has) {
  for (const auto* name : {"a", "b", "c"}) machine(name, 4, 48_GiB);
  machine("d", 4, 16_GiB);
  ask_about(1, 64_GiB);
  expect(Obstacle::memory, 4);
  EXPECT_EQ(first_remedy(), "on 3 executors with memory 48GiB");
  EXPECT_EQ(explain_it().executors.back().missing.memory, 48_GiB) << "d comes last";
}

TEST_F(ExplainConstraints, too_large_and_too_busy) {
  machine("a", 4, 4_GiB);
  running(3);
  ask_about(8);
  expect(Obstacle::cpu, 1);
  EXPECT_EQ(explain_it().reasons.front().fit, Fit::never);
  EXPECT_EQ(first_remedy(), "on a with 1 CPU");
}

TEST_F(ExplainConstraints, no_single_machine_has_all) {
  machine("cores", 32, 4_GiB);
  machine("memory", 4, 256_GiB);
  ask_about(16, 128_GiB);
  const auto said = explain_it();
  EXPECT_EQ(said.reasons[0].excludes, 1u);
  EXPECT_EQ(said.reasons[1].excludes, 1u);
  expect(Obstacle::cpu, 1);
}

}  // namespace
}  // namespace berth
