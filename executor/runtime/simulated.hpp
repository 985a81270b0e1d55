// A runtime that runs nothing: a container "runs" for as long as its definition says, then it has "exited".
// For benchmarks and simulations only, and it says so in its RuntimeInfo.
//
// What a container does comes from its environment:
//   SIMULATE_RUN     how long it runs ("250ms", "10s"); default 0: it has exited as soon as it is started
//   SIMULATE_EXIT    its exit code, 0 … 255; default 0
//   SIMULATE_OUTPUT  bytes of output, all of them there when it starts; default 0
// A value that can't be read makes create() refuse the container. SIGKILL and SIGTERM end it at once with 128
// + number, and so do its timeout and the end of the lease, as by SIGKILL; other signals do nothing. Every
// image exists.
//
// Deterministic, and no timer is armed unless somebody waits for a container that still runs. Containers live
// in this object and are gone with it. Not thread-safe; must outlive every call.
#pragma once

#include "executor/runtime/container_runtime.hpp"

#include <list>
#include <string>
#include <unordered_map>

namespace berth {

class SimulatedRuntime : public ContainerRuntime {
 public:
  // `clock` gives the times of the states; it must outlive this object.
  SimulatedRuntime(asio::any_io_executor executor, const Clock& clock);

  Task<RuntimeInfo> probe() override;
  Task<Result<bool>> has_image(std::string image) override;
  Task<Result<>> pull(std::string image, OnPullProgress on_progress) override;
  Task<Result<>> create(ContainerSpec spec) override;
  Task<Result<>> start(ContainerSpec spec, MayStart may_start) override;
  void extend_lease(BootTime until) override;
  Task<Result<ContainerState>> wait(ContainerIdentity identity) override;
  // Ends it as a kill -9 of its first process does while no daemon is there to see it: nobody knows how it
  // ended.
  void end_unseen(const ContainerIdentity& identity);
  Task<Result<>> kill(ContainerIdentity identity, std::string signal) override;
  Task<Result<>> remove(ContainerIdentity identity) override;
  Task<Result<ContainerState>> inspect(ContainerIdentity identity) override;
  Task<Result<std::vector<ContainerState>>> list(std::string cluster, std::string executor) override;
  Task<Result<>> copy_logs(ContainerIdentity identity, std::uint64_t skip, LogSink& sink) override;
  Task<Result<>> copy_ended_logs(ContainerIdentity identity, std::uint64_t skip, LogSink& sink) override;

 private:
  // What a container was asked to do.
  struct Script {
    Milliseconds run{};
    std::optional<Milliseconds> timeout;
    int exit_code = 0;
    std::uint64_t output = 0;
  };
  struct Container {
    ContainerState state;  // as of the last look: see settle()
    Script script;
    Monotonic ends_at{};  // of a running one
  };
  struct Waiter;

  static Result<Script> parse_script(const JobDefinition& definition);
  std::optional<Monotonic> lease_end() const;
  Result<Container*> find(const ContainerIdentity& identity);
  void settle(Container& container) const;
  Task<Result<>> await_exit(ContainerIdentity identity);
  void wake(const std::string& name);

  asio::any_io_executor executor_;
  const Clock& clock_;
  std::optional<BootTime> lease_;                          // absent: never extended, and none is needed
  std::unordered_map<std::string, Container> containers_;  // by name
  std::unordered_multimap<std::string, Waiter*> waiters_;  // by name
};

}  // namespace berth
