// What stands between one job and one executor, with amounts and words. Pure.
#pragma once

#include "scheduler/core/placement_pass.hpp"
#include "shared/model/explanation.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace berth {

// How far what is in the way is from being gone: 0 for nothing; jobs before it, a reservation, jobs that run,
// a GPU, an operator, a runtime, a machine; and last what never passes.
int severity_of(const Finding& finding);
inline constexpr int never_passes = 8;

struct Judged {
  ExecutorVerdict verdict;  // its findings without words, as there may be thousands
  const PlacementPass::Slot* slot = nullptr;
  int severity = 0;         // of the worst that is in the way
  std::size_t binding = 0;  // how many things are as bad as that
  double missing = 0;       // what must become free, as a share of the executor

  // Whether it is nearer to fitting. Equal ones stay in the order of their names.
  bool operator<(const Judged& other) const;
};

// `slot` as a pass finds it at the job's turn.
Judged judge(const Shape& shape, const PlacementPass::Slot& slot);

ExecutorVerdict in_words(const Shape& shape, const Judged& judged);

// "2 nvidia/a100 GPUs", "1 GPU"; "0.5 CPUs", "1 CPU".
std::string in_words(const GpuRequest& request);
std::string in_words(Millicores cores);

// How many of the wanted GPUs are free, or would be if those that are out of order recovered.
std::size_t count_free(const GpuRequest& request, const Free& free);
std::vector<const UnhealthyGpu*> sick_gpus(const GpuRequest& request, const ExecutorView& executor);

}  // namespace berth
