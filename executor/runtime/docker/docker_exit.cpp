// DockerRuntime's half about endings: waiting for an exit, and what to believe of it.
#include "executor/runtime/docker/docker_runtime.hpp"
#include "executor/runtime/docker/incarnation.hpp"
#include "executor/runtime/docker/replies.hpp"

#include <csignal>
#include <tuple>
#include <utility>

namespace berth {
namespace {

constexpr int killed_code = 128 + SIGKILL;

// A container whose init still waits for the executor's word: nothing of the job has begun.
void hold_back(docker::Inspection& inspection, const InitRecord& record) {
  if (record.has_begun()) return;
  inspection.is_held = true;
  inspection.state.phase = ContainerPhase::created;
  inspection.state.started_at.reset();
}

// A container whose start failed because its daemon was ending: the daemon keeps those words as the
// container's error. As nothing of the job has begun, the next start may go well, or tell that another
// container is needed.
bool may_start_yet(const docker::Inspection& inspection, const InitRecord& record) {
  const auto& error = inspection.state.error;
  return !error.empty() && !record.has_begun() && docker::start_error(500, error).kind != ErrorKind::refused;
}

EndedBy ended_by(InitRecord::Why why) {
  switch (why) {
    case InitRecord::Why::timeout:
      return EndedBy::timeout;
    case InitRecord::Why::lease:
      return EndedBy::lease;
    case InitRecord::Why::itself:
      break;
  }
  return EndedBy::itself;
}

// Writes into the state what the record knows of its ending; false when that is nothing.
bool tell(ContainerState& state, const InitRecord& record) {
  if (record.failed) {
    const auto error = docker::execution_error(record.failed->error);
    state.exit_code.reset();
    state.error = error.message;
    state.finished_at = record.failed->at;
    return true;
  }
  if (!record.has_begun()) {
    // Init went before it was given the word: because the lease ended, or because somebody removed it.
    state.exit_code.reset();
    state.ended_by = EndedBy::lease;
    return true;
  }
  state.is_signalled = record.is_signalled;
  if (!record.ended) return false;
  const auto& ending = *record.ended;
  state.exit_code = ending.by_signal ? 128 + ending.number : ending.number;
  if (ending.by_signal) state.signal = ending.number;
  state.ended_by = ended_by(ending.why);
  state.oom_killed = state.oom_killed || ending.oom_kills > 0;
  if (ending.peak_memory.value > 0) state.peak_memory = ending.peak_memory;
  // An init that can't read its cgroup counts what it has waited for: nothing yet of what it has just killed.
  const bool is_counted = ending.cpu_time > Milliseconds{0} || ending.why == InitRecord::Why::itself;
  if (is_counted) state.cpu_time = ending.cpu_time;
  state.finished_at = ending.at;
  if (record.started) state.started_at = record.started;
  return true;
}

}  // namespace

void DockerRuntime::remember_running(const std::string& name, const std::string& incarnation,
                                     std::optional<WallTime> started_at) {
  auto& memory = memory_[name];
  memory.was_running = true;
  memory.incarnation = incarnation;
  if (started_at) memory.started_at = started_at;
}

Task<Result<docker::Inspection>> DockerRuntime::look(std::string name) {
  const std::string incarnation = engine_.incarnation();
  const auto reply = co_await engine_.call("GET", "/containers/" + http::encode_component(name) + "/json", {},
                                           deadline_in(read_deadline));
  if (!reply) co_return reply.error();
  if (reply->status != 200) {
    co_return docker::plain_error(reply->status, docker::words_of(reply->status, reply->body));
  }
  auto inspection = docker::parse_inspection(reply->body);
  if (inspection && inspection->state.phase == ContainerPhase::running) {
    const auto record = inspection->has_init ? files_.record(name) : InitRecord{};
    if (inspection->has_init) hold_back(*inspection, record);
    // At once, whoever asks: its job may wait for somebody who empties its pipes. What is in the way of that
    // is told to who copies its output.
    if (record.is_piped) std::ignore = output_of(name);
    if (!inspection->is_held) remember_running(name, incarnation, inspection->state.started_at);
    auto& memory = memory_[name];
    memory.id = inspection->id;
    if (memory.pid == 0) memory.pid = inspection->pid;
  } else if (inspection && inspection->has_init && may_start_yet(*inspection, files_.record(name))) {
    ContainerState created;
    created.identity = std::move(inspection->state.identity);
    inspection->state = std::move(created);
  }
  co_return inspection;
}

Task<Result<ContainerState>> DockerRuntime::wait(ContainerIdentity identity) {
  const std::string name = container_name(identity);
  while (true) {
    // Usually start() was here just before, and this costs no call.
    const auto known = memory_.find(name);
    const bool is_known_running = known != memory_.end() && known->second.was_running &&
                                  known->second.incarnation == engine_.incarnation();
    if (!is_known_running) {
      auto found = co_await look(name);
      if (!found) co_return found.error();
      if (found->state.phase == ContainerPhase::exited) co_return co_await conclude(std::move(*found), false);
      if (found->state.phase == ContainerPhase::created) {
        co_return Error{ErrorKind::conflict, "The container " + name + " hasn't been started"};
      }
    }
    const auto ended = co_await await_exit(name);
    if (!ended) co_return ended.error();
    auto found = co_await look(name);
    if (!found) co_return found.error();
    // A daemon that goes down ends waits early (moby#27987): then the container runs still, and the next wait
    // decides.
    if (found->state.phase == ContainerPhase::exited) co_return co_await conclude(std::move(*found), true);
  }
}

// One wait request, for as long as it takes.
Task<Result<>> DockerRuntime::await_exit(std::string name) {
  std::string path = "/containers/" + http::encode_component(name) + "/wait?condition=not-running";
  const auto opened = co_await engine_.open("POST", std::move(path), deadline_in(change_deadline));
  if (!opened) co_return opened.error();
  auto& stream = **opened;
  const unsigned status = stream.head().status;
  std::string body;
  while (true) {
    const auto piece = co_await stream.read(no_deadline);
    if (!piece) co_return engine_.out_of_reach(piece.error());
    if (piece->empty()) break;
    body += *piece;
  }
  if (status != 200) co_return docker::plain_error(status, docker::words_of(status, body));
  if (body.empty()) co_return unavailable("Docker broke off the wait for the container " + name);
  co_return Result<>{};
}

Task<Result<ContainerState>> DockerRuntime::conclude(docker::Inspection inspection, bool wait_was_unbroken) {
  auto& state = inspection.state;
  if (state.phase != ContainerPhase::exited) co_return std::move(state);
  const std::string name = container_name(state.identity);
  const auto record = files_.record(name);
  if (inspection.has_init && tell(state, record)) co_return std::move(state);
  auto& memory = memory_[name];
  docker::ExitEvidence evidence;
  evidence.created_under = inspection.incarnation;
  evidence.seen_running = memory.was_running;
  evidence.seen_running_under = memory.incarnation;
  evidence.current = engine_.incarnation();
  evidence.wait_was_unbroken = wait_was_unbroken;
  if (!memory.exit_seen && !docker::is_exit_believed(evidence)) {
    state.exit_code.reset();
    co_return std::move(state);
  }
  memory.exit_seen = true;
  // Nothing but SIGKILL from outside, or the kernel's want of memory, ends init without a word.
  if (inspection.has_init && state.exit_code == killed_code) {
    state.signal = SIGKILL;
    state.is_signalled = true;
  }
  co_return std::move(state);
}

}  // namespace berth
