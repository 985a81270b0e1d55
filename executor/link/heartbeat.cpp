#include "executor/link/heartbeat.hpp"

#include "executor/link/retry.hpp"
#include "shared/runtime/log_subject.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>

#include <algorithm>
#include <utility>
#include <variant>

namespace berth {

namespace {

bool holds(const std::vector<UnhealthyGpu>& gpus, const std::string& uuid) {
  return std::any_of(gpus.begin(), gpus.end(), [&](const UnhealthyGpu& gpu) { return gpu.uuid == uuid; });
}

void log_changes(const std::string& name, const std::vector<UnhealthyGpu>& before,
                 const std::vector<UnhealthyGpu>& after) {
  for (const auto& gpu : after) {
    if (!holds(before, gpu.uuid))
      log_about({name}, spdlog::level::warn, "{}: takes the GPU {} out of use: {}", name, gpu.uuid,
                gpu.message);
  }
  for (const auto& gpu : before) {
    if (!holds(after, gpu.uuid))
      log_about({name}, spdlog::level::info, "{}: the GPU {} is well again", name, gpu.uuid);
  }
}

Task<Result<RegisteredExecutor>> find(Store& store, std::string name) {
  auto executors = co_await store.executors();
  if (!executors) co_return executors.error();
  for (auto& executor : *executors) {
    if (executor.info.name == name) co_return std::move(executor);
  }
  RegisteredExecutor nobody;
  nobody.has_left = true;
  co_return nobody;
}

}  // namespace

Heartbeat::Heartbeat(Store& store, Lease& lease, Probe probe, RoomCheck why_full)
    : store_(store), lease_(lease), probe_(std::move(probe)), why_full_(std::move(why_full)) {}

void Heartbeat::look_at_disk() {
  auto problem = runtime_.disk ? why_full_(runtime_.disk->path) : std::string();
  if (problem.empty() && !disk_problem_.empty())
    log_about({name_}, spdlog::level::info, "{}: there is room on the disk again", name_);
  if (!problem.empty() && problem != disk_problem_)
    log_about({name_}, spdlog::level::warn, "{}: {}", name_, problem);
  disk_problem_ = std::move(problem);
}

// What the store shall know of the runtime.
RuntimeInfo Heartbeat::told() const {
  auto info = runtime_;
  info.unhealthy_gpus = unhealthy_gpus_;
  if (info.healthy && !disk_problem_.empty()) {
    info.healthy = false;
    info.message = disk_problem_;
  }
  return info;
}

// The incarnation that held the name and is gone; 0 if there was none.
Task<Result<std::uint64_t>> Heartbeat::claim_name(std::string name, bool alone) {
  const auto before = co_await find(store_, name);
  if (!before) co_return before.error();
  // Containers that can't be seen from here may run on until their lease ends, whether or not their executor
  // left in order.
  const auto& runtime = before->info.runtime.id;
  const bool sees_what_it_had = runtime.empty() || runtime == runtime_.id;
  if (alone || (before->has_left && sees_what_it_had)) co_return before->incarnation;
  const auto patience = sees_what_it_had ? limits::name_patience : limits::lost_after(before->info.lease);
  log_about({name}, spdlog::level::info,
            "{}: the executor that had this name{} may be alive: waiting {} to see", name,
            sees_what_it_had ? "" : ", on another machine,", to_string(patience));
  co_await sleep_until(deadline_in(patience));
  const auto after = co_await find(store_, name);
  if (!after) co_return after.error();
  if (after->beat != before->beat && !after->has_left) {
    co_return Error{ErrorKind::conflict, "an executor named \"" + name + "\" is alive on host " +
                                             after->info.host +
                                             "; give this one a name of its own with --name"};
  }
  co_return after->incarnation;
}

Task<Result<>> Heartbeat::enroll(ExecutorInfo info, bool alone) {
  name_ = info.name;
  runtime_ = info.runtime;
  unhealthy_gpus_ = info.runtime.unhealthy_gpus;
  look_at_disk();
  info.runtime = told();
  const auto seen = co_await claim_name(name_, alone);
  if (!seen) co_return seen.error();
  const auto incarnation = co_await store_.register_executor(std::move(info), *seen);
  if (!incarnation) co_return incarnation.error();
  incarnation_ = *incarnation;
  co_return Result<>{};
}

Task<> Heartbeat::leave() { co_await store_.leave_executor(name_, incarnation_); }

Task<Error> Heartbeat::beat(std::function<void(const std::string& reason)> on_stop_jobs) {
  auto next = loop_now();
  bool is_failing = false;
  std::optional<RuntimeInfo> known;  // what the store has
  while (true) {
    auto now = told();
    std::optional<RuntimeInfo> news;
    if (now != known) news = now;
    const auto term = lease_.term();
    auto usage = std::exchange(usage_, std::nullopt);
    const auto result = co_await store_.heartbeat(name_, incarnation_, std::move(news), std::move(usage));
    known.reset();  // after a failure nobody knows
    if (result) known = std::move(now);
    co_await throw_if_cancelled();
    if (!result && result.error().kind == ErrorKind::conflict) {
      co_return Error{ErrorKind::conflict, name_ + ": this executor stops: " + result.error().message};
    }
    if (!result && !is_failing)
      log_about({name_}, spdlog::level::warn, "{}: heartbeat failed: {}", name_, result.error().message);
    if (result) co_await lease_.renew(term);
    if (result && result->stop_jobs) on_stop_jobs(*result->stop_jobs);
    if (result && is_failing) log_about({name_}, spdlog::level::info, "{}: heartbeat is back", name_);
    is_failing = !result;
    // A call that took long isn't made up for by a burst.
    next = std::max(next + limits::heartbeat, loop_now());
    co_await sleep_until(next);
  }
}

void Heartbeat::tell_usage(UsageReport usage) {
  const bool is_in_use = usage.measured > 0;
  if (std::exchange(was_in_use_, is_in_use) || is_in_use) usage_ = std::move(usage);
}

Task<RuntimeInfo> probe_in_time(Heartbeat::Probe probe, RuntimeInfo last_known) {
  using boost::asio::experimental::awaitable_operators::operator||;
  auto answer = co_await (probe() || sleep_until(deadline_in(limits::runtime_probe_call)));
  if (auto* info = std::get_if<0>(&answer)) co_return std::move(*info);
  last_known.healthy = false;
  last_known.message = "the container runtime gave no answer for " + to_string(limits::runtime_probe_call);
  co_return last_known;
}

Task<> Heartbeat::watch_runtime(std::function<void()> on_return, std::function<void()> on_silence) {
  std::optional<Monotonic> silent_since;
  while (true) {
    co_await sleep_until(deadline_in(limits::runtime_probe_period));
    const auto asked = loop_now();
    auto info = co_await probe_in_time(probe_, runtime_);
    co_await throw_if_cancelled();
    if (runtime_.healthy && !info.healthy)
      log_about({name_}, spdlog::level::warn, "{}: {}", name_, info.message);
    const bool is_back = !runtime_.healthy && info.healthy;
    runtime_ = std::move(info);
    look_at_disk();
    if (runtime_.healthy) silent_since.reset();
    if (!runtime_.healthy && !silent_since) silent_since = asked;
    if (silent_since && loop_now() - *silent_since >= limits::runtime_patience) on_silence();
    if (!is_back) continue;
    log_about({name_}, spdlog::level::info, "{}: {} answers again", name_, runtime_.name);
    on_return();
  }
}

Task<> Heartbeat::watch_gpus(GpuCheck check) {
  while (true) {
    co_await sleep_until(deadline_in(limits::runtime_probe_period));
    auto unhealthy = co_await check();
    co_await throw_if_cancelled();
    log_changes(name_, unhealthy_gpus_, unhealthy);
    unhealthy_gpus_ = std::move(unhealthy);
  }
}

}  // namespace berth
