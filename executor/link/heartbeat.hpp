// This executor's sign of life: it registers once, and then raises its beat every limits::heartbeat, which
// renews its lease. The runtime is probed beside that, so that a runtime that hangs is reported and doesn't
// stop the beat, and so is its disk: while that is nearly full, what runs goes on and nothing new is placed.
#pragma once

#include "executor/link/lease.hpp"
#include "shared/runtime/async.hpp"
#include "shared/store/store.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace berth {

class Heartbeat {
 public:
  using Probe = std::function<Task<RuntimeInfo>()>;
  // Why nothing new should be begun on the disk of a path; empty while there is room.
  using RoomCheck = std::function<std::string(const std::string& path)>;

  // Store and lease outlive it.
  Heartbeat(Store& store, Lease& lease, Probe probe, RoomCheck why_full);

  // Writes what the executor is. Must succeed before anything else is called. conflict: another executor of
  // that name lives; its beat is watched for limits::name_patience to tell, unless this one is `alone`. Where
  // the one before had another container runtime, this waits until what ran there has ended with its lease.
  Task<Result<>> enroll(ExecutorInfo info, bool alone);

  // Beats until cancelled, or until the store says that the name isn't ours any more: then it returns why, as
  // an error of kind conflict.
  // `on_stop_jobs` is called, again and again, while the executor is drained and the deadline has passed.
  Task<Error> beat(std::function<void(const std::string& reason)> on_stop_jobs);

  // Tells the store that this one goes in order, so that the next of its name needn't wait. Best effort.
  Task<> leave();

  // Probes the runtime every limits::runtime_probe_period until cancelled. `on_return` is called each time it
  // answers after it didn't; `on_silence` at every probe that fails more than limits::runtime_patience after
  // the first that did.
  Task<> watch_runtime(std::function<void()> on_return, std::function<void()> on_silence);

  // Checks the GPUs every limits::runtime_probe_period until cancelled: the beats tell which aren't well.
  using GpuCheck = std::function<Task<std::vector<UnhealthyGpu>>()>;
  Task<> watch_gpus(GpuCheck check);

  // The next beat tells what the containers use; one that fails doesn't tell it again. That there are none is
  // told once.
  void tell_usage(UsageReport usage);

 private:
  Task<Result<std::uint64_t>> claim_name(std::string name, bool alone);
  void look_at_disk();
  RuntimeInfo told() const;

  Store& store_;
  Lease& lease_;
  Probe probe_;
  RoomCheck why_full_;
  std::string name_;
  std::uint64_t incarnation_ = 0;
  RuntimeInfo runtime_;                       // as last probed
  std::string disk_problem_;                  // as last looked at; empty for none
  std::vector<UnhealthyGpu> unhealthy_gpus_;  // as last checked
  std::optional<UsageReport> usage_;          // still to be told
  bool was_in_use_ = false;                   // by the report before
};

// The probe's answer, or an unhealthy runtime of that name when it takes longer than
// limits::runtime_probe_call.
Task<RuntimeInfo> probe_in_time(Heartbeat::Probe probe, RuntimeInfo last_known);

}  // namespace berth
