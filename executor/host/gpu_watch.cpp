#include "executor/host/gpu_watch.hpp"

#include "shared/base/limits.hpp"

#include <functional>
#include <utility>

namespace berth {

// What it found, or nothing at the deadline.
Task<GpuWatch::Found> GpuWatch::look(Deadline deadline) {
  auto found = std::make_shared<std::vector<GpuDevice>>();
  std::function<void()> work = [probe = probe_, found] { *found = probe->look(); };
  const bool is_done = co_await off_loop_.run(std::move(work), deadline);
  if (!is_done) co_return nullptr;
  co_return found;
}

Task<Result<std::vector<GpuDevice>>> GpuWatch::first_look() {
  const auto found = co_await look(deadline_in(limits::gpu_first_look));
  if (!found) {
    co_return Error{ErrorKind::timeout, "the GPUs' drivers gave no answer for " +
                                            to_string(limits::gpu_first_look) +
                                            "; leave them out with --gpu none"};
  }
  known_ = *found;
  co_return known_;
}

Task<std::vector<UnhealthyGpu>> GpuWatch::check() {
  const auto found = co_await look(deadline_in(limits::gpu_check));
  if (found) co_return unhealthy_of(known_, *found);
  const auto message = "the GPUs' drivers gave no answer for " + to_string(limits::gpu_check);
  std::vector<UnhealthyGpu> all;
  for (const auto& device : known_) all.push_back({device.gpu.uuid, message});
  co_return all;
}

}  // namespace berth
