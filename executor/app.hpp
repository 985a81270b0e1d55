// The executor service: what is built, started and stopped, and in which order.
//
// start   probe the runtime → look at the GPUs → register → list the containers → read the records that are
//         live here → recover (core/recovery.hpp says why in this order). The first heartbeat takes up the
//         lease, remembers where the inbox ends, and has the records looked at once more; run() then reads
//         the inbox from that position on. What was assigned in between comes by either way, or twice, which
//         does no harm.
// stop    no more inbox → tell the store what it doesn't know yet, for at most limits::shutdown_flush →
//         leave the attempts. Their containers run on; the next process of this name takes them over.
#pragma once

#include "executor/attempts.hpp"
#include "executor/host/gpu_watch.hpp"
#include "executor/link/heartbeat.hpp"
#include "executor/link/inbox.hpp"
#include "executor/link/reporter.hpp"
#include "executor/settings.hpp"

#include <optional>
#include <string>

namespace berth {

class ExecutorApp {
 public:
  // Store, runtime and clock outlive the app.
  ExecutorApp(asio::any_io_executor executor, Store& store, ContainerRuntime& runtime, Clock& clock,
              ExecutorSettings settings);

  // Errors: unavailable when the runtime or the store doesn't answer (the message says what was tried),
  // others as the store has them. After an error stop() still has to be awaited.
  Task<Result<>> start();

  // Works until stop() is called, or until it can't go on: then failure() says why.
  Task<> run();

  // Returns once everything has ended. Must be awaited before the app is destroyed; repeating it does
  // nothing.
  Task<> stop();

  // What it registered with. After start().
  const ExecutorInfo& info() const { return info_; }

  // Why run() ended by itself: another executor took over the name.
  const std::optional<Error>& failure() const { return failure_; }

 private:
  Task<Result<Provisions>> take_stock();
  Result<ExecutorInfo> describe(RuntimeInfo runtime, const Provisions& provisions) const;
  Task<> beat();
  Task<> watch_runtime();
  Task<> watch_gpus();
  Task<> watch_usage();
  Task<> reconcile();
  Task<Result<>> look_and_recover();
  Task<Result<Observed>> look();
  Task<Result<std::vector<ContainerView>>> list_containers();
  Task<bool> drop_what_was_lost();
  Task<> shut_down();

  asio::any_io_executor executor_;
  Store& store_;
  ContainerRuntime& runtime_;
  Clock& clock_;
  ExecutorSettings settings_;
  Reporter reporter_;
  Attempts attempts_;
  Lease lease_;
  Heartbeat heartbeat_;
  GpuWatch gpu_watch_;
  ExecutorInfo info_;
  Inbox inbox_;
  std::optional<Error> failure_;
  TaskGroup intake_;   // what brings work: inbox, reconciling
  TaskGroup service_;  // what serves the attempts: reporting, reaping, heartbeat
  Wakeup look_now_;    // at the containers and at the records
  Wakeup end_;
  bool is_running_ = false;
  Wakeup ended_;
};

}  // namespace berth
