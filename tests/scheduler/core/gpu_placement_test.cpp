// Which GPU goes to which attempt: every device to one at a time, whatever happens.
#include "scheduler/core/placement.hpp"
#include "shared/model/job_lifecycle.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace berth {
namespace {

using Uuids = std::vector<std::string>;

// Executors with GPUs, and decisions carried out the way dispatch does.
class GpuCluster {
 public:
  ExecutorInfo& executor(const std::string& name, std::vector<Gpu> gpus) {
    auto& info = infos_[name];
    info.name = name;
    info.capacity = {Millicores{64'000}, 64_GiB, std::move(gpus)};
    update(name);
    return info;
  }
  void update(const std::string& name) { view.put_executor(infos_.at(name), ExecutorState::ready); }
  ExecutorInfo& info(const std::string& name) { return infos_.at(name); }

  JobId submit(std::uint32_t count, std::optional<std::string> type = std::nullopt) {
    Job job;
    job.id = JobId{++last_id_};
    job.definition.image = "x";
    job.definition.resources.memory = 64_MiB;
    if (count > 0) job.definition.resources.gpu = GpuRequest{count, std::move(type)};
    job.reason = Reason::queued;
    job.version = 1;
    const auto id = job.id;
    view.put(std::move(job));
    return id;
  }
  void apply(JobId id, const lifecycle::Event& event) {
    auto after = lifecycle::apply(*view.find(id), event, WallTime{1});
    ASSERT_TRUE(after) << after.error().message;
    ++after->version;
    view.put(std::move(*after));
  }
  void pass() {
    const auto result = place(view, 1000);
    for (const auto& [id, name, gpus, why] : result.assignments)
      apply(id, lifecycle::Assigned{name, gpus, why});
    EXPECT_EQ(view.check_invariants(), "");
  }
  void end(JobId id) {
    lifecycle::Outcome outcome;
    outcome.cause = Cause::exit;
    outcome.exit_code = 0;
    apply(id, lifecycle::AttemptEnded{outcome});
  }
  bool is_placed(JobId id) const {
    const auto* job = view.find(id);
    return job != nullptr && holds_resources(*job);
  }
  std::string where(JobId id) const { return is_placed(id) ? *view.find(id)->executor : ""; }
  Uuids gpus(JobId id) const { return is_placed(id) ? view.find(id)->attempts.back().gpus : Uuids{}; }

  ClusterView view;

 private:
  std::map<std::string, ExecutorInfo> infos_;
  std::uint64_t last_id_ = 0;
};

const Gpu a100_0{"nvidia/a100", "a0", 40_GiB};
const Gpu a100_1{"nvidia/a100", "a1", 40_GiB};
const Gpu a100_2{"nvidia/a100", "a2", 40_GiB};
const Gpu t4_0{"nvidia/t4", "t0", 16_GiB};
const Gpu t4_1{"nvidia/t4", "t1", 16_GiB};
const Gpu mi210_0{"amd/mi210", "m0", 64_GiB};

TEST(GpuPlacement, EveryDeviceGoesToOneAttemptAtATime) {
  GpuCluster cluster;
  cluster.executor("one", {a100_0, a100_1});
  const auto first = cluster.submit(1);
  const auto second = cluster.submit(1);
  const auto third = cluster.submit(1);
  cluster.pass();
  EXPECT_EQ(cluster.gpus(first), Uuids{"a0"});
  EXPECT_EQ(cluster.gpus(second), Uuids{"a1"});
  EXPECT_FALSE(cluster.is_placed(third));
  cluster.end(first);
  cluster.pass();
  EXPECT_EQ(cluster.gpus(third), Uuids{"a0"}) << "the one that was given back";
}

TEST(GpuPlacement, ARetryMayGetAnotherDevice) {
  GpuCluster cluster;
  cluster.executor("one", {a100_0});
  const auto id = cluster.submit(1);
  cluster.pass();
  cluster.apply(id, lifecycle::ExecutorLost{"gone"});
  EXPECT_EQ(cluster.view.check_invariants(), "");
  EXPECT_TRUE(cluster.view.executors().at("one").held_gpus.empty()) << "in backoff it holds nothing";
  cluster.executor("one", {a100_1});
  cluster.apply(id, lifecycle::BackoffElapsed{});
  cluster.pass();
  EXPECT_EQ(cluster.gpus(id), Uuids{"a1"});
  EXPECT_EQ(cluster.view.find(id)->attempts.front().gpus, Uuids{"a0"}) << "the record keeps what it had";
}

TEST(GpuPlacement, OnlyTheTypeThatWasAskedFor) {
  GpuCluster cluster;
  cluster.executor("one", {t4_0, a100_0, mi210_0});
  const auto exact = cluster.submit(1, "nvidia/a100");
  const auto vendor = cluster.submit(1, "nvidia");
  const auto more = cluster.submit(1, "nvidia/a100");
  cluster.pass();
  EXPECT_EQ(cluster.gpus(exact), Uuids{"a0"});
  EXPECT_EQ(cluster.gpus(vendor), Uuids{"t0"});
  EXPECT_FALSE(cluster.is_placed(more)) << "an AMD one is free, but isn't what it wants";
  EXPECT_EQ(cluster.view.find(more)->reason, Reason::queued);
}

TEST(GpuPlacement, SeveralOfOneTypeWhereThatIsPossible) {
  GpuCluster cluster;
  cluster.executor("one", {a100_0, t4_0, a100_1, t4_1, a100_2});
  const auto pair = cluster.submit(2);
  cluster.pass();
  EXPECT_EQ(cluster.gpus(pair), (Uuids{"t0", "t1"})) << "the larger group stays whole";
  const auto rest = cluster.submit(3);
  cluster.pass();
  EXPECT_EQ(cluster.gpus(rest), (Uuids{"a0", "a1", "a2"}));
}

TEST(GpuPlacement, MixesTypesOnlyWhenNoneSuffices) {
  GpuCluster cluster;
  cluster.executor("one", {a100_0, a100_1, t4_0});
  const auto id = cluster.submit(3);
  cluster.pass();
  EXPECT_EQ(cluster.gpus(id).size(), 3u);
}

TEST(GpuPlacement, JobsWithoutGpusLeaveTheMachinesThatHaveThem) {
  GpuCluster cluster;
  cluster.executor("gpus", {a100_0, a100_1});
  const auto gpu = cluster.submit(1);
  cluster.pass();
  EXPECT_EQ(cluster.where(gpu), "gpus");
  cluster.executor("plain", {});
  const auto id = cluster.submit(0);
  cluster.pass();
  EXPECT_EQ(cluster.where(id), "plain") << "though the other is fuller";
}

TEST(GpuPlacement, AnUnhealthyDeviceIsLeftOutUntilItRecovers) {
  GpuCluster cluster;
  auto& info = cluster.executor("one", {a100_0, a100_1});
  info.runtime.unhealthy_gpus = {{"a0", "it has fallen off the bus"}};
  cluster.update("one");
  const auto first = cluster.submit(1);
  const auto second = cluster.submit(1);
  cluster.pass();
  EXPECT_EQ(cluster.gpus(first), Uuids{"a1"});
  EXPECT_FALSE(cluster.is_placed(second));
  EXPECT_EQ(cluster.view.find(second)->reason, Reason::queued) << "not for ever";
  info.runtime.unhealthy_gpus.clear();
  cluster.update("one");
  cluster.pass();
  EXPECT_EQ(cluster.gpus(second), Uuids{"a0"});
}

TEST(GpuPlacement, ACapacityThatShrankGivesNothingAndTakesNothing) {
  GpuCluster cluster;
  auto& info = cluster.executor("one", {a100_0, a100_1, a100_2});
  const auto running = cluster.submit(2);
  cluster.pass();
  info.capacity.gpus = {a100_0};
  info.capacity.cpu = Millicores{500};
  cluster.update("one");
  const auto gpu = cluster.submit(1);
  const auto plain = cluster.submit(0);
  cluster.pass();
  EXPECT_TRUE(cluster.is_placed(running));
  EXPECT_FALSE(cluster.is_placed(gpu));
  EXPECT_FALSE(cluster.is_placed(plain));
  cluster.end(running);
  info.capacity.cpu = Millicores{2'000};
  cluster.update("one");
  cluster.pass();
  EXPECT_EQ(cluster.gpus(gpu), Uuids{"a0"});
}

TEST(GpuPlacement, ANewLeaderKnowsWhichDevicesAreHeld) {
  GpuCluster before;
  before.executor("one", {a100_0, a100_1});
  const auto old = before.submit(1);
  before.pass();
  GpuCluster after;
  after.submit(0);  // the same ids as before
  after.view.put(*before.view.find(old));
  after.executor("one", {a100_0, a100_1});
  const auto fresh = after.submit(1);
  after.pass();
  EXPECT_EQ(after.gpus(old), Uuids{"a0"});
  EXPECT_EQ(after.gpus(fresh), Uuids{"a1"});
}

// Jobs come and go, devices fail and recover, executors change what they offer: no device is ever held twice,
// every attempt has what it asked for, and at the end all are free.
TEST(GpuPlacement, RandomLivesNeverShareADevice) {
  std::mt19937 random(20261124);
  const auto pick = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  const std::vector<std::string> types{"nvidia/a100", "nvidia/t4", "amd/mi210"};
  const auto gpus_of = [&](std::size_t executor, std::size_t count) {
    std::vector<Gpu> gpus;
    for (std::size_t i = 0; i < count; ++i)
      gpus.push_back({types[(executor + i) % 3], "g" + std::to_string(i), 1_GiB});  // same names everywhere
    return gpus;
  };
  GpuCluster cluster;
  for (std::size_t i = 0; i < 4; ++i) cluster.executor("e" + std::to_string(i), gpus_of(i, 2 + 2 * i));
  std::vector<JobId> ids;
  int placed = 0;
  for (int step = 0; step < 3000; ++step) {
    const auto i = pick(4);
    const auto name = "e" + std::to_string(i);
    switch (pick(8)) {
      case 0:
        cluster.executor(name, gpus_of(i, pick(9)));
        break;
      case 1: {
        auto& sick = cluster.info(name).runtime.unhealthy_gpus;
        sick = pick(2) == 0 ? std::vector<UnhealthyGpu>{} : std::vector<UnhealthyGpu>{{"g0", "sick"}};
        cluster.update(name);
        break;
      }
      case 2:
      case 3:
      case 4:
        if (!ids.empty()) {
          const auto id = ids.begin() + static_cast<std::ptrdiff_t>(pick(ids.size()));
          if (!cluster.is_placed(*id)) break;
          cluster.end(*id);
          ids.erase(id);
        }
        break;
      default:
        if (ids.size() < 30)
          ids.push_back(cluster.submit(static_cast<std::uint32_t>(1 + pick(3)),
                                       pick(2) == 0 ? std::nullopt : std::optional(types[pick(3)])));
    }
    std::set<JobId> before;
    for (const auto id : ids) {
      if (cluster.is_placed(id)) before.insert(id);
    }
    cluster.pass();
    for (const auto id : ids) {
      if (!cluster.is_placed(id) || before.contains(id)) continue;
      ++placed;
      const auto& job = *cluster.view.find(id);
      const auto& offered = cluster.info(*job.executor);
      const auto& request = *job.definition.resources.gpu;
      ASSERT_EQ(cluster.gpus(id).size(), request.count) << "step " << step;
      for (const auto& uuid : cluster.gpus(id)) {
        const auto& all = offered.capacity.gpus;
        const auto gpu = std::find_if(all.begin(), all.end(), [&](const Gpu& g) { return g.uuid == uuid; });
        ASSERT_NE(gpu, all.end()) << "step " << step << ": it isn't offered";
        ASSERT_TRUE(is_wanted(request, *gpu)) << "step " << step;
        for (const auto& ill : offered.runtime.unhealthy_gpus) ASSERT_NE(ill.uuid, uuid) << "step " << step;
      }
    }
    ASSERT_EQ(cluster.view.check_invariants(), "") << "step " << step;
  }
  EXPECT_GT(placed, 300) << "the walk really places jobs";
  for (const auto id : ids) {
    if (cluster.is_placed(id)) cluster.end(id);
  }
  for (const auto& [name, executor] : cluster.view.executors()) {
    EXPECT_TRUE(executor.held_gpus.empty()) << name;
    EXPECT_EQ(executor.allocated, Allocated{}) << name;
  }
}

}  // namespace
}  // namespace berth
