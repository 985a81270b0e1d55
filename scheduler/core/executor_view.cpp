#include "scheduler/core/executor_view.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>

namespace berth {
namespace {

bool is_held(const ExecutorView& executor, const std::string& uuid) {
  const auto holder = executor.held_gpus.lower_bound({uuid, JobId{}});
  return holder != executor.held_gpus.end() && holder->first == uuid;
}

bool is_unhealthy(const ExecutorView& executor, const std::string& uuid) {
  const auto& sick = executor.info.runtime.unhealthy_gpus;
  return std::any_of(sick.begin(), sick.end(), [&](const UnhealthyGpu& gpu) { return gpu.uuid == uuid; });
}

// The wanted GPUs in the order in which to take them: types that suffice by themselves before others, the
// scarcer type first.
std::vector<const Gpu*> in_order(const Free& free, const GpuRequest& request) {
  std::vector<const Gpu*> gpus;
  std::map<std::string_view, std::size_t> counts;
  for (const auto* gpu : free.gpus) {
    if (!is_wanted(request, *gpu)) continue;
    gpus.push_back(gpu);
    ++counts[gpu->type];
  }
  const auto rank = [&](const Gpu* gpu) {
    const auto count = counts[gpu->type];
    return std::tuple(count < request.count, count, std::string_view(gpu->type));
  };
  std::stable_sort(gpus.begin(), gpus.end(), [&](const Gpu* a, const Gpu* b) { return rank(a) < rank(b); });
  return gpus;
}

}  // namespace

Free free_of(const ExecutorView& executor) {
  const auto& all = executor.info.capacity;
  const auto& held = executor.allocated;
  Free free{all.cpu - held.cpu, all.memory - held.memory, {}};
  for (const auto& gpu : all.gpus) {
    if (!is_held(executor, gpu.uuid) && !is_unhealthy(executor, gpu.uuid)) free.gpus.push_back(&gpu);
  }
  return free;
}

bool has_image(const ExecutorInfo& executor, const std::string& image) {
  const auto& images = executor.runtime.images;  // sorted
  return std::binary_search(images.begin(), images.end(), image);
}

std::optional<Bytes> image_size(const ExecutorInfo& executor, const std::string& image) {
  const auto& images = executor.runtime.images;
  const auto& sizes = executor.runtime.image_sizes;
  const auto found = std::lower_bound(images.begin(), images.end(), image);
  if (found == images.end() || *found != image || sizes.size() != images.size()) return std::nullopt;
  return sizes[static_cast<std::size_t>(found - images.begin())];
}

std::vector<std::string> take(Free& free, const Resources& wanted) {
  free.cpu -= wanted.cpu;
  free.memory -= wanted.memory;
  std::vector<std::string> taken;
  if (!wanted.gpu) return taken;
  auto gpus = in_order(free, *wanted.gpu);
  gpus.resize(std::min<std::size_t>(gpus.size(), wanted.gpu->count));
  for (const auto* gpu : gpus) {
    taken.push_back(gpu->uuid);
    std::erase(free.gpus, gpu);
  }
  return taken;
}

void give_back(Free& free, const Resources& resources, const std::vector<std::string>& gpus,
               const ExecutorView& executor) {
  free.cpu += resources.cpu;
  free.memory += resources.memory;
  for (const auto& gpu : executor.info.capacity.gpus) {
    const bool was_its = std::find(gpus.begin(), gpus.end(), gpu.uuid) != gpus.end();
    if (was_its && !is_unhealthy(executor, gpu.uuid)) free.gpus.push_back(&gpu);
  }
}

}  // namespace berth
