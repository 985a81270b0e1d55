// What a job needs and what a machine has: CPU, memory, GPUs.
#pragma once

#include "shared/base/limits.hpp"
#include "shared/base/quantity.hpp"
#include "shared/model/description.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace berth {

struct GpuRequest {
  std::uint32_t count = 1;
  std::optional<std::string> type;  // as executors name it, "nvidia/a100", or its vendor; absent: any
  bool operator==(const GpuRequest&) const = default;
};

// A job's request.
struct Resources {
  Millicores cpu{1000};
  Bytes memory = 256_MiB;
  std::optional<GpuRequest> gpu;
  bool operator==(const Resources&) const = default;
};

// One GPU of a machine.
struct Gpu {
  std::string type;  // vendor/model in lower case
  std::string uuid;  // unique on its machine
  Bytes memory{};    // 0: unknown
  bool operator==(const Gpu&) const = default;
};

Complaint check_gpu_type(const std::string& type);

// Whether it is of the type that was asked for, or of the vendor if only that was named.
bool is_wanted(const GpuRequest& request, const Gpu& gpu);

// "2 × nvidia/a100, 1 × amd/mi210"; empty for none.
std::string to_string(const std::vector<Gpu>& gpus);

// What an executor offers in all, and what its live attempts hold of it.
struct Capacity {
  Millicores cpu{};
  Bytes memory{};
  std::vector<Gpu> gpus;
  bool operator==(const Capacity&) const = default;
};

struct Allocated {
  Millicores cpu{};
  Bytes memory{};
  std::uint32_t gpus = 0;
  std::uint32_t jobs = 0;  // live attempts
  bool operator==(const Allocated&) const = default;
};

template <>
struct Description<GpuRequest> {
  static constexpr std::string_view name = "GpuRequest";
  static constexpr auto fields = std::make_tuple(
      field("count", &GpuRequest::count, "How many whole GPUs.").between(1, limits::max_gpus),
      field("type", &GpuRequest::type, "Type such as nvidia/a100, or a vendor; absent means any.")
          .matches("^[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)?$", check_gpu_type));
};

template <>
struct Description<Resources> {
  static constexpr std::string_view name = "Resources";
  static constexpr auto fields = std::make_tuple(
      field("cpu", &Resources::cpu, "Cores, decimal.").between(limits::min_cpu, limits::max_cpu),
      field("memory", &Resources::memory, "Memory: 512MiB, 2GB or bytes. Swap is off.")
          .between(limits::min_memory, limits::max_memory),
      field("gpu", &Resources::gpu, "GPUs; absent means none."));
};

template <>
struct Description<Gpu> {
  static constexpr std::string_view name = "Gpu";
  static constexpr bool open = true;
  static constexpr auto fields =
      std::make_tuple(field("type", &Gpu::type, "Vendor and model, nvidia/a100."),
                      field("uuid", &Gpu::uuid, "The driver's identifier."),
                      field("memory", &Gpu::memory, "Device memory in bytes; 0 if unknown."));
};

template <>
struct Description<Capacity> {
  static constexpr std::string_view name = "Capacity";
  static constexpr bool open = true;
  static constexpr auto fields =
      std::make_tuple(field("cpu", &Capacity::cpu, "Cores offered."),
                      field("memory", &Capacity::memory, "Bytes of memory offered."),
                      field("gpus", &Capacity::gpus, "GPUs offered."));
};

template <>
struct Description<Allocated> {
  static constexpr std::string_view name = "Allocated";
  static constexpr bool open = true;
  static constexpr auto fields =
      std::make_tuple(field("cpu", &Allocated::cpu, "Cores held by live attempts."),
                      field("memory", &Allocated::memory, "Bytes held by live attempts."),
                      field("gpus", &Allocated::gpus, "GPUs held by live attempts."),
                      field("jobs", &Allocated::jobs, "Live attempts."));
};

}  // namespace berth
