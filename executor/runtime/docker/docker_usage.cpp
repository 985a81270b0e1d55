// DockerRuntime's part about what containers use. Docker isn't asked, which takes long to answer for each of
// them; where they are it has told already. The kernel's files are read on a thread of their own.
#include "executor/runtime/docker/docker_runtime.hpp"
#include "shared/base/limits.hpp"

#include <functional>
#include <utility>

namespace berth {

// Shared with the thread that carries it out.
struct DockerRuntime::Look {
  struct Container {
    AttemptKey attempt;
    std::string name;
    std::string id;
    int pid = 0;
    std::optional<ContainerCgroup> cgroup;
    std::optional<CgroupCounters> counters;
    Monotonic at{};
  };
  std::vector<Container> containers;

  void carry_out() {
    for (auto& container : containers) {
      if (!container.cgroup) container.cgroup = find_container_cgroup(container.pid, container.id);
      if (!container.cgroup) continue;
      container.counters = read_counters(*container.cgroup);
      container.at = std::chrono::steady_clock::now();
    }
  }
};

Task<std::optional<std::vector<ContainerCounters>>> DockerRuntime::counters(
    std::vector<ContainerIdentity> identities) {
  const auto look = std::make_shared<Look>();
  for (const auto& identity : identities) {
    auto name = container_name(identity);
    const auto known = memory_.find(name);
    if (known == memory_.end()) continue;
    const auto& memory = known->second;
    if (!memory.was_running || memory.has_no_cgroup || memory.id.empty() || memory.pid == 0) continue;
    Look::Container container;
    container.attempt = {identity.job, identity.attempt};
    container.name = std::move(name);
    container.id = memory.id;
    container.pid = memory.pid;
    container.cgroup = memory.cgroup;
    look->containers.push_back(std::move(container));
  }
  std::vector<ContainerCounters> out;
  if (look->containers.empty()) co_return out;
  std::function<void()> work = [look] { look->carry_out(); };
  const bool is_done = co_await looks_.run(std::move(work), deadline_in(limits::usage_look));
  if (!is_done) co_return std::nullopt;
  for (const auto& container : look->containers) {
    if (const auto known = memory_.find(container.name); known != memory_.end()) {
      known->second.cgroup = container.cgroup;
      known->second.has_no_cgroup = !container.cgroup;
    }
    if (!container.counters) continue;
    const auto& [cpu_time, memory] = *container.counters;
    out.push_back({container.attempt, container.at, cpu_time, memory});
  }
  co_return out;
}

}  // namespace berth
