// What a machine offers, on directory trees like those of real ones.
#include "executor/host/probe.hpp"

#include "executor/host/cgroup_mounts.hpp"
#include "executor/host/disk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sched.h>
#include <unistd.h>

#include <fstream>

namespace berth {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class CgroupTree : public ::testing::Test {
 protected:
  CgroupTree() : root_(fs::path(::testing::TempDir()) / ("berth-probe-" + std::to_string(::getpid()))) {
    fs::remove_all(root_);
  }
  ~CgroupTree() override { fs::remove_all(root_); }

  void file(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  CgroupLimits limits() const { return read_cgroup_limits(root_); }

  fs::path root_;
};

TEST_F(CgroupTree, WithoutCgroupsNothingLimits) { EXPECT_EQ(limits(), CgroupLimits{}); }

TEST_F(CgroupTree, Version2TheTightestOnTheWayUpCounts) {
  file("proc/self/cgroup", "0::/user.slice/berth.service\n");
  file("proc/self/mountinfo", "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n");
  file("sys/fs/cgroup/user.slice/berth.service/cpu.max", "max 100000\n");
  file("sys/fs/cgroup/user.slice/berth.service/memory.max", "4294967296\n");
  file("sys/fs/cgroup/user.slice/cpu.max", "150000 100000\n");
  file("sys/fs/cgroup/user.slice/memory.max", "8589934592\n");
  EXPECT_EQ(limits(), (CgroupLimits{Millicores{1500}, 4_GiB}));
}

TEST_F(CgroupTree, Version2WithoutLimits) {
  file("proc/self/cgroup", "0::/\n");
  file("proc/self/mountinfo", "30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
  file("sys/fs/cgroup/cpu.max", "max 100000\n");
  file("sys/fs/cgroup/memory.max", "max\n");
  EXPECT_EQ(limits(), CgroupLimits{});
}

TEST_F(CgroupTree, Version1) {
  file("proc/self/cgroup", "4:cpu,cpuacct:/jobs/a\n3:memory:/jobs\n");
  file("proc/self/mountinfo",
       "31 24 0:27 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
       "32 24 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
  file("sys/fs/cgroup/cpu,cpuacct/jobs/a/cpu.cfs_quota_us", "-1\n");
  file("sys/fs/cgroup/cpu,cpuacct/jobs/a/cpu.cfs_period_us", "100000\n");
  file("sys/fs/cgroup/cpu,cpuacct/jobs/cpu.cfs_quota_us", "250000\n");
  file("sys/fs/cgroup/cpu,cpuacct/jobs/cpu.cfs_period_us", "100000\n");
  file("sys/fs/cgroup/memory/jobs/memory.limit_in_bytes", "1073741824\n");
  file("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(limits(), (CgroupLimits{Millicores{2500}, 1_GiB}));
}

TEST_F(CgroupTree, HybridTakesMemoryFromOneAndNothingFromTheOther) {
  file("proc/self/cgroup", "3:memory:/\n0::/\n");
  file("proc/self/mountinfo",
       "32 24 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
       "33 24 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
  file("sys/fs/cgroup/memory/memory.limit_in_bytes", "2147483648\n");
  EXPECT_EQ(limits(), (CgroupLimits{std::nullopt, 2_GiB}));
}

// There the mount shows the container's own cgroup only, while /proc/self/cgroup tells the path on the host.
TEST_F(CgroupTree, InsideAContainer) {
  file("proc/self/cgroup", "3:memory:/docker/abc\n0::/../somewhere\n");
  file("proc/self/mountinfo",
       "32 24 0:28 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n"
       "33 24 0:29 / /sys/fs/cgroup/unified ro - cgroup2 cgroup2 rw\n");
  file("sys/fs/cgroup/memory/memory.limit_in_bytes", "536870912\n");
  file("sys/fs/cgroup/unified/cpu.max", "50000 100000\n");
  EXPECT_EQ(limits(), (CgroupLimits{Millicores{500}, 512_MiB}));
}

TEST(HostProbe, MemoryTotal) {
  EXPECT_EQ(parse_memory_total("MemFree: 1 kB\nMemTotal:       16384 kB\n"), 16_MiB);
  EXPECT_EQ(parse_memory_total("MemFree: 1 kB\n"), std::nullopt);
  EXPECT_EQ(parse_memory_total("MemTotal: lots kB\n"), std::nullopt);
}

TEST(HostProbe, LeavesSomeMemoryToTheSystem) {
  EXPECT_EQ(memory_to_offer(100_GiB), 95_GiB);
  EXPECT_EQ(memory_to_offer(2_GiB), 2_GiB - 256_MiB);
  EXPECT_EQ(memory_to_offer(256_MiB), 128_MiB);
}

TEST(HostProbe, OffersOnlyTheCpusThatItMayRunOn) {
  cpu_set_t before;
  ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
  int first = 0;
  while (!CPU_ISSET(first, &before)) ++first;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
  const auto facts = probe_host();
  ASSERT_EQ(::sched_setaffinity(0, sizeof before, &before), 0);
  ASSERT_TRUE(facts);
  EXPECT_LE(facts->capacity.cpu, Millicores{1000});
}

TEST(HostProbe, ADisk) {
  const auto disk = measure_disk("/");
  EXPECT_EQ(disk.path, "/");
  EXPECT_GT(disk.total, Bytes{0});
  EXPECT_LE(disk.free, disk.total);
  EXPECT_EQ(disk.free.value % (1_GiB).value, 0);
  EXPECT_EQ(measure_disk("/no/such/directory").path, "/");
}

TEST(HostProbe, ADiskThatIsNearlyFullOfBytesOrInodesSaysSo) {
  EXPECT_EQ(why_full("/docker", {100_GiB, 2_GiB, 6'000'000, 30'000}), "");
  EXPECT_EQ(
      why_full("/docker", {100_GiB, 500_MiB, 6'000'000, 30'000}),
      "the disk that holds /docker is nearly full (less than 1GiB free): it takes no new jobs until there "
      "is room; docker system prune may make some");
  EXPECT_THAT(why_full("/docker", {100_GiB, 50_GiB, 6'000'000, 19'999}),
              HasSubstr("fewer than 20000 inodes free"));
  EXPECT_EQ(why_full("/docker", {100_GiB, 50_GiB, 0, 0}), "") << "it doesn't count them";
  EXPECT_EQ(why_full("/docker", {4_GiB, 300_MiB, 1'000, 100}), "") << "a small one may be fuller";
  EXPECT_NE(why_full("/docker", {4_GiB, 100_MiB, 1'000, 100}), "");
  EXPECT_EQ(why_full("/no/such/directory"), "");
}

TEST(HostProbe, ThisMachine) {
  const auto facts = probe_host();
  ASSERT_TRUE(facts);
  EXPECT_GE(facts->capacity.cpu, limits::min_cpu);
  EXPECT_LE(facts->capacity.cpu.value, ::sysconf(_SC_NPROCESSORS_CONF) * 1000);
  EXPECT_GT(facts->capacity.memory, Bytes{0});
  EXPECT_LT(facts->capacity.memory.value, ::sysconf(_SC_PHYS_PAGES) * ::sysconf(_SC_PAGESIZE));
  EXPECT_FALSE(facts->host.empty());
  EXPECT_FALSE(facts->kernel.empty());
}

}  // namespace
}  // namespace berth
