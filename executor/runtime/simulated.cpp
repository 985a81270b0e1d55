#include "executor/runtime/simulated.hpp"

#include "shared/base/guards.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <utility>

namespace berth {
namespace {

Error no_such_container(const ContainerIdentity& identity) {
  return {ErrorKind::not_found, "No such container: " + container_name(identity)};
}

std::string_view value_of(const JobDefinition& definition, const std::string& name) {
  const auto found = definition.env.find(name);
  return found == definition.env.end() ? std::string_view("0") : std::string_view(found->second);
}

void end_by_signal(ContainerState& state, int number) {
  state.exit_code = 128 + number;
  state.signal = number;
}

}  // namespace

// Somebody who waits for a container to end or to be removed.
struct SimulatedRuntime::Waiter {
  Waiter(SimulatedRuntime& runtime, const std::string& name)
      : runtime(runtime), wakeup(runtime.executor_), place(runtime.waiters_.emplace(name, this)) {}
  ~Waiter() { runtime.waiters_.erase(place); }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  SimulatedRuntime& runtime;
  Wakeup wakeup;
  std::unordered_multimap<std::string, Waiter*>::iterator place;
};

SimulatedRuntime::SimulatedRuntime(asio::any_io_executor executor, const Clock& clock)
    : executor_(std::move(executor)), clock_(clock) {}

Task<RuntimeInfo> SimulatedRuntime::probe() {
  RuntimeInfo info;
  info.name = "simulated";
  info.version = "runs nothing";
  co_return info;
}

Task<Result<bool>> SimulatedRuntime::has_image(std::string) { co_return true; }

Task<Result<>> SimulatedRuntime::pull(std::string, OnPullProgress) { co_return Result<>{}; }

Result<SimulatedRuntime::Script> SimulatedRuntime::parse_script(const JobDefinition& definition) {
  const auto complaint = [](const std::string& name, const std::string& rule) {
    return Error{ErrorKind::refused, "The simulated runtime can't read " + name + ": it " + rule,
                 "env." + name};
  };
  Script script;
  const auto run = parse_duration(value_of(definition, "SIMULATE_RUN"));
  if (!run) return complaint("SIMULATE_RUN", run.error().message);
  script.run = *run;
  script.timeout = definition.timeout;
  const auto exit_code = parse_integer<int>(value_of(definition, "SIMULATE_EXIT"));
  if (!exit_code || *exit_code < 0 || *exit_code > 255) {
    return complaint("SIMULATE_EXIT", "must be an exit code from 0 to 255");
  }
  script.exit_code = *exit_code;
  const auto output = parse_integer<std::uint64_t>(value_of(definition, "SIMULATE_OUTPUT"));
  if (!output) return complaint("SIMULATE_OUTPUT", "must be a number of bytes");
  script.output = *output;
  return script;
}

Task<Result<>> SimulatedRuntime::create(ContainerSpec spec) {
  const auto script = parse_script(spec.definition);
  if (!script) co_return script.error();
  const auto [place, is_new] = containers_.try_emplace(container_name(spec.identity));
  auto& container = place->second;
  if (is_new) {
    container.state.identity = spec.identity;
    container.script = *script;
  } else if (container.state.identity != spec.identity) {
    co_return Error{ErrorKind::conflict, "The container " + place->first +
                                             " exists and belongs to executor " +
                                             container.state.identity.executor};
  }
  co_return Result<>{};
}

Task<Result<>> SimulatedRuntime::start(ContainerSpec spec, MayStart may_start) {
  const auto there = find(spec.identity);
  if (!there) co_return there.error();
  if ((*there)->state.phase == ContainerPhase::created) {
    const auto allowed = co_await may_start();
    if (!allowed) co_return allowed.error();
    const auto found = find(spec.identity);
    if (!found) co_return found.error();
    auto& container = **found;
    const auto lease = lease_end();
    if (lease && *lease <= clock_.monotonic()) co_return unavailable("The executor's lease is over");
    container.state.phase = ContainerPhase::running;
    container.state.started_at = clock_.wall();
    const auto& script = container.script;
    container.ends_at = clock_.monotonic() + std::min(script.run, script.timeout.value_or(script.run));
  }
  co_return Result<>{};
}

Result<SimulatedRuntime::Container*> SimulatedRuntime::find(const ContainerIdentity& identity) {
  const auto found = containers_.find(container_name(identity));
  if (found == containers_.end()) return no_such_container(identity);
  settle(found->second);
  return &found->second;
}

void SimulatedRuntime::extend_lease(BootTime until) {
  for (auto& [name, container] : containers_) settle(container);
  lease_ = until;
  for (const auto& [name, waiter] : waiters_) waiter->wakeup.notify();
}

std::optional<Monotonic> SimulatedRuntime::lease_end() const {
  if (!lease_) return std::nullopt;
  const auto left = lease_->since_boot - clock_.boot().since_boot;
  return clock_.monotonic() + std::chrono::duration_cast<Monotonic::duration>(left);
}

// Nobody watches a container end: whoever looks at it finds out that its time is over.
void SimulatedRuntime::settle(Container& container) const {
  auto& state = container.state;
  if (state.phase != ContainerPhase::running) return;
  const auto now = clock_.monotonic();
  const auto& script = container.script;
  const auto lease = lease_end();
  if (lease && *lease <= now && *lease < container.ends_at) {
    state.phase = ContainerPhase::exited;
    end_by_signal(state, SIGKILL);
    state.ended_by = EndedBy::lease;
    state.finished_at = clock_.wall() + std::chrono::ceil<Milliseconds>(*lease - now);
    return;
  }
  if (now < container.ends_at) return;
  state.phase = ContainerPhase::exited;
  const bool is_timed_out = script.timeout && *script.timeout < script.run;
  state.exit_code = script.exit_code;
  if (is_timed_out) end_by_signal(state, SIGKILL);
  if (is_timed_out) state.ended_by = EndedBy::timeout;
  state.finished_at = *state.started_at + (is_timed_out ? *script.timeout : script.run);
}

void SimulatedRuntime::wake(const std::string& name) {
  const auto [begin, end] = waiters_.equal_range(name);
  std::for_each(begin, end, [](const auto& entry) { entry.second->wakeup.notify(); });
}

Task<Result<>> SimulatedRuntime::await_exit(ContainerIdentity identity) {
  auto found = find(identity);
  if (!found) co_return found.error();
  if ((*found)->state.phase == ContainerPhase::exited) co_return Result<>{};
  if ((*found)->state.phase == ContainerPhase::created) {
    co_return Error{ErrorKind::conflict,
                    "The container " + container_name(identity) + " hasn't been started"};
  }
  Waiter waiter(*this, container_name(identity));
  while (found && (*found)->state.phase == ContainerPhase::running) {
    const auto lease = lease_end();
    co_await waiter.wakeup.wait(lease ? std::min((*found)->ends_at, *lease) : (*found)->ends_at);
    found = find(identity);
  }
  if (!found) co_return found.error();
  co_return Result<>{};
}

Task<Result<ContainerState>> SimulatedRuntime::wait(ContainerIdentity identity) {
  const auto ended = co_await await_exit(identity);
  if (!ended) co_return ended.error();
  co_return co_await inspect(identity);
}

Task<Result<>> SimulatedRuntime::kill(ContainerIdentity identity, std::string signal) {
  constexpr std::array<std::pair<std::string_view, int>, 4> deadly{
      {{"SIGTERM", 15}, {"TERM", 15}, {"SIGKILL", 9}, {"KILL", 9}}};
  const auto found = find(identity);
  if (!found) co_return found.error();
  auto& state = (*found)->state;
  const std::string name = container_name(identity);
  if (state.phase != ContainerPhase::running) {
    co_return Error{ErrorKind::conflict, "The container " + name + " is not running"};
  }
  for (const auto& [known, number] : deadly) {
    if (signal != known) continue;
    state.phase = ContainerPhase::exited;
    end_by_signal(state, number);
    state.is_signalled = true;
    state.finished_at = clock_.wall();
    wake(name);
  }
  co_return Result<>{};
}

Task<Result<>> SimulatedRuntime::remove(ContainerIdentity identity) {
  if (!is_on(Guard::removal)) {
    std::string signal = "SIGKILL";
    co_await kill(std::move(identity), std::move(signal));
    co_return Result<>{};
  }
  const std::string name = container_name(identity);
  containers_.erase(name);
  wake(name);
  co_return Result<>{};
}

void SimulatedRuntime::end_unseen(const ContainerIdentity& identity) {
  const auto found = find(identity);
  if (!found || (*found)->state.phase != ContainerPhase::running) return;
  auto& state = (*found)->state;
  state.phase = ContainerPhase::exited;
  state.exit_code.reset();
  state.finished_at = clock_.wall();
  wake(container_name(identity));
}

Task<Result<ContainerState>> SimulatedRuntime::inspect(ContainerIdentity identity) {
  const auto found = find(identity);
  if (!found) co_return found.error();
  co_return (*found)->state;
}

Task<Result<std::vector<ContainerState>>> SimulatedRuntime::list(std::string cluster, std::string executor) {
  std::vector<ContainerState> out;
  for (auto& [name, container] : containers_) {
    settle(container);
    const auto& identity = container.state.identity;
    if (identity.cluster == cluster && identity.executor == executor) out.push_back(container.state);
  }
  co_return out;
}

Task<Result<>> SimulatedRuntime::copy_logs(ContainerIdentity identity, std::uint64_t skip, LogSink& sink) {
  constexpr std::uint64_t piece_size = 64u << 10;
  const auto found = find(identity);
  if (!found) co_return found.error();
  const auto total = (*found)->script.output;
  if ((*found)->state.phase != ContainerPhase::created && skip < total) {
    const std::string piece(static_cast<std::size_t>(std::min(piece_size, total - skip)), '.');
    for (auto position = skip; position < total;) {
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), total - position));
      const auto written = co_await sink.write(LogStream::out, std::string_view(piece).substr(0, size));
      if (!written) co_return written.error();
      position += size;
    }
  }
  co_return co_await await_exit(identity);
}

Task<Result<>> SimulatedRuntime::copy_ended_logs(ContainerIdentity identity, std::uint64_t skip,
                                                 LogSink& sink) {
  co_return co_await copy_logs(std::move(identity), skip, sink);  // which waits for nothing then
}

}  // namespace berth
