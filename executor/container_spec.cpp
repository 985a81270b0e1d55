#include "executor/container_spec.hpp"

#include "shared/base/joined.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

namespace berth {
namespace {

namespace fs = std::filesystem;

bool lies_in(const fs::path& path, const fs::path& directory) {
  const auto [end, rest] = std::mismatch(directory.begin(), directory.end(), path.begin(), path.end());
  return end == directory.end();
}

// With links resolved as far as the path exists; Docker makes the rest. No trailing slash.
Result<fs::path> real_path(const std::string& path) {
  std::error_code failure;
  auto real = fs::weakly_canonical(path, failure);
  if (failure) return Error{ErrorKind::refused, "can't look at " + path + ": " + failure.message()};
  return real.has_filename() ? real : real.parent_path();
}

std::vector<std::string> gpus_of(const Job& job) {
  return job.attempts.empty() ? std::vector<std::string>{} : job.attempts.back().gpus;
}

Result<> add_gpus(ContainerSpec& spec, const Job& job, const std::string& executor,
                  const Provisions& provisions) {
  for (const auto& uuid : gpus_of(job)) {
    const auto& all = provisions.gpus;
    const auto device =
        std::find_if(all.begin(), all.end(), [&](const GpuDevice& d) { return d.gpu.uuid == uuid; });
    if (device == all.end()) {
      return Error{ErrorKind::refused,
                   "executor " + executor + " doesn't offer the GPU " + uuid + " any more", "resources.gpu"};
    }
    if (device->is_nvidia) spec.nvidia_gpus.push_back(uuid);
    const auto add_new = [](auto& list, const auto& values) {
      for (const auto& value : values) {
        if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
      }
    };
    add_new(spec.device_nodes, device->nodes);
    add_new(spec.device_groups, device->groups);
  }
  if (!provisions.has_nvidia_driver) return {};
  // Where NVIDIA's runtime is Docker's default, this variable decides what a container sees, and NVIDIA's
  // images set it to "all".
  constexpr auto visible = "NVIDIA_VISIBLE_DEVICES";
  spec.definition.env.erase(visible);
  spec.berth_env[visible] = spec.nvidia_gpus.empty() ? "void" : joined(spec.nvidia_gpus, ",");
  return {};
}

Error not_allowed(const Volume& volume, const fs::path& real, const std::vector<std::string>& allowed,
                  const std::string& executor) {
  std::string message = "volume " + volume.host + " isn't allowed on executor " + executor;
  if (real != fs::path(volume.host)) message += " (it leads to " + real.string() + ")";
  message += allowed.empty() ? ": its operator allows none; start it with --allow-volume to allow some"
                             : ": its operator allows what lies below " + joined(allowed, ", ");
  return {ErrorKind::refused, std::move(message), "volumes"};
}

}  // namespace

std::map<std::string, std::string> berth_environment(const Job& job, const std::string& executor) {
  const auto& resources = job.definition.resources;
  return {
      {"BERTH_JOB_ID", to_string(job.id)},
      {"BERTH_ATTEMPT", std::to_string(job.attempt)},
      {"BERTH_EXECUTOR", executor},
      {"BERTH_FENCE", std::to_string(job.attempt)},
      {"BERTH_GPUS", joined(gpus_of(job), ",")},
      {"BERTH_CPUS", to_string(resources.cpu)},
      {"BERTH_MEMORY_BYTES", std::to_string(resources.memory.value)},
  };
}

Result<std::vector<Volume>> resolve_volumes(const std::vector<Volume>& volumes,
                                            const std::vector<std::string>& allowed,
                                            const std::string& executor) {
  std::vector<Volume> resolved;
  for (const auto& volume : volumes) {
    const auto real = real_path(volume.host);
    if (!real) return real.error();
    const bool is_allowed = std::any_of(allowed.begin(), allowed.end(), [&](const std::string& directory) {
      const auto below = real_path(directory);
      return below && lies_in(*real, *below);
    });
    if (!is_allowed) return not_allowed(volume, *real, allowed, executor);
    resolved.push_back(volume);
    resolved.back().host = real->string();  // a link that is changed later leads nowhere else
  }
  return resolved;
}

Result<ContainerSpec> container_spec(const Job& job, const std::string& cluster, const std::string& executor,
                                     const Provisions& provisions) {
  auto volumes = resolve_volumes(job.definition.volumes, provisions.volume_paths, executor);
  if (!volumes) return volumes.error();
  ContainerSpec spec;
  spec.identity = {cluster, executor, job.id, job.attempt};
  spec.definition = job.definition;
  spec.definition.volumes = std::move(*volumes);
  spec.berth_env = berth_environment(job, executor);
  if (auto added = add_gpus(spec, job, executor, provisions); !added) return added.error();
  return spec;
}

}  // namespace berth
