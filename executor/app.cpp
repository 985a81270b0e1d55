#include "executor/app.hpp"

#include "executor/core/usage_meter.hpp"
#include "executor/host/disk.hpp"
#include "executor/host/probe.hpp"
#include "shared/runtime/log_subject.hpp"

#include <utility>

namespace berth {
namespace {

Task<RuntimeInfo> probe(ContainerRuntime& runtime) {
  auto info = co_await runtime.probe();
  if (info.healthy) info.disk = measure_disk(info.disk ? info.disk->path : std::string());
  co_return info;
}

Heartbeat::Probe probe_of(ContainerRuntime& runtime) {
  return [&runtime] { return probe(runtime); };
}

Surroundings surroundings_of(asio::any_io_executor executor, Store& store, ContainerRuntime& runtime,
                             Clock& clock, Reporter& reporter, const ExecutorSettings& settings) {
  return {std::move(executor),
          store,
          runtime,
          clock,
          reporter,
          settings.cluster,
          settings.name,
          settings.keeps_all_output ? no_log_limit : limit_of(settings.log_limit)};
}

}  // namespace

ExecutorApp::ExecutorApp(asio::any_io_executor executor, Store& store, ContainerRuntime& runtime,
                         Clock& clock, ExecutorSettings settings)
    : executor_(executor),
      store_(store),
      runtime_(runtime),
      clock_(clock),
      settings_(std::move(settings)),
      reporter_(executor, store, clock, settings_.name),
      attempts_(surroundings_of(executor, store, runtime, clock, reporter_, settings_)),
      lease_(runtime, clock, settings_.lease, [this] { return drop_what_was_lost(); }),
      heartbeat_(store, lease_, probe_of(runtime), [](const std::string& path) { return why_full(path); }),
      gpu_watch_(settings_.gpu_sources),
      inbox_(store, settings_.name, [this](Job record) { attempts_.take(record); }),
      intake_(executor),
      service_(executor),
      look_now_(executor),
      end_(executor),
      ended_(executor) {}

Result<ExecutorInfo> ExecutorApp::describe(RuntimeInfo runtime, const Provisions& provisions) const {
  ExecutorInfo info;
  const auto host = probe_host();
  const bool is_told = settings_.cpu && settings_.memory;
  if (!host && !is_told) {
    const auto advice = "; say what to offer with --cpu and --memory";
    return Error{host.error().kind, "can't measure this machine: " + host.error().message + advice};
  }
  if (host) {
    info.capacity = host->capacity;
    info.host = host->host;
    info.kernel = host->kernel;
  }
  info.capacity.cpu = settings_.cpu.value_or(info.capacity.cpu);
  info.capacity.memory = settings_.memory.value_or(info.capacity.memory);
  for (const auto& device : provisions.gpus) info.capacity.gpus.push_back(device.gpu);
  info.name = settings_.name;
  info.version = BERTH_VERSION;
  info.runtime = std::move(runtime);
  info.runtime.unhealthy_gpus = unhealthy_of(provisions.gpus, provisions.gpus);
  info.labels = settings_.labels;
  info.region = settings_.region;
  info.datacenter = settings_.datacenter;
  info.volume_paths = settings_.volume_paths;
  info.lease = settings_.lease;
  info.registered_at = clock_.wall();
  return info;
}

// What containers can be given here. Declared GPUs have no device behind them.
Task<Result<Provisions>> ExecutorApp::take_stock() {
  Provisions provisions;
  provisions.volume_paths = settings_.volume_paths;
  if (settings_.gpus) {
    for (const auto& gpu : *settings_.gpus) provisions.gpus.push_back({.gpu = gpu});
  } else {
    auto measured = co_await gpu_watch_.first_look();
    if (!measured) co_return measured.error();
    provisions.gpus = std::move(*measured);
  }
  provisions.has_nvidia_driver = has_nvidia_driver(settings_.gpu_sources.root);
  co_return provisions;
}

Task<Result<>> ExecutorApp::start() {
  RuntimeInfo unknown;
  unknown.name = settings_.runtime;
  auto runtime = co_await probe_in_time(probe_of(runtime_), std::move(unknown));
  // Without it nobody knows what runs here, and beginning what runs already would run it twice.
  if (!runtime.healthy) co_return unavailable(runtime.message);

  auto provisions = co_await take_stock();
  if (!provisions) co_return provisions.error();
  auto info = describe(std::move(runtime), *provisions);
  if (!info) co_return info.error();
  info_ = std::move(*info);
  attempts_.provide(std::move(*provisions));
  const auto& gpus = info_.capacity.gpus;
  log_about({info_.name}, spdlog::level::info,
            "executor {}: offers {} cores, {} of memory and {}, runs containers with {} {}", info_.name,
            to_string(info_.capacity.cpu), to_string(info_.capacity.memory),
            gpus.empty() ? "no GPUs" : to_string(gpus), info_.runtime.name, info_.runtime.version);
  const auto enrolled = co_await heartbeat_.enroll(info_, settings_.alone);
  if (!enrolled) co_return enrolled.error();

  service_.spawn("reporter", reporter_.run());
  service_.spawn("reaper", attempts_.reap());
  service_.spawn("heartbeat", beat());
  service_.spawn("runtime watch", watch_runtime());
  if (!settings_.gpus && !gpus.empty()) service_.spawn("gpu watch", watch_gpus());
  service_.spawn("usage watch", watch_usage());

  const auto recovered = co_await look_and_recover();
  if (!recovered) co_return recovered.error();
  if (attempts_.size() > 0)
    log_about({settings_.name}, spdlog::level::info, "executor {}: goes on with {} job(s)", settings_.name,
              attempts_.size());
  co_return Result<>{};
}

Task<> ExecutorApp::run() {
  struct Running {
    ExecutorApp& app;
    ~Running() {
      app.is_running_ = false;
      app.ended_.notify();
    }
  };
  is_running_ = true;
  const Running running{*this};
  intake_.spawn("inbox", inbox_.run());
  intake_.spawn("reconcile", reconcile());
  co_await end_.wait();
  co_await shut_down();
}

Task<> ExecutorApp::stop() {
  end_.notify();
  while (is_running_) co_await ended_.wait();
  co_await shut_down();
}

Task<> ExecutorApp::shut_down() {
  intake_.cancel();
  co_await intake_.join();
  const bool was_serving = service_.size() > 0;
  if (was_serving) {
    const bool is_told = co_await reporter_.drain(deadline_in(limits::shutdown_flush));
    if (!is_told) {
      log_about({settings_.name}, spdlog::level::warn,
                "executor {}: stops before the store knows all; the next start tells it", settings_.name);
    }
  }
  service_.cancel();
  co_await service_.join();
  co_await attempts_.stop();
  // Nobody is there who could run its jobs elsewhere meanwhile.
  if (settings_.alone && was_serving) runtime_.extend_lease(BootTime{std::chrono::nanoseconds::max()});
  if (!failure_) co_await heartbeat_.leave();
}

// --- its duties ---

Task<> ExecutorApp::beat() {
  std::function<void(const std::string&)> on_stop_jobs = [this](const std::string& reason) {
    const auto why = reason.empty() ? "" : " (" + reason + ")";
    attempts_.stop_all({Cause::executor_lost, "stopped because " + settings_.name + " is drained" + why});
  };
  auto lost = co_await heartbeat_.beat(std::move(on_stop_jobs));
  log_about({settings_.name}, spdlog::level::err, "{}", lost.message);
  failure_ = std::move(lost);
  end_.notify();
}

Task<> ExecutorApp::watch_runtime() {
  std::function<void()> on_return = [this] { attempts_.on_runtime_back(); };
  std::function<void()> on_silence = [this] { attempts_.on_runtime_silent(); };
  co_await heartbeat_.watch_runtime(std::move(on_return), std::move(on_silence));
}

Task<> ExecutorApp::watch_gpus() {
  Heartbeat::GpuCheck check = [this] { return gpu_watch_.check(); };
  co_await heartbeat_.watch_gpus(std::move(check));
}

Task<> ExecutorApp::watch_usage() {
  UsageMeter meter;
  while (true) {
    co_await sleep_until(deadline_in(limits::usage_period));
    std::vector<ContainerIdentity> driven;
    for (const auto& [key, scheduled_at] : attempts_.driven())
      driven.push_back({settings_.cluster, settings_.name, key.job, key.number});
    const auto counted = co_await runtime_.counters(std::move(driven));
    co_await throw_if_cancelled();
    // What was told before stands, and stays what the next look is compared with.
    if (counted) heartbeat_.tell_usage(meter.take(*counted));
  }
}

Task<> ExecutorApp::reconcile() {
  while (true) {
    co_await look_now_.wait(deadline_in(limits::reconcile_period));
    const auto recovered = co_await look_and_recover();
    co_await throw_if_cancelled();
    if (!recovered)
      log_about({settings_.name}, spdlog::level::debug, "{}: can't reconcile now: {}", settings_.name,
                recovered.error().message);
  }
}

// Before the lease is taken up again: attempts that the store doesn't call ours must not begin. Neither those
// that are driven, nor those in the inbox from before: of these the records that are live tell, at which
// it looks next.
Task<bool> ExecutorApp::drop_what_was_lost() {
  inbox_.hold();
  auto end = co_await store_.inbox_end(settings_.name);
  if (!end) co_return false;
  const auto live = co_await store_.assigned_jobs(settings_.name);
  if (!live) co_return false;
  const auto driven = attempts_.driven();
  DrivenAttempts ours;
  for (const auto& job : *live) ours.emplace(AttemptKey{job.id, job.attempt}, job.scheduled_at);
  for (const auto& [key, scheduled_at] : driven) {
    const auto found = ours.find(key);
    if (found == ours.end() || found->second != scheduled_at) attempts_.drop(key);
  }
  inbox_.go_on(std::move(*end));
  look_now_.notify();
  co_return true;
}

// In the order that Observed asks for. What was read before the lease was lost and taken up again doesn't say
// whose the attempts are now: then it looks once more.
Task<Result<>> ExecutorApp::look_and_recover() {
  while (true) {
    const auto tenure = lease_.tenure();
    if (tenure % 2 != 0) {
      co_await sleep_until(deadline_in(limits::store_first_retry));
      continue;
    }
    auto observed = co_await look();
    if (!observed) co_return observed.error();
    if (tenure == lease_.tenure()) {
      attempts_.recover(plan_recovery(*observed, attempts_.ended()));
      co_return Result<>{};
    }
  }
}

Task<Result<Observed>> ExecutorApp::look() {
  Observed observed;
  observed.driven_before = attempts_.driven();
  observed.ended_before = attempts_.ended().count();
  auto containers = co_await list_containers();
  if (!containers) co_return containers.error();
  observed.containers = std::move(*containers);
  auto live = co_await store_.assigned_jobs(settings_.name);
  if (!live) co_return live.error();
  observed.live = std::move(*live);
  observed.driven = attempts_.driven();
  co_return observed;
}

Task<Result<std::vector<ContainerView>>> ExecutorApp::list_containers() {
  const auto states = co_await runtime_.list(settings_.cluster, settings_.name);
  if (!states) co_return states.error();
  std::vector<ContainerView> views;
  for (const auto& state : *states) views.push_back(view_of(state));
  co_return views;
}

}  // namespace berth
