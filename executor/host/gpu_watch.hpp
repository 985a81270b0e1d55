// Looks at the GPUs without holding up the loop: at start, and again and again to see whether they are well.
#pragma once

#include "executor/host/gpus.hpp"
#include "shared/runtime/off_loop.hpp"

#include <memory>
#include <string>
#include <vector>

namespace berth {

class GpuWatch {
 public:
  explicit GpuWatch(GpuSources sources) : probe_(std::make_shared<GpuProbe>(std::move(sources))) {}

  // Once, before check(): the GPUs of this machine. Error timeout: a driver gave no answer for
  // limits::gpu_first_look.
  Task<Result<std::vector<GpuDevice>>> first_look();

  // Which of those that first_look() found aren't well now. When a driver doesn't answer for
  // limits::gpu_check, whichever it is, none of them is.
  Task<std::vector<UnhealthyGpu>> check();

 private:
  using Found = std::shared_ptr<std::vector<GpuDevice>>;
  Task<Found> look(Deadline deadline);

  std::shared_ptr<GpuProbe> probe_;  // shared with a look that hangs
  std::vector<GpuDevice> known_;
  OffLoop off_loop_;
};

}  // namespace berth
