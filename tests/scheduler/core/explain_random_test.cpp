// What explain advises holds in clusters that nobody thought of: random ones, in which each remedy that is
// told to any job that waits is applied, and the job has to run.
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
    machine("m" + std::to_string(number), 1 + up_to(7), Bytes{(1 + up_to(7)) * (1_GiB).value}, change, state);
  }

  JobId add_job() {
    return waiting(1 + up_to(3), Bytes{(1 + up_to(3)) * (512_MiB).value}, [&](JobDefinition& d) {
      if (one_in(5)) d.priority = 40 + up_to(60);
      if (one_in(5)) d.placement.regions = {one_in(2) ? "eu" : "us"};
      if (one_in(6)) d.placement.labels["disk"] = "ssd";
      if (one_in(8)) d.volumes = {{"/data/in", "/in", true}};
      if (one_in(3)) d.resources.gpu = GpuRequest{static_cast<std::uint32_t>(1 + up_to(2)), {}};
      if (d.resources.gpu && one_in(2)) d.resources.gpu->type = one_in(2) ? "nvidia/l4" : "nvidia/t4";
    });
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
    for (const auto& remedy : said.remedies)
      EXPECT_TRUE(runs_after(remedy.changes)) << to_string(id) << ": " << said.summary << "\n"
                                              << remedy.message;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, ExplainRandom, ::testing::Range(0u, 40u));

}  // namespace
}  // namespace berth
