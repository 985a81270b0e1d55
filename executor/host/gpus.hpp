// The GPUs of this machine: which there are, what a container needs to use one, and whether they are well.
//
// NVIDIA's are found by its management library (nvml.hpp), or in /proc/driver/nvidia where the library is
// missing; AMD's by its compute driver (/sys/class/kfd), Intel's among the display devices
// (/sys/class/drm). Intel's integrated ones, on the processor's own bus, aren't counted: every office machine
// has one.
#pragma once

#include "executor/host/nvml.hpp"
#include "shared/model/executor_info.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace berth {

struct GpuDevice {
  Gpu gpu;
  bool is_nvidia = false;               // handed out by its uuid
  std::vector<std::string> nodes = {};  // others: the device nodes a container needs, "/dev/dri/renderD128"
  std::vector<std::uint32_t> groups = {};  // that own these nodes, but root
  std::string trouble = {};                // why it can't be used now; empty: it is well
  bool operator==(const GpuDevice&) const = default;
};

// Where to look: the machine itself, or what a test put up in its place.
struct GpuSources {
  std::filesystem::path root = "/";
  std::string nvml = "libnvidia-ml.so.1";
};

// Looks at the GPUs, as often as one likes. Blocking: a driver may take seconds, or hang. From one thread at
// a time.
class GpuProbe {
 public:
  explicit GpuProbe(GpuSources sources) : sources_(std::move(sources)) {}

  // Every GPU that can be named, in an order that doesn't change from one look to the next. Nothing found is
  // no error.
  std::vector<GpuDevice> look();

 private:
  std::vector<GpuDevice> look_at_nvidia();

  GpuSources sources_;
  std::unique_ptr<Nvml> nvml_;       // open while all is well: opening may power devices up
  std::size_t most_nvidia_ = 0;      // seen at once
  int nvidia_looks_in_trouble_ = 0;  // in a row
};

// Of those that were known, which `found` shows to be unwell or doesn't have.
std::vector<UnhealthyGpu> unhealthy_of(const std::vector<GpuDevice>& known,
                                       const std::vector<GpuDevice>& found);

// "Tesla V100-SXM2-16GB" of "nvidia" → "nvidia/v100": the vendor, and of the product's name what tells models
// apart; brand, memory and form of the board are left out.
std::string gpu_type(std::string_view vendor, std::string_view product);

// Whether NVIDIA's driver is loaded, whatever it drives.
bool has_nvidia_driver(const std::filesystem::path& root);

// --- the parts, below `root`
std::vector<GpuDevice> nvidia_gpus_in_proc(const std::filesystem::path& root);
std::vector<GpuDevice> amd_gpus(const std::filesystem::path& root);
std::vector<GpuDevice> intel_gpus(const std::filesystem::path& root);

}  // namespace berth
