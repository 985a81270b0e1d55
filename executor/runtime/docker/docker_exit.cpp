// DockerRuntime's half about endings: waiting for an exit, and what to believe of it.
#include "executor/runtime/docker/docker_runtime.hpp"
#include "executor/runtime/docker/incarnation.hpp"
#include "executor/runtime/docker/replies.hpp"
#include "shared/http/multiplexed.hpp"

#include <utility>

namespace berth {

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
    remember_running(name, incarnation, inspection->state.started_at);
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
  const bool may_be_failed_exec = inspection.has_init && (state.exit_code == 126 || state.exit_code == 127);
  if (may_be_failed_exec && state.error.empty()) {
    const auto complaint = docker::init_complaint(co_await short_output(name));
    if (complaint) state.error = *complaint;
  }
  co_return std::move(state);
}

// All that an exited container wrote if it is short, otherwise its beginning or nothing.
Task<std::string> DockerRuntime::short_output(std::string name) {
  constexpr std::size_t enough = 8u << 10;
  const auto opened =
      co_await engine_.open("GET", "/containers/" + http::encode_component(name) + "/logs?stdout=1&stderr=1",
                            deadline_in(read_deadline));
  std::string out;
  if (!opened || (*opened)->head().status != 200) co_return out;
  const auto deadline = deadline_in(read_deadline);
  http::Demultiplexer demultiplexer;
  while (out.size() < enough) {
    const auto piece = co_await (*opened)->read(deadline);
    if (!piece || piece->empty()) break;
    std::string_view rest = *piece;
    while (true) {
      const auto payload = demultiplexer.next(rest);
      if (!payload || !*payload) break;
      out += (*payload)->bytes;
    }
  }
  co_return out;
}

}  // namespace berth
