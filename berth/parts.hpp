// Builds what the service verbs have in common out of their flags: names, stores, runtimes, settings.
#pragma once

#include "berth/service_settings.hpp"
#include "executor/runtime/container_runtime.hpp"
#include "executor/settings.hpp"
#include "scheduler/settings.hpp"
#include "shared/redis/redis_store.hpp"

#include <boost/asio/io_context.hpp>

#include <filesystem>
#include <memory>
#include <string>

namespace berth {

std::string host_name();

// Errors of these name the flag at fault.
Result<ExecutorSettings> executor_settings(const ExecutorFlags& flags, std::string cluster);
Result<SchedulerSettings> scheduler_settings(const std::string& listen, const std::string& name,
                                             const SchedulingFlags& scheduling);
Result<std::unique_ptr<ContainerRuntime>> make_runtime(asio::any_io_executor executor, const Clock& clock,
                                                       const ExecutorFlags& flags,
                                                       const std::filesystem::path& state);
// Where an executor keeps its state, unless it is told: one directory for each, so that several share a
// machine.
std::filesystem::path executor_state_path(const ExecutorFlags& flags, const ExecutorSettings& settings);
Result<RedisOptions> redis_options(const RedisFlags& flags, std::string client_name);

// What a person can do when the runtime doesn't answer; `why` are its own words.
std::string runtime_advice(const std::string& why);

// Runs `task` on the loop until it returns: its result is the process's exit code.
int run_to_end(asio::io_context& loop, Task<int> task);

// "berth: …" on stderr.
void complain(const Error& error);

// A service that can't start because of what it was told or finds: one clear line, this exit code.
inline constexpr int exit_cannot_start = 2;

}  // namespace berth
