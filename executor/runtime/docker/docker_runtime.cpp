#include "executor/runtime/docker/docker_runtime.hpp"

#include "executor/runtime/docker/incarnation.hpp"
#include "executor/runtime/docker/replies.hpp"
#include "shared/base/guards.hpp"

#include <cstdlib>
#include <set>
#include <utility>

namespace berth {
namespace {

// Names are made of characters that need no encoding, unless somebody's cluster has an odd name.
std::string container_path(const std::string& name, std::string_view rest = {}) {
  return "/containers/" + http::encode_component(name) + std::string(rest);
}

std::string words_of(const http::Response& reply) { return docker::words_of(reply.status, reply.body); }

}  // namespace

std::string default_docker_host() {
  const char* host = std::getenv("DOCKER_HOST");
  return host != nullptr && *host != '\0' ? host : "unix:///var/run/docker.sock";
}

Result<std::unique_ptr<ContainerRuntime>> make_docker_runtime(asio::any_io_executor executor,
                                                              std::string_view docker_host,
                                                              const std::filesystem::path& state) {
  constexpr std::string_view docker_port = "2375";
  const std::string url = docker_host.empty() ? default_docker_host() : std::string(docker_host);
  auto address = http::parse_address(url, docker_port);
  if (!address) return Error{ErrorKind::invalid, address.error().message, "--docker-host"};
  auto files = docker::InitFiles::open(state);
  if (!files) return files.error();
  return std::unique_ptr<ContainerRuntime>(
      new DockerRuntime(std::move(executor), std::move(*address), std::move(*files)));
}

DockerRuntime::DockerRuntime(asio::any_io_executor executor, http::Address address, docker::InitFiles files)
    : executor_(executor),
      files_(std::move(files)),
      engine_(executor, std::move(address)),
      slots_(executor, changes_at_once, "Docker"),
      removal_slots_(executor, changes_at_once, "Docker"),
      pulls_(executor, engine_) {}

DockerRuntime::~DockerRuntime() {
  for (const auto& [name, output] : outputs_) output->close();
}

Task<RuntimeInfo> DockerRuntime::probe() {
  RuntimeInfo info;
  info.name = "docker";
  const auto facts = co_await engine_.check(deadline_in(probe_deadline));
  info.healthy = facts.has_value();
  if (facts) {
    info.version = facts->version;
    info.id = facts->id;
    info.disk = Disk{facts->root, {}, {}};
    co_await look_at_images();
    for (const auto& [image, size] : images_) {
      info.images.push_back(image);
      info.image_sizes.push_back(size);
    }
  } else {
    info.message = facts.error().message;
  }
  co_return info;
}

// Best effort: where an image is makes a place better, and nothing else depends on it.
Task<> DockerRuntime::look_at_images() {
  if (std::chrono::steady_clock::now() < images_due_) co_return;
  images_due_ = deadline_in(limits::images_look);
  const auto reply = co_await engine_.call("GET", "/images/json", {}, deadline_in(read_deadline));
  if (reply && reply->status == 200) images_ = docker::parse_images(reply->body);
}

Task<Result<bool>> DockerRuntime::has_image(std::string image) {
  std::string path = "/images/" + docker::encode_reference(image) + "/json";
  const auto reply = co_await engine_.call("GET", std::move(path), {}, deadline_in(read_deadline));
  if (!reply) co_return reply.error();
  if (reply->status == 200) co_return true;
  // A reference that isn't one names no image; the pull will say what is wrong with it.
  if (reply->status == 404 || reply->status == 400) co_return false;
  co_return docker::plain_error(reply->status, words_of(*reply));
}

Task<Result<>> DockerRuntime::pull(std::string image, OnPullProgress on_progress) {
  auto result = co_await pulls_.pull(std::move(image), std::move(on_progress), pull_stall);
  images_due_ = {};
  co_return result;
}

// What to put behind berth-init. The image may be changed between this look and the create; then its new name
// is that of an image nobody has asked for yet.
Task<Result<std::vector<std::string>>> DockerRuntime::command_of(JobDefinition definition) {
  docker::ImageCommand image;
  if (docker::needs_image_command(definition)) {
    std::string path = "/images/" + docker::encode_reference(definition.image) + "/json";
    const auto reply = co_await engine_.call("GET", std::move(path), {}, deadline_in(read_deadline));
    if (!reply) co_return reply.error();
    if (reply->status != 200) co_return docker::create_error(reply->status, words_of(*reply));
    auto found = docker::parse_image_command(reply->body);
    if (!found) co_return found.error();
    image = std::move(*found);
  }
  co_return docker::command_of(definition, image);
}

Task<Result<>> DockerRuntime::create(ContainerSpec spec) {
  const auto slot = co_await slots_.acquire(deadline_in(slot_deadline));
  if (!slot) co_return slot.error();
  const auto deadline = deadline_in(change_deadline);
  const auto facts = co_await engine_.facts(deadline);
  if (!facts) co_return facts.error();
  auto command = co_await command_of(spec.definition);
  if (!command) co_return command.error();
  const std::string name = container_name(spec.identity);
  const auto directory = files_.make(name);
  if (!directory) co_return directory.error();
  const docker::InitLaunch launch{directory->string(), std::move(*command)};
  std::string path = "/containers/create?name=" + http::encode_component(name);
  std::string body = docker::create_body(spec, *facts, launch);
  const auto reply = co_await engine_.call("POST", std::move(path), std::move(body), deadline);
  if (!reply) co_return reply.error();
  if (reply->status == 201) {
    Memory fresh;
    fresh.is_fresh = true;
    fresh.id = docker::parse_created_id(reply->body);
    memory_[name] = std::move(fresh);
    co_return Result<>{};
  }
  if (reply->status == 409) co_return co_await adopt(spec.identity);
  auto words = words_of(*reply);
  // Not the job's fault: this daemon runs elsewhere, or sees other directories than we do.
  if (words.find("source path does not exist: " + launch.directory) != std::string::npos) {
    co_return unavailable(words +
                          "; the executor must run on Docker's machine, and see the same directories");
  }
  co_return docker::create_error(reply->status, std::move(words));
}

Task<Result<>> DockerRuntime::adopt(ContainerIdentity identity) {
  const std::string name = container_name(identity);
  const auto found = co_await look(name);
  if (!found) {
    // Gone between the two calls: it was on its way out, and the name is free now.
    if (found.error().kind == ErrorKind::not_found)
      co_return unavailable("The container " + name + " was just removed");
    co_return found.error();
  }
  if (found->state.identity == identity) co_return Result<>{};
  co_return Error{ErrorKind::conflict, "The container " + name + " exists and belongs to executor " +
                                           found->state.identity.executor};
}

Task<Result<>> DockerRuntime::start(ContainerSpec spec, MayStart may_start) {
  const auto slot = co_await slots_.acquire(deadline_in(slot_deadline));
  if (!slot) co_return slot.error();
  const std::string name = container_name(spec.identity);
  const auto known = memory_.find(name);
  const bool is_fresh = known != memory_.end() && std::exchange(known->second.is_fresh, false);
  bool is_held = false;  // it runs already, and its init waits
  if (!is_fresh) {
    const auto found = co_await look(name);
    if (!found) co_return found.error();
    if (found->state.phase != ContainerPhase::created) co_return Result<>{};
    is_held = found->is_held;
  }
  auto link = docker::InitLink::listen(executor_, files_.directory(name));
  if (!link) co_return link.error();
  if (!is_held) {
    const auto started = co_await start_container(spec.identity);
    if (!started) co_return started;
  }
  auto released =
      co_await release(name, docker::go_for(spec.definition), std::move(*link), std::move(may_start));
  co_return released;
}

Task<Result<>> DockerRuntime::start_container(ContainerIdentity identity) {
  const std::string name = container_name(identity);
  const auto reply =
      co_await engine_.call("POST", container_path(name, "/start"), {}, deadline_in(change_deadline));
  if (!reply) co_return reply.error();
  if (reply->status == 204 || reply->status == 304) co_return Result<>{};
  auto error = docker::start_error(reply->status, words_of(*reply));
  if (error.kind != ErrorKind::conflict || files_.record(name).has_begun()) co_return error;
  // This one will never start, and its init was told nothing: another in its place may. Where the daemon ends
  // before it says that this one is gone, the next create finds out.
  const auto removed = co_await remove(identity);
  if (!removed && !is_transient(removed.error())) co_return removed;
  error.kind = ErrorKind::not_found;
  co_return error;
}

Task<Result<>> DockerRuntime::release(std::string name, berth_go go, docker::InitLink link,
                                      MayStart may_start) {
  docker::Given given;
  given[berth_record] = files_.open_record(name);
  if (!given[berth_record].is_open()) co_return unavailable("the record of " + name + " can't be opened");
  forget_output(name);  // of an earlier word, which didn't come to init
  auto output = docker::JobOutput::open(executor_, files_.output_directory(name));
  if (!output) co_return output.error();
  const auto opened = (*output)->open_ends(given);
  if (!opened) co_return opened.error();
  outputs_[name] = *output;
  const std::string incarnation = engine_.incarnation();
  const auto answer = co_await link.release(go, given, std::move(may_start), deadline_in(release_deadline));
  if (answer && *answer != 0) co_return docker::execution_error(*answer);
  if (!answer) {
    // It may have been told by an earlier call: then it calls no more, and the record says so.
    if (!files_.record(name).has_begun()) co_return answer.error();
  }
  (*output)->begin();
  remember_running(name, incarnation, std::nullopt);
  if (link.caller() > 0) memory_[name].pid = link.caller();
  co_return Result<>{};
}

Task<Result<>> DockerRuntime::kill(ContainerIdentity identity, std::string signal) {
  const std::string name = container_name(identity);
  std::string path = container_path(name, "/kill?signal=" + http::encode_component(signal));
  const auto reply = co_await engine_.call("POST", std::move(path), {}, deadline_in(change_deadline));
  if (!reply) co_return reply.error();
  if (reply->status == 204) co_return Result<>{};
  co_return docker::plain_error(reply->status, words_of(*reply));
}

Task<Result<>> DockerRuntime::remove(ContainerIdentity identity) {
  const auto slot = co_await removal_slots_.acquire(deadline_in(slot_deadline));
  if (!slot) co_return slot.error();
  const std::string name = container_name(identity);
  if (!is_on(Guard::removal)) {
    const auto stopped =
        co_await engine_.call("POST", container_path(name, "/stop?t=0"), {}, deadline_in(change_deadline));
    if (!stopped) co_return stopped.error();
    co_return Result<>{};
  }
  const auto reply =
      co_await engine_.call("DELETE", container_path(name, "?force=1&v=1"), {}, deadline_in(change_deadline));
  if (!reply) co_return reply.error();
  if (reply->status == 409) {
    const auto gone = co_await await_removal(name);
    if (!gone) co_return gone.error();
  } else if (reply->status != 204 && reply->status != 404) {
    co_return docker::plain_error(reply->status, words_of(*reply));
  }
  memory_.erase(name);
  forget_output(name);
  files_.remove(name);
  co_return Result<>{};
}

// Somebody else is removing it: over when it is gone.
Task<Result<>> DockerRuntime::await_removal(std::string name) {
  const auto reply = co_await engine_.call("POST", container_path(name, "/wait?condition=removed"), {},
                                           deadline_in(change_deadline));
  if (!reply) co_return reply.error();
  if (reply->status == 404) co_return Result<>{};
  const auto found = co_await look(name);
  if (!found && found.error().kind == ErrorKind::not_found) co_return Result<>{};
  co_return unavailable("Docker is still removing the container " + name);
}

Task<Result<ContainerState>> DockerRuntime::inspect(ContainerIdentity identity) {
  auto found = co_await look(container_name(identity));
  if (!found) co_return found.error();
  co_return co_await conclude(std::move(*found), false);
}

Task<Result<std::vector<ContainerState>>> DockerRuntime::list(std::string cluster, std::string executor) {
  std::string path =
      "/containers/json?all=1&filters=" + http::encode_component(docker::list_filters(cluster, executor));
  const auto reply = co_await engine_.call("GET", std::move(path), {}, deadline_in(read_deadline));
  if (!reply) co_return reply.error();
  if (reply->status != 200) co_return docker::plain_error(reply->status, words_of(*reply));
  const auto listed = docker::parse_list(reply->body);
  if (!listed) co_return listed.error();
  std::set<std::string> names;
  for (const auto& entry : *listed) names.insert(container_name(entry.identity));
  // Of one that somebody took away, its record and what is left of its output are still to be read.
  for (const auto& [name, output] : outputs_) names.insert(name);
  files_.keep_only(names);
  std::vector<ContainerState> out;
  bool is_silent = false;
  for (const auto& entry : *listed) {
    ContainerState state;
    state.identity = entry.identity;
    state.phase = entry.phase;
    const bool is_running = entry.phase == ContainerPhase::running;
    const auto known = memory_.find(container_name(entry.identity));
    const bool is_known = is_running && known != memory_.end() && known->second.was_running;
    if (is_known) state.started_at = known->second.started_at;
    const bool must_ask = entry.phase == ContainerPhase::exited || (is_running && !is_known);
    if (must_ask && !is_silent) {
      auto found = co_await inspect(entry.identity);
      if (!found && found.error().kind == ErrorKind::not_found) continue;  // removed meanwhile
      if (found) state = std::move(*found);
      is_silent = !found;
    }
    // One container that Docker can't tell about must not keep the others from their owners, nor each of many
    // cost a deadline: as running ones they are waited for, and so asked about again.
    if (must_ask && is_silent) state.phase = ContainerPhase::running;
    out.push_back(std::move(state));
  }
  co_return out;
}

}  // namespace berth
