// One executor as placement sees it.
#pragma once

#include "shared/base/ids.hpp"
#include "shared/model/executor_info.hpp"

#include <set>
#include <string>

namespace berth {

struct ExecutorView {
  ExecutorInfo info;
  ExecutorState state = ExecutorState::ready;
  Allocated allocated;   // derived from the live attempts on it
  std::set<JobId> jobs;  // whose live attempts are on it
};

// One more live attempt with these resources, or one less.
inline void hold(Allocated& allocated, const Resources& resources) {
  allocated.cpu += resources.cpu;
  allocated.memory += resources.memory;
  allocated.gpus += resources.gpu ? resources.gpu->count : 0;
  allocated.jobs += 1;
}
inline void release(Allocated& allocated, const Resources& resources) {
  allocated.cpu -= resources.cpu;
  allocated.memory -= resources.memory;
  allocated.gpus -= resources.gpu ? resources.gpu->count : 0;
  allocated.jobs -= 1;
}

// What is left of an executor. Negative where its capacity shrank below what runs there.
struct Free {
  Millicores cpu{};
  Bytes memory{};
  std::int64_t gpus = 0;
};

inline Free free_of(const ExecutorView& executor) {
  const auto& all = executor.info.capacity;
  const auto& held = executor.allocated;
  return {all.cpu - held.cpu, all.memory - held.memory,
          static_cast<std::int64_t>(all.gpus.size()) - held.gpus};
}

}  // namespace berth
