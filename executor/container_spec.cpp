#include "executor/container_spec.hpp"

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

std::string joined(const std::vector<std::string>& paths) {
  std::string text;
  for (const auto& path : paths) text += (text.empty() ? "" : ", ") + path;
  return text;
}

Error not_allowed(const Volume& volume, const fs::path& real, const std::vector<std::string>& allowed,
                  const std::string& executor) {
  std::string message = "volume " + volume.host + " isn't allowed on executor " + executor;
  if (real != fs::path(volume.host)) message += " (it leads to " + real.string() + ")";
  message += allowed.empty() ? ": its operator allows none; start it with --allow-volume to allow some"
                             : ": its operator allows what lies below " + joined(allowed);
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
      {"BERTH_GPUS", std::to_string(resources.gpu ? resources.gpu->count : 0)},
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
                                     const std::vector<std::string>& volume_paths) {
  auto volumes = resolve_volumes(job.definition.volumes, volume_paths, executor);
  if (!volumes) return volumes.error();
  ContainerSpec spec;
  spec.identity = {cluster, executor, job.id, job.attempt};
  spec.definition = job.definition;
  spec.definition.volumes = std::move(*volumes);
  spec.berth_env = berth_environment(job, executor);
  return spec;
}

}  // namespace berth
