#include "executor/link/heartbeat.hpp"

#include "executor/link/retry.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>
#include <variant>

namespace berth {

Heartbeat::Heartbeat(Store& store, Probe probe) : store_(store), probe_(std::move(probe)) {}

Task<Result<>> Heartbeat::enroll(ExecutorInfo info) {
  name_ = info.name;
  runtime_ = info.runtime;
  const auto incarnation = co_await store_.register_executor(std::move(info));
  if (!incarnation) co_return incarnation.error();
  incarnation_ = *incarnation;
  co_return Result<>{};
}

Task<Error> Heartbeat::beat() {
  auto next = std::chrono::steady_clock::now();
  bool is_failing = false;
  while (true) {
    const auto result = co_await store_.heartbeat(name_, incarnation_, runtime_);
    co_await throw_if_cancelled();
    if (!result && result.error().kind == ErrorKind::conflict) {
      co_return Error{ErrorKind::conflict, "another executor has registered as \"" + name_ +
                                               "\", so this one stops; give each machine a "
                                               "name of its own with --name (" +
                                               result.error().message + ")"};
    }
    if (!result && !is_failing) spdlog::warn("{}: heartbeat failed: {}", name_, result.error().message);
    if (result && is_failing) spdlog::info("{}: heartbeat is back", name_);
    is_failing = !result;
    // A call that took long isn't made up for by a burst.
    next = std::max(next + limits::heartbeat, std::chrono::steady_clock::now());
    co_await sleep_until(next);
  }
}

Task<RuntimeInfo> probe_in_time(Heartbeat::Probe probe, RuntimeInfo last_known) {
  using boost::asio::experimental::awaitable_operators::operator||;
  auto answer = co_await (probe() || sleep_until(deadline_in(limits::runtime_probe_call)));
  if (auto* info = std::get_if<0>(&answer)) co_return std::move(*info);
  last_known.healthy = false;
  last_known.message = "the container runtime gave no answer for " + to_string(limits::runtime_probe_call);
  co_return last_known;
}

Task<> Heartbeat::watch_runtime(std::function<void()> on_return) {
  while (true) {
    co_await sleep_until(deadline_in(limits::runtime_probe_period));
    auto info = co_await probe_in_time(probe_, runtime_);
    co_await throw_if_cancelled();
    if (runtime_.healthy && !info.healthy) spdlog::warn("{}: {}", name_, info.message);
    const bool is_back = !runtime_.healthy && info.healthy;
    runtime_ = std::move(info);
    if (!is_back) continue;
    spdlog::info("{}: {} answers again", name_, runtime_.name);
    on_return();
  }
}

}  // namespace berth
