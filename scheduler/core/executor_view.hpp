// One executor as placement sees it.
#pragma once

#include "shared/base/ids.hpp"
#include "shared/model/executor_info.hpp"

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace berth {

struct ExecutorView {
  ExecutorInfo info;
  ExecutorState state = ExecutorState::ready;
  Allocated allocated;                                // derived from the live attempts on it
  std::set<JobId> jobs;                               // whose live attempts are on it
  std::set<std::pair<std::string, JobId>> held_gpus;  // uuid and whose attempt has it: derived, too
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
  std::vector<const Gpu*> gpus;  // offered, healthy and held by nobody; they belong to the ExecutorView
};

Free free_of(const ExecutorView& executor);

// Whether the image (by its full name) is known to be there.
bool has_image(const ExecutorInfo& executor, const std::string& image);
// What it takes there, unpacked; nothing where it isn't known to be, or how large it is.
std::optional<Bytes> image_size(const ExecutorInfo& executor, const std::string& image);

// Takes what a job needs, and returns the uuids of the GPUs that it gets: all of one type where one type has
// enough, and of those types the one of which the fewest are left, so that large groups stay whole. There
// must be enough (constraints::Gpus).
std::vector<std::string> take(Free& free, const Resources& wanted);

// What a job had there is free again, but for GPUs that are out of order.
void give_back(Free& free, const Resources& resources, const std::vector<std::string>& gpus,
               const ExecutorView& executor);

}  // namespace berth
