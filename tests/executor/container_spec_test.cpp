// What Berth adds to a container, and which host paths a job may see.
#include "executor/container_spec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace berth {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class VolumesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "berth-volumes-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root = fs::canonical(name);
    fs::create_directories(root / "data/set");
    fs::create_directories(root / "data-private");
    fs::create_directory_symlink(root / "data-private", root / "data/link");
  }
  void TearDown() override { fs::remove_all(root); }

  Result<std::vector<Volume>> resolve(const fs::path& host) {
    const std::vector<Volume> volumes{{host.string(), "/in", true}};
    return resolve_volumes(volumes, {(root / "data").string()}, "node1");
  }

  fs::path root;
};

TEST_F(VolumesTest, an_allowed_path_and_all_below_it) {
  ASSERT_TRUE(resolve(root / "data"));
  const auto below = resolve(root / "data/set/");
  ASSERT_TRUE(below);
  EXPECT_EQ(below->front().host, (root / "data/set").string());
  EXPECT_TRUE(below->front().read_only);
  EXPECT_TRUE(resolve(root / "data/new")) << "Docker makes it";
}

TEST_F(VolumesTest, everything_else_is_refused_by_name) {
  EXPECT_FALSE(resolve("/"));
  EXPECT_FALSE(resolve(root / "data-private")) << "a longer name isn't below it";
  EXPECT_FALSE(resolve(root / "data/../data-private"));
  const auto link = resolve(root / "data/link");
  ASSERT_FALSE(link) << "a link leads out";
  EXPECT_THAT(link.error().message, HasSubstr((root / "data").string()));
  EXPECT_THAT(link.error().message, HasSubstr("data-private"));
}

TEST_F(VolumesTest, where_none_is_allowed_it_says_which_flag_allows_some) {
  std::vector<Volume> volumes(1);
  volumes.front().host = "/data";
  volumes.front().container = "/data";
  const auto refused = resolve_volumes(volumes, {}, "node1");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("--allow-volume"));
}

TEST(BerthEnvironment, tells_the_job_who_it_is) {
  Job job;
  job.id = JobId{12};
  job.attempt = 3;
  job.definition.resources.cpu = Millicores{1500};
  job.definition.resources.memory = 64_MiB;
  const auto env = berth_environment(job, "node1");
  EXPECT_EQ(env.at("BERTH_JOB_ID"), "12");
  EXPECT_EQ(env.at("BERTH_ATTEMPT"), "3");
  EXPECT_EQ(env.at("BERTH_FENCE"), "3");
  EXPECT_EQ(env.at("BERTH_EXECUTOR"), "node1");
  EXPECT_EQ(env.at("BERTH_CPUS"), "1.5");
  EXPECT_EQ(env.at("BERTH_MEMORY_BYTES"), "67108864");
  EXPECT_EQ(env.at("BERTH_GPUS"), "");
}

Job job_with_gpus(std::vector<std::string> uuids) {
  Job job;
  job.id = JobId{12};
  job.attempt = 1;
  job.definition.image = "cuda";
  job.definition.env = {{"NVIDIA_VISIBLE_DEVICES", "all"}};
  job.attempts.resize(1);
  job.attempts.front().gpus = std::move(uuids);
  return job;
}

Provisions a_gpu_machine() {
  Provisions provisions;
  provisions.gpus = {{.gpu = {"nvidia/a100", "GPU-1", {}}, .is_nvidia = true},
                     {.gpu = {"nvidia/a100", "GPU-2", {}}, .is_nvidia = true},
                     {.gpu = {"amd/mi210", "GPU-a", {}}, .nodes = {"/dev/kfd", "/dev/r1"}, .groups = {7}},
                     {.gpu = {"amd/mi210", "GPU-b", {}}, .nodes = {"/dev/kfd", "/dev/r2"}, .groups = {7}},
                     {.gpu = {"x/y", "declared-x/y-0", {}}}};
  provisions.has_nvidia_driver = true;
  return provisions;
}

TEST(ContainerGpus, OfNvidiaByUuid) {
  const auto spec = container_spec(job_with_gpus({"GPU-2", "GPU-1"}), "c", "node1", a_gpu_machine());
  ASSERT_TRUE(spec);
  EXPECT_EQ(spec->nvidia_gpus, (std::vector<std::string>{"GPU-2", "GPU-1"}));
  EXPECT_TRUE(spec->device_nodes.empty());
  EXPECT_EQ(spec->berth_env.at("BERTH_GPUS"), "GPU-2,GPU-1");
  EXPECT_EQ(spec->berth_env.at("NVIDIA_VISIBLE_DEVICES"), "GPU-2,GPU-1");
  EXPECT_FALSE(spec->definition.env.contains("NVIDIA_VISIBLE_DEVICES")) << "a job can't ask for more";
}

TEST(ContainerGpus, OfOthersByTheirNodesEachOnce) {
  const auto spec = container_spec(job_with_gpus({"GPU-a", "GPU-b"}), "c", "node1", a_gpu_machine());
  ASSERT_TRUE(spec);
  EXPECT_EQ(spec->device_nodes, (std::vector<std::string>{"/dev/kfd", "/dev/r1", "/dev/r2"}));
  EXPECT_EQ(spec->device_groups, std::vector<std::uint32_t>{7});
  EXPECT_TRUE(spec->nvidia_gpus.empty());
}

TEST(ContainerGpus, WithoutAnyItSeesNone) {
  const auto spec = container_spec(job_with_gpus({}), "c", "node1", a_gpu_machine());
  ASSERT_TRUE(spec);
  EXPECT_TRUE(spec->nvidia_gpus.empty());
  EXPECT_TRUE(spec->device_nodes.empty());
  EXPECT_EQ(spec->berth_env.at("NVIDIA_VISIBLE_DEVICES"), "void") << "NVIDIA's images say all by themselves";
  const auto elsewhere = container_spec(job_with_gpus({}), "c", "node1", {});
  EXPECT_FALSE(elsewhere->berth_env.contains("NVIDIA_VISIBLE_DEVICES"));
}

TEST(ContainerGpus, DeclaredOnesAreOnlyNamed) {
  const auto spec = container_spec(job_with_gpus({"declared-x/y-0"}), "c", "node1", a_gpu_machine());
  ASSERT_TRUE(spec);
  EXPECT_TRUE(spec->nvidia_gpus.empty());
  EXPECT_TRUE(spec->device_nodes.empty());
  EXPECT_EQ(spec->berth_env.at("BERTH_GPUS"), "declared-x/y-0");
}

TEST(ContainerGpus, OneThatIsNotOfferedAnyMoreIsRefused) {
  const auto spec = container_spec(job_with_gpus({"GPU-9"}), "c", "node1", a_gpu_machine());
  ASSERT_FALSE(spec);
  EXPECT_EQ(spec.error().message, "executor node1 doesn't offer the GPU GPU-9 any more");
}

}  // namespace
}  // namespace berth
