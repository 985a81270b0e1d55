#include "executor/runtime/container_runtime.hpp"

namespace berth {

std::string container_name(const ContainerIdentity& identity) {
  return "berth-" + identity.cluster + "-" + to_string(identity.job) + "-" + std::to_string(identity.attempt);
}

Task<std::optional<std::vector<ContainerCounters>>> ContainerRuntime::counters(
    std::vector<ContainerIdentity>) {
  co_return std::vector<ContainerCounters>();
}

}  // namespace berth
