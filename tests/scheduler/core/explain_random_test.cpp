// What explain advises holds in clusters that nobody thought of: random ones, in which each remedy that is
// told to any job that waits is applied, and the job has to run where it is told; and doesn't where one of
// the jobs that should end goes on. Sizes are odd, as those of real machines are.
#include "scheduler/core/constraints.hpp"
#include "scheduler/core/verdict.hpp"
#include "tests/scheduler/core/situation.hpp"

#include <random>

namespace berth {
namespace {

using namespace std::chrono_literals;

class ExplainRandom : public test::Situation, public ::testing::WithParamInterface<unsigned> {
 protected:
  int up_to(int most) { return static_cast<int>(random() % static_cast<unsigned>(most + 1)); }
  bool one_in(int n) { return up_to(n - 1) == 0; }

  void add_machine(int number) {
    const auto change = [&](ExecutorInfo& info) {
      if (one_in(2)) info.region = one_in(2) ? "eu" : "us";
      if (one_in(3)) info.labels["disk"] = one_in(2) ? "ssd" : "hdd";
      if (one_in(4)) info.volume_paths = {"/data"};
      const auto gpus = one_in(2) ? up_to(4) : 0;
      for (int i = 0; i < gpus; ++i) {
        const auto uuid = "m" + std::to_string(number) + "-" + std::to_string(i);
        info.capacity.gpus.push_back({one_in(3) ? "nvidia/l4" : "nvidia/t4", uuid, 16_GiB});
        if (one_in(8)) info.runtime.unhealthy_gpus.push_back({uuid, "fell off the bus"});
      }
      info.runtime.healthy = !one_in(8);
    };
    const auto state = one_in(10)   ? ExecutorState::lost
                       : one_in(10) ? ExecutorState::draining
                                    : ExecutorState::ready;
    machine("m" + std::to_string(number), 1 + up_to(7), oddly((1 + up_to(7)) * (1_GiB).value), change, state);
  }
  // A little less: often whole MiB, often not.
  Bytes oddly(std::int64_t size) {
    const auto less = one_in(2) ? up_to(60) * (1_MiB).value : up_to(50'000'000);
    return Bytes{size - (one_in(3) ? 0 : less)};
  }

  JobId add_job() {
    return waiting(1 + up_to(3), oddly((1 + up_to(3)) * (512_MiB).value), [&](JobDefinition& d) {
      if (one_in(5)) d.priority = 40 + up_to(60);
      if (one_in(5)) d.placement.regions = {one_in(2) ? "eu" : "us"};
      if (one_in(6)) d.placement.labels["disk"] = "ssd";
      if (one_in(8)) d.volumes = {{"/data/in", "/in", true}};
      if (one_in(3)) d.resources.gpu = GpuRequest{static_cast<std::uint32_t>(1 + up_to(2)), {}};
      if (d.resources.gpu && one_in(2)) d.resources.gpu->type = one_in(2) ? "nvidia/l4" : "nvidia/t4";
    });
  }

  // How far the subject is from running on the executor, by what can be seen without a pass: 4 or less where
  // only jobs or GPUs are in the way.
  int distance(const ExecutorView& executor) {
    ExecutorView empty;
    empty.info = executor.info;
    const auto shape = shape_of(cluster.view.find(subject)->definition);
    if (constraints::all(shape, empty, free_of(empty)) == Fit::never) return 8;
    if (executor.state == ExecutorState::lost) return 7;
    if (!executor.info.runtime.healthy) return 6;
    return executor.state == ExecutorState::ready ? 4 : 5;
  }
  void expect_that_the_reason_is_the_nearest_executors(const WaitReason& reason) {
    if (cluster.view.executors().empty()) {
      EXPECT_EQ(to_string(reason.code), to_string(Obstacle::no_executor));
      return;
    }
    int least = 8;
    for (const auto& [name, executor] : cluster.view.executors()) least = std::min(least, distance(executor));
    const auto told = severity_of({reason.code, reason.fit, {}});
    EXPECT_EQ(std::max(told, 4), least) << to_string(subject) << ": " << reason.message;
  }
  void expect_that_no_ending_is_in_vain(const Remedy& remedy) {
    if (remedy.changes.size() > 8) return;  // it isn't tried of so many
    for (std::size_t i = 0; i < remedy.changes.size(); ++i) {
      if (remedy.changes[i].kind != ChangeKind::job_ends) continue;
      auto fewer = remedy.changes;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
      EXPECT_FALSE(runs_after(fewer)) << to_string(subject) << ": " << remedy.message << "\nbut for job "
                                      << to_string(*remedy.changes[i].job);
    }
  }

  std::mt19937 random{GetParam()};
};

TEST_P(ExplainRandom, what_it_advises_holds) {
  cluster.rules.spread = one_in(3);
  const auto machines = up_to(6);
  for (int i = 0; i < machines; ++i) add_machine(i);
  std::vector<JobId> jobs;
  const auto count = 5 + up_to(25);
  for (int i = 0; i < count; ++i) {
    jobs.push_back(add_job());
    if (one_in(3)) cluster.pass();
    if (one_in(10)) time_passes(70s);
  }
  cluster.pass();
  for (const auto id : jobs) {
    if (cluster.is_placed(id)) continue;
    subject = id;
    const auto said = explain_it();
    EXPECT_NE(to_string(said.reasons.at(0).code), to_string(Obstacle::next_pass)) << to_string(id);
    EXPECT_FALSE(said.remedies.empty() && !said.remedies_cut) << to_string(id) << ": " << said.summary;
    expect_that_the_reason_is_the_nearest_executors(said.reasons.at(0));
    for (const auto& remedy : said.remedies) {
      SCOPED_TRACE(to_string(id) + ": " + said.summary);
      expect_that_it_helps(remedy);
      expect_that_no_ending_is_in_vain(remedy);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, ExplainRandom, ::testing::Range(0u, 40u));

}  // namespace
}  // namespace berth
