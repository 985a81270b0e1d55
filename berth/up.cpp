#include "berth/up.hpp"

#include "berth/parts.hpp"
#include "shared/runtime/logging.hpp"
#include "shared/runtime/shutdown.hpp"

#include <spdlog/spdlog.h>

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace berth {
namespace {

using namespace std::chrono_literals;

constexpr Milliseconds store_start = 60s;  // Redis first reads all that it has written

// On one's own machine: one's own files, and what everybody may write anyway.
std::vector<std::string> default_volume_paths() {
  std::vector<std::string> paths;
  if (const char* home = std::getenv("HOME"); home != nullptr && home[0] == '/' && home[1] != '\0') {
    paths.emplace_back(home);
  }
  paths.emplace_back("/tmp");
  std::error_code error;
  const auto here = std::filesystem::current_path(error);
  if (!error && here != "/" && (paths.empty() || here != paths.front())) paths.push_back(here.string());
  return paths;
}

int run_up(const UpFlags& flags) {
  auto data =
      DataDirectory::open(flags.data.empty() ? default_data_path() : std::filesystem::path(flags.data));
  if (!data) {
    complain(data.error());
    return exit_cannot_start;
  }
  asio::io_context loop(1);
  Up up(loop.get_executor(), std::move(*data), flags);
  return run_to_end(loop, up.run());
}

}  // namespace

Task<int> Up::run() {
  Signals signals(executor_);
  auto starting = start();
  const auto started = co_await signals.unless_asked_to_end(std::move(starting));
  if (!started) {
    complain(started.error());
    co_await stop();
    co_return exit_cannot_start;
  }
  greet();
  co_await signals.next();
  std::printf("\nStopping …\n");
  std::fflush(stdout);
  co_await stop();
  std::printf("Stopped. Jobs and history are kept in %s\n", data_.path().c_str());
  co_return 0;
}

Task<Result<>> Up::start() {
  const auto cluster = data_.cluster_name();
  if (!cluster) co_return cluster.error();
  if (!flags_.no_executor) {
    // Before anything is started: without Docker nothing else is of use.
    auto checked = co_await check_runtime();
    if (!checked) co_return checked;
  }
  auto stored = co_await start_store(*cluster);
  if (!stored) co_return stored;
  auto settings = scheduler_settings(flags_.listen, "", flags_.scheduling);
  if (!settings) co_return settings.error();
  settings->alone = true;
  scheduler_ = std::make_unique<SchedulerApp>(executor_, *store_, clock_, *settings);
  auto scheduling = co_await scheduler_->start();
  if (!scheduling) co_return scheduling;
  if (flags_.no_executor) co_return Result<>{};
  auto executing = co_await start_executor(*cluster);
  co_return executing;
}

Task<Result<>> Up::check_runtime() {
  auto runtime = make_runtime(executor_, clock_, flags_.executor, data_.executor_state());
  if (!runtime) co_return runtime.error();
  runtime_ = std::move(*runtime);
  runtime_info_ = co_await runtime_->probe();
  if (!runtime_info_.healthy) co_return unavailable(runtime_advice(runtime_info_.message));
  co_return Result<>{};
}

Task<Result<>> Up::start_store(const std::string& cluster) {
  auto redis = co_await redis_.start();
  if (!redis) co_return redis;
  tasks_.spawn("redis", redis_.supervise());
  RedisFlags flags;
  flags.url = redis_.url();
  flags.cluster = cluster;
  flags.log_dir = flags_.executor.redis.log_dir;
  auto options = redis_options(flags, "berth-up");
  if (!options) co_return options.error();
  options->wait_for_server = true;
  options->sweeps_log_dir = true;
  store_ = std::make_unique<RedisStore>(executor_, std::move(*options), clock_);
  auto started = co_await store_->start(deadline_in(store_start));
  if (!started) {
    started.error().message += "; its log is " + data_.redis_log().string();
  }
  co_return started;
}

Task<Result<>> Up::start_executor(const std::string& cluster) {
  auto settings = executor_settings(flags_.executor, cluster);
  if (!settings) co_return settings.error();
  settings->alone = true;
  if (flags_.executor.name.empty()) {
    auto name = data_.executor_name(settings->name);
    if (!name) co_return name.error();
    settings->name = std::move(*name);
  }
  if (settings->volume_paths.empty()) settings->volume_paths = default_volume_paths();
  executor_app_ = std::make_unique<ExecutorApp>(executor_, *store_, *runtime_, clock_, std::move(*settings));
  auto started = co_await executor_app_->start();
  if (started) tasks_.spawn("executor", run_executor());
  co_return started;
}

Task<> Up::run_executor() {
  co_await executor_app_->run();
  if (executor_app_->failure())
    spdlog::error("the executor has ended: {}", executor_app_->failure()->message);
}

void Up::greet() const {
  std::printf("Berth %s is up. Ctrl-C stops it; running jobs go on and are picked up at the next start.\n\n",
              BERTH_VERSION);
  std::printf("  API        http://%s\n", scheduler_->address().c_str());
  if (executor_app_) {
    const auto& info = executor_app_->info();
    const auto& gpus = info.capacity.gpus;
    const auto gpu_text = gpus.empty() ? std::string() : ", GPUs " + to_string(gpus);
    std::printf("  executor   %s: %s CPUs, %s%s (%s %s)\n", info.name.c_str(),
                to_string(info.capacity.cpu).c_str(), to_string(info.capacity.memory).c_str(),
                gpu_text.c_str(), runtime_info_.name.c_str(), runtime_info_.version.c_str());
    std::string paths;
    for (const auto& path : info.volume_paths) paths += (paths.empty() ? "" : ", ") + path;
    std::printf("  volumes    below %s\n", paths.c_str());
  }
  std::printf("  data       %s\n\n", data_.path().c_str());
  const bool is_default = scheduler_->address() == "127.0.0.1:3625";
  const auto url = is_default ? std::string() : "BERTH_URL=http://" + scheduler_->address() + ' ';
  std::printf("Try: %sberth run busybox echo hello\n", url.c_str());
  std::fflush(stdout);
}

Task<> Up::stop() {
  if (scheduler_) co_await scheduler_->stop();
  if (executor_app_) co_await executor_app_->stop();
  if (store_) co_await store_->close();
  tasks_.cancel();
  co_await tasks_.join();
  co_await redis_.stop();
}

Result<Service> prepare_up(const UpFlags& flags) {
  if (auto logging = setup_logging(flags.log.level, flags.log.format); !logging) return logging.error();
  if (auto scheduler = scheduler_settings(flags.listen, "", flags.scheduling); !scheduler)
    return scheduler.error();
  if (auto executor = executor_settings(flags.executor, ""); !executor) return executor.error();
  return Service([flags] { return run_up(flags); });
}

}  // namespace berth
