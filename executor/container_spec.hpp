// From a job's record to the container that runs its current attempt here.
#pragma once

#include "executor/host/gpus.hpp"
#include "executor/runtime/container_runtime.hpp"
#include "shared/base/result.hpp"
#include "shared/model/job.hpp"

#include <map>
#include <string>
#include <vector>

namespace berth {

// The BERTH_… variables inside the container. BERTH_FENCE is the attempt's number: a later attempt of a job
// always has the larger one, so that an outside system can turn a late writer away. BERTH_GPUS lists the
// uuids of its GPUs, with commas.
std::map<std::string, std::string> berth_environment(const Job& job, const std::string& executor);

// The volumes with the real paths of what they mount, symbolic links resolved. Error refused when one doesn't
// lie in or below one of `allowed`; the message says which paths are.
Result<std::vector<Volume>> resolve_volumes(const std::vector<Volume>& volumes,
                                            const std::vector<std::string>& allowed,
                                            const std::string& executor);

// What this machine and its operator have for containers.
struct Provisions {
  std::vector<std::string> volume_paths;  // host paths below which jobs may mount
  std::vector<GpuDevice> gpus;            // declared ones have neither uuid of a driver nor nodes
  bool has_nvidia_driver = false;         // then images may ask it for all GPUs there are
};

// Errors: those of resolve_volumes(); refused when a GPU of the attempt isn't among the provisions.
Result<ContainerSpec> container_spec(const Job& job, const std::string& cluster, const std::string& executor,
                                     const Provisions& provisions);

}  // namespace berth
