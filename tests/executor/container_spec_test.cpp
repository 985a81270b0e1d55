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
  EXPECT_EQ(env.at("BERTH_GPUS"), "0");
}

}  // namespace
}  // namespace berth
