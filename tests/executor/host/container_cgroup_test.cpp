// Where the kernel counts what a container uses, on directory trees like those of real machines.
#include "executor/host/container_cgroup.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace berth {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto container_id = "f0a28b059ed1db0b03b02f1f596f1910ba5fc52515486838b992fd168ac1b690";

class ContainerCgroupTree : public ::testing::Test {
 protected:
  ContainerCgroupTree()
      : root_(fs::path(::testing::TempDir()) / ("berth-cgroup-" + std::to_string(::getpid()))) {
    fs::remove_all(root_);
  }
  ~ContainerCgroupTree() override { fs::remove_all(root_); }

  void file(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  std::optional<ContainerCgroup> found() const { return find_container_cgroup(77, container_id, root_); }
  std::optional<CgroupCounters> counters() const {
    const auto cgroup = found();
    return cgroup ? read_counters(*cgroup) : std::nullopt;
  }

  // Docker with the driver cgroupfs.
  void version_1(const std::string& mounted = "/") {
    const auto path = "/docker/" + std::string(container_id);
    file("proc/77/cgroup",
         "4:memory:" + path + "\n2:cpu,cpuacct:" + path + "\n1:name=systemd:" + path + "\n0::/\n");
    file("proc/self/mountinfo",
         "31 24 0:27 " + mounted +
             " /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n" + "32 24 0:28 " +
             mounted + " /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
    file("sys/fs/cgroup/memory" + path + "/memory.usage_in_bytes", "10485760\n");
    file("sys/fs/cgroup/memory" + path + "/memory.stat",
         "cache 4194304\ninactive_file 1\ntotal_inactive_file 3145728\n");
    file("sys/fs/cgroup/cpu,cpuacct" + path + "/cpuacct.usage", "1500000000\n");
  }
  // With the driver systemd.
  void version_2(const std::string& below = "") {
    const auto path = "/system.slice/docker-" + std::string(container_id) + ".scope";
    file("proc/77/cgroup", "0::" + path + below + "\n");
    file("proc/self/mountinfo", "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n");
    file("sys/fs/cgroup" + path + "/memory.current", "10485760\n");
    file("sys/fs/cgroup" + path + "/memory.stat",
         "anon 4096\nactive_file 2\ninactive_file 3145728\nworkingset_refault_anon 0\n");
    file("sys/fs/cgroup" + path + "/cpu.stat", "usage_usec 1500000\nuser_usec 1000000\nsystem_usec 500000\n");
  }

  fs::path root_;
};

TEST_F(ContainerCgroupTree, OfVersion1) {
  version_1();
  EXPECT_EQ(counters(), (CgroupCounters{1'500ms, 7_MiB}));
  EXPECT_FALSE(found()->memory.is_unified);
}

TEST_F(ContainerCgroupTree, OfVersion2) {
  version_2();
  EXPECT_EQ(counters(), (CgroupCounters{1'500ms, 7_MiB}));
  EXPECT_TRUE(found()->cpu.is_unified);
}

TEST_F(ContainerCgroupTree, OfBothWhereControllersAreSplit) {
  const auto path = "/docker/" + std::string(container_id);
  file("proc/77/cgroup", "3:memory:" + path + "\n0::" + path + "\n");
  file("proc/self/mountinfo",
       "32 24 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
       "33 24 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
  file("sys/fs/cgroup/memory" + path + "/memory.usage_in_bytes", "4096\n");
  file("sys/fs/cgroup/unified" + path + "/cpu.stat", "usage_usec 2000\n");
  EXPECT_EQ(counters(), (CgroupCounters{2ms, Bytes{4096}})) << "without statistics all of it is used";
}

TEST_F(ContainerCgroupTree, CountsAllOfAContainerWhoseProcessesHaveMovedIntoCgroupsOfTheirOwn) {
  version_2("/init.scope");
  EXPECT_EQ(counters(), (CgroupCounters{1'500ms, 7_MiB}));
}

TEST_F(ContainerCgroupTree, NeverTakesAnotherProcessForIt) {
  version_2();
  EXPECT_FALSE(find_container_cgroup(77, "another", root_)) << "the pid is somebody else's here";
  EXPECT_FALSE(find_container_cgroup(78, container_id, root_));
  EXPECT_FALSE(find_container_cgroup(0, container_id, root_));
  EXPECT_FALSE(find_container_cgroup(77, "", root_));
}

// There only the own part of the hierarchies is mounted: what can be read of it is about something else.
TEST_F(ContainerCgroupTree, CantBeSeenFromInsideAnotherContainer) {
  version_1("/docker/another");
  EXPECT_FALSE(found());
}

TEST_F(ContainerCgroupTree, IsNothingOnceItIsGone) {
  version_2();
  const auto cgroup = found();
  ASSERT_TRUE(cgroup);
  fs::remove_all(cgroup->memory.directory);
  EXPECT_FALSE(read_counters(*cgroup));
}

TEST_F(ContainerCgroupTree, UsesNothingWhereAllIsCached) {
  version_2();
  const auto memory = found()->memory.directory;
  std::ofstream(memory / "memory.current") << "1024\n";
  EXPECT_EQ(counters()->memory, Bytes{0}) << "the two are read one after the other";
}

}  // namespace
}  // namespace berth
