// Which job goes where, and which waits: told with small clusters.
#include "scheduler/core/constraints.hpp"
#include "tests/scheduler/core/cluster.hpp"

#include <random>

namespace berth {
namespace {

using namespace std::chrono_literals;
using test::Cluster;

TEST(Placement, NeverPutsMoreOnAMachineThanFits) {
  Cluster cluster;
  cluster.executor("one", 2, 1_GiB);
  std::vector<JobId> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(cluster.submit(cluster.job(1)));
  cluster.pass();
  EXPECT_EQ(cluster.where(ids[0]), "one");
  EXPECT_EQ(cluster.where(ids[1]), "one");
  EXPECT_EQ(cluster.where(ids[2]), "");
  cluster.end(ids[0]);
  cluster.pass();
  EXPECT_EQ(cluster.where(ids[2]), "one") << "first in, first out";
  EXPECT_EQ(cluster.where(ids[3]), "");
}

TEST(Placement, MemoryCountsAsMuchAsCpu) {
  Cluster cluster;
  cluster.executor("one", 8, 1_GiB);
  const auto first = cluster.submit(cluster.job(1, 700_MiB));
  const auto second = cluster.submit(cluster.job(1, 700_MiB));
  cluster.pass();
  EXPECT_EQ(cluster.where(first), "one");
  EXPECT_EQ(cluster.where(second), "");
}

TEST(Placement, GoesWhereTheImageIs) {
  for (const bool spread : {false, true}) {
    Cluster cluster;
    cluster.rules.spread = spread;
    cluster.executor("bare", 4, 4_GiB);
    cluster.executor("equipped", 4, 4_GiB).runtime.images = {"box:5000/train:v2",
                                                             "docker.io/library/x:latest"};
    cluster.update("equipped");
    const auto first = cluster.submit(cluster.job(1));
    cluster.pass();
    EXPECT_EQ(cluster.where(first), "equipped");
    auto other = cluster.job(4);
    other.definition.image = "box:5000/train:v3";
    const auto elsewhere = cluster.submit(other);
    cluster.pass();
    EXPECT_EQ(cluster.where(elsewhere), "bare");
  }
}

TEST(Placement, HigherPriorityGoesFirst) {
  Cluster cluster;
  cluster.executor("one", 1, 1_GiB);
  const auto early = cluster.submit(cluster.job(1));
  auto urgent_job = cluster.job(1);
  urgent_job.definition.priority = 90;
  const auto urgent = cluster.submit(urgent_job);
  cluster.pass();
  EXPECT_EQ(cluster.where(urgent), "one");
  EXPECT_EQ(cluster.where(early), "");
}

TEST(Placement, SmallJobsFlowPastALargeOneThatDoesNotFitNow) {
  Cluster cluster;
  cluster.executor("one", 4, 1_GiB);
  const auto running = cluster.submit(cluster.job(2));
  cluster.pass();
  const auto large = cluster.submit(cluster.job(4));
  const auto small = cluster.submit(cluster.job(1));
  cluster.pass();
  EXPECT_EQ(cluster.where(running), "one");
  EXPECT_EQ(cluster.where(large), "");
  EXPECT_EQ(cluster.where(small), "one");
}

TEST(Placement, FillsTheFullestMachineFirstSoThatWholeMachinesStayFree) {
  Cluster cluster;
  cluster.executor("big", 8, 8_GiB);
  cluster.executor("small", 2, 2_GiB);
  const auto first = cluster.submit(cluster.job(1));
  const auto second = cluster.submit(cluster.job(1));
  cluster.pass();
  EXPECT_EQ(cluster.where(first), "small");
  EXPECT_EQ(cluster.where(second), "small");
}

// What the passes give the records of the attempts to say.
std::vector<std::string> whys(const PlacementResult& result) {
  std::vector<std::string> words;
  for (const auto& assignment : result.assignments) words.push_back(assignment.why);
  return words;
}
using Whys = std::vector<std::string>;

TEST(Placement, SaysOfHowManyEachPlaceWasTheBestWhenItWasItsTurn) {
  Cluster cluster;
  for (const auto* name : {"a", "b", "c"}) cluster.executor(name, 1, 1_GiB);
  for (int i = 0; i < 3; ++i) cluster.submit(cluster.job(1));
  EXPECT_EQ(whys(cluster.pass()),
            (Whys{"the tightest fit of 3 executors with room",
                  "the tightest fit of at most 2 executors with room", "the only executor with room"}));
}

TEST(Placement, SaysWhatWeighedMoreThanTheFit) {
  Cluster cluster;
  cluster.executor("small", 2, 2_GiB).capacity.gpus = {{"nvidia/t4", "u1", 16_GiB}};
  cluster.update("small");
  cluster.executor("large", 8, 8_GiB);
  cluster.submit(cluster.job(1));
  EXPECT_EQ(whys(cluster.pass()), Whys{"the tightest fit without a free GPU of 2 executors with room"});
  EXPECT_EQ(cluster.where({1}), "large");

  cluster.executor("equipped", 8, 8_GiB).runtime.images = {"docker.io/library/x:latest"};
  cluster.update("equipped");
  cluster.submit(cluster.job(1));
  EXPECT_EQ(whys(cluster.pass()),
            Whys{"the tightest fit without a free GPU and with the image of 3 executors with room"});
  EXPECT_EQ(cluster.where({2}), "equipped")
      << "though it fits more tightly on the one that has a job already";

  auto other = cluster.job(1);
  other.definition.resources.gpu = GpuRequest{1, std::nullopt};
  cluster.submit(std::move(other));
  EXPECT_EQ(whys(cluster.pass()), Whys{"the only executor with room"});
}

// Small jobs come and go on two machines of 4 cores, which so never have room for a job of 4.
struct BusyCluster {
  BusyCluster() {
    cluster.executor("a", 4, 8_GiB);
    cluster.executor("b", 4, 8_GiB);
    for (int i = 0; i < 8; ++i) running.push_back(cluster.submit(cluster.job(1)));
    cluster.pass();
    large = cluster.submit(cluster.job(4));
  }
  // Every 10 s one small job ends, machine by machine in turn, and another arrives.
  void live(int rounds) {
    for (int i = 0; i < rounds; ++i) {
      waited += 10s;
      cluster.view.tell_time({WallTime{}, Monotonic{waited}});
      running.push_back(cluster.submit(cluster.job(1)));
      const auto ending =
          std::find_if(running.begin(), running.end(), [&](JobId id) { return cluster.is_placed(id); });
      cluster.end(*ending);
      running.erase(ending);
      cluster.pass();
    }
  }
  Cluster cluster;
  std::vector<JobId> running;
  JobId large;
  std::chrono::seconds waited{0};
};

TEST(Placement, AMachineIsKeptForAJobThatWasPassedOverForTooLong) {
  BusyCluster busy;
  busy.live(5);
  EXPECT_FALSE(busy.cluster.is_placed(busy.large)) << "small jobs flow past it at first";
  EXPECT_EQ(busy.cluster.view.queue().size(), 1u);
  busy.live(12);
  EXPECT_TRUE(busy.cluster.is_placed(busy.large)) << "but not for ever";
}

TEST(Placement, ItIsKeptAlsoWhenTheJobsRecordIsReadAgainAllTheTime) {
  BusyCluster busy;
  for (int i = 0; i < 17; ++i) {
    busy.live(1);
    auto same = *busy.cluster.view.find(busy.large);
    busy.cluster.view.put(std::move(same));
  }
  EXPECT_TRUE(busy.cluster.is_placed(busy.large));
}

// One of two cores is taken, a job of two waits, and behind it one of one core: what will the next leader do?
TEST(Placement, ANewLeaderKeepsAMachineAtOnceForAJobThatWaitedLongEnoughUnderTheOneBefore) {
  for (const Milliseconds waited : {10s, 61s}) {
    Cluster before;
    before.executor("one", 2, 1_GiB);
    before.submit(before.job(1));
    before.pass();
    before.submit(before.job(2));
    const auto small = before.submit(before.job(1));
    Cluster next;
    next.executor("one", 2, 1_GiB);
    next.view.tell_time({WallTime{} + waited, Monotonic{1h}});
    for (const auto& [id, job] : before.view.jobs()) next.view.put(job, ClusterView::Learned::found);
    next.pass();
    EXPECT_EQ(next.is_placed(small), waited < limits::reserve_after) << to_string(waited);
  }
}

TEST(Placement, OnlyOneMachineIsKept) {
  BusyCluster busy;
  for (int i = 0; i < 3; ++i) busy.cluster.submit(busy.cluster.job(4));
  busy.live(8);
  std::map<std::string, std::int64_t> used;
  for (const auto& [name, executor] : busy.cluster.view.executors())
    used[name] = executor.allocated.cpu.value;
  EXPECT_EQ(std::max(used["a"], used["b"]), 4000) << "the other machine goes on taking small jobs";
  EXPECT_LT(std::min(used["a"], used["b"]), 4000);
}

TEST(Placement, AHigherPriorityGoesPastAReservation) {
  BusyCluster busy;
  busy.live(8);
  auto urgent = busy.cluster.job(1);
  urgent.definition.priority = 100;
  const auto id = busy.cluster.submit(std::move(urgent));
  busy.cluster.pass();
  EXPECT_TRUE(busy.cluster.is_placed(id));
}

TEST(Placement, SpreadsOverTheMachinesWhenAskedTo) {
  Cluster cluster;
  for (const auto* name : {"a", "b", "c"}) cluster.executor(name, 4, 8_GiB);
  cluster.rules.spread = true;
  for (int i = 0; i < 6; ++i) cluster.submit(cluster.job(1));
  cluster.pass();
  for (const auto& [name, executor] : cluster.view.executors()) {
    EXPECT_EQ(executor.allocated.jobs, 2u) << name;
  }
}

TEST(Placement, AJobThatCanNeverFitSaysWhy) {
  Cluster cluster;
  cluster.executor("one", 2, 1_GiB);
  const auto id = cluster.submit(cluster.job(16));
  const auto result = cluster.pass();
  ASSERT_EQ(result.verdicts.size(), 1u);
  EXPECT_EQ(cluster.view.find(id)->reason, Reason::unsatisfiable);
  EXPECT_EQ(cluster.view.find(id)->message, "needs 16 CPUs, the most that an executor offers is 2");
  EXPECT_TRUE(cluster.pass().verdicts.empty()) << "said once";
  cluster.executor("two", 32, 1_GiB);
  cluster.pass();
  EXPECT_EQ(cluster.where(id), "two") << "it runs when a machine that fits joins";
}

TEST(Placement, AJobThatCouldFitAgainIsQueuedAgain) {
  Cluster cluster;
  cluster.executor("one", 2, 1_GiB);
  const auto id = cluster.submit(cluster.job(4));
  cluster.pass();
  cluster.executor("two", 4, 1_GiB);
  cluster.update("two", ExecutorState::lost);
  cluster.pass();
  EXPECT_EQ(cluster.view.find(id)->reason, Reason::queued);
}

TEST(Placement, WithoutAnyExecutorJobsSimplyWait) {
  Cluster cluster;
  cluster.submit(cluster.job(1));
  const auto result = cluster.pass();
  EXPECT_TRUE(result.assignments.empty());
  EXPECT_TRUE(result.verdicts.empty());
}

TEST(Placement, EachConstraintKeepsJobsAway) {
  Cluster cluster;
  auto& info = cluster.executor("one", 4, 4_GiB);
  info.region = "eu";
  info.datacenter = "dc1";
  info.labels = {{"disk", "ssd"}};
  info.volume_paths = {"/data"};
  info.capacity.gpus = {{"nvidia/a100", "u1", 40_GiB}};
  cluster.update("one");

  const auto verdict = [&](auto change) {
    auto job = cluster.job(1);
    change(job.definition);
    const auto id = cluster.submit(job);
    cluster.pass();
    const auto* found = cluster.view.find(id);
    auto result = holds_resources(*found) ? "placed" : found->message;
    cluster.view.forget(id);
    return result;
  };
  using D = JobDefinition;
  EXPECT_EQ(verdict([](D& d) { d.placement.regions = {"us", "eu"}; }), "placed");
  EXPECT_EQ(verdict([](D& d) { d.placement.regions = {"us"}; }), "wants region us, in which no executor is");
  EXPECT_EQ(verdict([](D& d) { d.placement.datacenters = {"dc2"}; }),
            "wants datacenter dc2, in which no executor is");
  EXPECT_EQ(verdict([](D& d) { d.placement.labels = {{"disk", "ssd"}}; }), "placed");
  EXPECT_EQ(verdict([](D& d) {
              d.placement.labels = {{"disk", "hdd"}};
            }),
            "wants an executor labelled disk=hdd, which none is");
  EXPECT_EQ(verdict([](D& d) { d.volumes = {{"/data/set", "/in", true}}; }), "placed");
  EXPECT_EQ(verdict([](D& d) {
              d.volumes = {{"/database", "/in", true}};
            }).substr(0, 16),
            "mounts /database");
  EXPECT_EQ(verdict([](D& d) { d.resources.gpu = GpuRequest{1, "nvidia/a100"}; }), "placed");
  EXPECT_EQ(verdict([](D& d) {
              d.resources.gpu = GpuRequest{2, "nvidia/a100"};
            }),
            "needs 2 nvidia/a100 GPUs, which no executor has");
  EXPECT_EQ(verdict([](D& d) { d.resources.memory = 8_GiB; }),
            "needs 8GiB of memory, the most that an executor offers is 4GiB");
  EXPECT_EQ(verdict([](D& d) { d.resources.memory = Bytes{(4_GiB).value + 1}; }),
            "needs 4294967297B of memory, the most that an executor offers is 4294967296B");
}

TEST(Placement, AnExecutorThatIsLostOrUnhealthyGetsNothing) {
  Cluster cluster;
  auto& info = cluster.executor("one", 4, 4_GiB);
  const auto id = cluster.submit(cluster.job(1));
  cluster.update("one", ExecutorState::lost);
  cluster.pass();
  EXPECT_EQ(cluster.where(id), "");
  EXPECT_EQ(cluster.view.find(id)->reason, Reason::queued) << "it will come back: this isn't for ever";
  info.runtime.healthy = false;
  cluster.update("one");
  cluster.pass();
  EXPECT_EQ(cluster.where(id), "");
  info.runtime.healthy = true;
  cluster.update("one");
  cluster.pass();
  EXPECT_EQ(cluster.where(id), "one");
}

TEST(Placement, PathsAreComparedByWholeComponents) {
  EXPECT_TRUE(is_below("/data", "/data"));
  EXPECT_TRUE(is_below("/data/x", "/data/"));
  EXPECT_FALSE(is_below("/database", "/data"));
  EXPECT_TRUE(is_below("/anything", "/"));
}

// A thousand random steps: whatever happens, nothing is over capacity and no derived number drifts.
TEST(Placement, RandomLivesKeepEveryInvariant) {
  std::mt19937 random(20261123);
  const auto pick = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  Cluster cluster;
  for (int i = 0; i < 5; ++i) cluster.executor("e" + std::to_string(i), 1 + i, 1_GiB);
  std::vector<JobId> ids;
  for (int step = 0; step < 1000; ++step) {
    if (pick(3) != 0) {
      auto job = cluster.job(0.25 * static_cast<double>(1 + pick(24)),
                             Bytes{(64_MiB).value * static_cast<int>(1 + pick(8))});
      job.definition.priority = static_cast<int>(pick(3)) * 50;
      ids.push_back(cluster.submit(job));
    } else if (!ids.empty()) {
      const auto i = pick(ids.size());
      const auto* job = cluster.view.find(ids[i]);
      if (job != nullptr && holds_resources(*job)) cluster.end(ids[i]);
      if (job != nullptr && cluster.view.find(ids[i]) != nullptr)
        cluster.apply(ids[i], lifecycle::AbortRequested{""});
    }
    cluster.pass(1 + pick(5));
    for (const auto& [name, executor] : cluster.view.executors()) {
      const auto free = free_of(executor);
      ASSERT_GE(free.cpu.value, 0) << name << " in step " << step;
      ASSERT_GE(free.memory.value, 0) << name << " in step " << step;
    }
  }
}

}  // namespace
}  // namespace berth
