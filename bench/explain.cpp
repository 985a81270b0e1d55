// What it costs to explain a job: `executors` machines that are full, and `jobs` of 100 shapes that wait; the
// last of them is asked about. The leader answers between two passes, so this is how long a pass may be late.
#include "scheduler/core/explain.hpp"

#include "scheduler/core/dry_run.hpp"
#include "shared/model/job_lifecycle.hpp"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <utility>

namespace berth {
namespace {

constexpr std::int64_t shapes = 100;

Job waiting(std::int64_t number, Millicores cpu, Bytes memory) {
  Job job;
  job.id = JobId{static_cast<std::uint64_t>(number + 1)};
  job.definition.image = "busybox";
  job.definition.resources.cpu = cpu;
  job.definition.resources.memory = memory;
  job.reason = Reason::queued;
  job.version = 1;
  return job;
}

// Four jobs run on every machine and leave half a core and 1 GiB of it.
void fill(ClusterView& view, std::int64_t machines, std::int64_t& number) {
  ExecutorInfo info;
  info.capacity.cpu = Millicores{64'500};
  info.capacity.memory = 257_GiB;
  for (std::int64_t i = 0; i < machines; ++i) {
    info.name = "machine-" + std::to_string(i);
    view.put_executor(info, ExecutorState::ready);
    for (int part = 0; part < 4; ++part) {
      auto job = waiting(number++, Millicores{16'000}, 64_GiB);
      job = lifecycle::apply(job, lifecycle::Assigned{info.name, {}, ""}, WallTime{}).value();
      view.put(std::move(job));
    }
  }
}

void explain_the_last(benchmark::State& state) {
  ClusterView view;
  std::int64_t number = 0;
  fill(view, state.range(0), number);
  JobId last;
  for (std::int64_t i = 0; i < state.range(1); ++i) {
    auto job = waiting(number++, Millicores{1'000 + 10 * (i % shapes)}, 64_MiB);
    last = job.id;
    view.put(std::move(job));
  }
  const PlacementRules rules;
  for (auto _ : state) {
    const auto said = explain({view, rules, *view.find(last), WallTime{1}});
    if (said.remedies.empty()) state.SkipWithError("nothing helps");
    benchmark::DoNotOptimize(said);
  }
}
BENCHMARK(explain_the_last)
    ->Args({10, 1'000})
    ->Args({100, 10'000})
    ->Args({1'000, 10'000})
    ->Args({5'000, 10'000})
    ->Unit(benchmark::kMillisecond);

// What a pass of the leader costs beside it.
void one_pass(benchmark::State& state) {
  ClusterView view;
  std::int64_t number = 0;
  fill(view, state.range(0), number);
  for (std::int64_t i = 0; i < state.range(1); ++i)
    view.put(waiting(number++, Millicores{1'000 + 10 * (i % shapes)}, 64_MiB));
  for (auto _ : state) benchmark::DoNotOptimize(place(view, 500));
}
BENCHMARK(one_pass)->Args({5'000, 10'000})->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace berth

BENCHMARK_MAIN();
