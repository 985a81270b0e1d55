// Placements a second on one core: `executors` machines, `jobs` waiting jobs of 100 shapes, and passes until
// every job has a place. What the pass decides is put back into the view, as the dispatch loop does.
#include "scheduler/core/placement.hpp"

#include "shared/model/job_lifecycle.hpp"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <utility>

namespace berth {
namespace {

constexpr std::int64_t shapes = 100;
constexpr std::size_t pass_limit = 500;

ExecutorInfo machine(std::int64_t number) {
  ExecutorInfo info;
  info.name = "machine-" + std::to_string(number);
  info.capacity.cpu = Millicores{64'000};
  info.capacity.memory = 256_GiB;
  return info;
}

Job waiting(std::int64_t number) {
  Job job;
  job.id = JobId{static_cast<std::uint64_t>(number + 1)};
  job.definition.image = "busybox";
  job.definition.resources.cpu = Millicores{10 + 5 * (number % shapes)};
  job.definition.resources.memory = 64_MiB;
  job.reason = Reason::queued;
  job.version = 1;
  return job;
}

void commit(ClusterView& view, const PlacementResult& result) {
  for (const auto& [id, executor, gpus, why] : result.assignments) {
    auto job = lifecycle::apply(*view.find(id), lifecycle::Assigned{executor, gpus, why}, WallTime{}).value();
    ++job.version;
    view.put(std::move(job));
  }
}

void place_all(benchmark::State& state) {
  const auto machines = state.range(0);
  const auto jobs = state.range(1);
  std::int64_t placed = 0;
  for (auto _ : state) {
    state.PauseTiming();
    ClusterView view;
    for (std::int64_t i = 0; i < machines; ++i) view.put_executor(machine(i), ExecutorState::ready);
    for (std::int64_t i = 0; i < jobs; ++i) view.put(waiting(i));
    state.ResumeTiming();
    while (true) {
      const auto result = place(view, pass_limit);
      if (result.assignments.empty()) break;
      commit(view, result);
      placed += static_cast<std::int64_t>(result.assignments.size());
    }
    if (view.queue().size() != 0) state.SkipWithError("some jobs found no place");
  }
  state.SetItemsProcessed(placed);
}
BENCHMARK(place_all)
    ->Args({10, 1'000})
    ->Args({100, 10'000})
    ->Args({1'000, 10'000})
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace berth

BENCHMARK_MAIN();
