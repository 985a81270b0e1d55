// The port through which an executor runs containers. Docker stands behind it on the main path; `simulated`
// runs nothing and exists for benchmarks and simulations.
//
// Every call has a deadline of its own, and a stuck one never holds up another. Errors: unavailable / timeout
// (the runtime doesn't answer: whether the call took effect is unknown, look again), not_found, conflict,
// refused (the runtime said no: `message` holds its own words), invalid.
#pragma once

#include "executor/core/usage_meter.hpp"
#include "shared/base/result.hpp"
#include "shared/model/executor_info.hpp"
#include "shared/model/job.hpp"
#include "shared/runtime/async.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace berth {

// Which attempt a container belongs to: what its labels say, and what its name is made of.
struct ContainerIdentity {
  std::string cluster;
  std::string executor;
  JobId job;
  std::uint32_t attempt = 0;
  bool operator==(const ContainerIdentity&) const = default;
};

// "berth-<cluster>-<job>-<attempt>": deterministic, so that a create whose answer was lost is found again,
// not repeated.
std::string container_name(const ContainerIdentity& identity);

// What to create: the definition, the variables that Berth adds to its environment, and the devices that the
// container sees: these, and no others.
struct ContainerSpec {
  ContainerIdentity identity;
  JobDefinition definition;
  std::map<std::string, std::string> berth_env;
  std::vector<std::string> nvidia_gpus = {};      // uuids
  std::vector<std::string> device_nodes = {};     // of other GPUs, "/dev/dri/renderD128"
  std::vector<std::uint32_t> device_groups = {};  // that its user needs for these
};

enum class ContainerPhase {
  created,  // the job's process hasn't begun
  running,
  exited
};

// Whose doing the end of a process was, as far as its container knows.
enum class EndedBy {
  itself,
  timeout,  // it was told so, or killed, because its definition's timeout was over
  lease,    // the executor's lease was over
};

struct ContainerState {
  ContainerIdentity identity;
  ContainerPhase phase = ContainerPhase::created;
  // Of an exited container:
  std::optional<int>
      exit_code;              // absent when nobody really saw the exit (the daemon was restarted meanwhile)
  std::optional<int> signal;  // that ended its process; exit_code is then 128 + it
  EndedBy ended_by = EndedBy::itself;
  bool is_signalled = false;  // a signal from outside had reached it, whoever sent it
  bool oom_killed = false;
  std::optional<Bytes> peak_memory;      // the highest use, if known
  std::optional<Milliseconds> cpu_time;  // of all its processes, user and system, if known
  std::string error;                     // a failed start, in words
  // Of one that ran:
  std::optional<WallTime> started_at;
  std::optional<WallTime> finished_at;
};

enum class LogStream : std::uint8_t { out = 1, err = 2 };

// Gets output in the order in which the container wrote it. Waiting in here holds the reading back, and in
// the end the container, once the runtime has as much of it as it keeps.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual Task<Result<>> write(LogStream stream, std::string_view bytes) = 0;
  // Of how many bytes of both streams together, from the first on, nobody needs another copy: the runtime may
  // forget these.
  virtual std::uint64_t stored() const { return 0; }
  // Before the first write: what comes before these places of the two streams, and isn't known here, is gone.
  virtual void leave_out(std::uint64_t /*out*/, std::uint64_t /*err*/) {}
};

// Progress of a pull: bytes done and in all, as far as the runtime knows them.
struct PullProgress {
  Bytes done{};
  Bytes total{};
};
using OnPullProgress = std::function<void(PullProgress)>;

class ContainerRuntime {
 public:
  virtual ~ContainerRuntime() = default;

  // What and which version it is, and whether it answers. Of the disk it says at most where it is.
  virtual Task<RuntimeInfo> probe() = 0;

  virtual Task<Result<bool>> has_image(std::string image) = 0;
  // Pulls an image. Errors: not_found (no such image, in the runtime's own words), unavailable (registry or
  // runtime don't answer), timeout (no progress for a while). Several pulls of one image share one transfer.
  virtual Task<Result<>> pull(std::string image, OnPullProgress on_progress) = 0;

  // Creates the container. If one of that name exists with the same identity, that one is used (success);
  // with another identity it is a conflict. not_found: no such image.
  virtual Task<Result<>> create(ContainerSpec spec) = 0;
  // Starts the container that was created of `spec`, perhaps by an earlier process; success if it runs
  // already. Just before its process begins `may_start` is asked; its error ends the call, and the process
  // will not begin. refused: it can't be started (no such command, a bad mount); words that say "not found"
  // or "permission" tell which.
  using MayStart = std::function<Task<Result<>>()>;
  virtual Task<Result<>> start(ContainerSpec spec, MayStart may_start) = 0;
  // Returns once the container has exited (at once if it has), with its final state. No deadline of its own:
  // it ends with unavailable when contact to the runtime is lost.
  virtual Task<Result<ContainerState>> wait(ContainerIdentity identity) = 0;
  // How long the containers of this executor may live: whoever still runs then ends by itself, whether
  // anybody is there to see it or not. Until it was called for the first time none starts.
  virtual void extend_lease(BootTime until) = 0;
  // Sends a signal to its first process; conflict when it isn't running.
  virtual Task<Result<>> kill(ContainerIdentity identity, std::string signal) = 0;
  // Removes it in whatever state it is, running included; success when it is gone.
  virtual Task<Result<>> remove(ContainerIdentity identity) = 0;

  virtual Task<Result<ContainerState>> inspect(ContainerIdentity identity) = 0;
  // Every container, in whatever state, that carries this cluster's and executor's labels.
  virtual Task<Result<std::vector<ContainerState>>> list(std::string cluster, std::string executor) = 0;

  // What the kernel counts of those of these containers that run. Best effort: one that can't be looked at
  // for next to nothing is left out. Nothing when there was no time to look, which says nothing of any. A
  // runtime that says nothing else can look at none.
  virtual Task<std::optional<std::vector<ContainerCounters>>> counters(
      std::vector<ContainerIdentity> identities);

  // Copies its output to the sink, from its first byte on, skipping the first `skip` bytes of both streams
  // together; follows while it runs and returns success when all that it will ever write has been delivered.
  // refused: all that there is has been, but something is missing, or may be: nobody was there when it ended,
  // or the runtime no longer has what lies behind `skip`.
  virtual Task<Result<>> copy_logs(ContainerIdentity identity, std::uint64_t skip, LogSink& sink) = 0;
  // The same of a container that has exited, in one read without following. timeout: the runtime answers, but
  // doesn't get on with it.
  virtual Task<Result<>> copy_ended_logs(ContainerIdentity identity, std::uint64_t skip, LogSink& sink) = 0;
};

}  // namespace berth
