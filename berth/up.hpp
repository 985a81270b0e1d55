// `berth up`: everything on one machine. A private Redis, a scheduler and an executor, started in that order.
// Stopped goes first what lets new work in: the API, then placing, then the executor, and Redis last.
#pragma once

#include "berth/data_directory.hpp"
#include "berth/private_redis.hpp"
#include "berth/service_settings.hpp"
#include "executor/app.hpp"
#include "scheduler/app.hpp"
#include "shared/redis/redis_store.hpp"
#include "shared/runtime/task_group.hpp"

#include <memory>
#include <optional>
#include <string>

namespace berth {

class Up {
 public:
  Up(asio::any_io_executor executor, DataDirectory data, UpFlags flags)
      : executor_(executor),
        data_(std::move(data)),
        flags_(std::move(flags)),
        redis_(executor, data_),
        tasks_(executor) {}

  // Starts, waits for Ctrl-C or SIGTERM, stops; returns the process's exit code.
  Task<int> run();

 private:
  Task<Result<>> start();
  Task<Result<>> start_store(const std::string& cluster);
  Task<Result<>> start_executor(const std::string& cluster);
  Task<Result<>> check_runtime();
  Task<> run_executor();
  void greet() const;
  Task<> stop();

  asio::any_io_executor executor_;
  DataDirectory data_;
  UpFlags flags_;
  SystemClock clock_;
  std::unique_ptr<ContainerRuntime> runtime_;
  RuntimeInfo runtime_info_;
  PrivateRedis redis_;
  std::unique_ptr<RedisStore> store_;
  std::unique_ptr<SchedulerApp> scheduler_;
  std::unique_ptr<ExecutorApp> executor_app_;
  TaskGroup tasks_;
};

// Checks the flags; an error names the one at fault.
Result<Service> prepare_up(const UpFlags& flags);

}  // namespace berth
