#include "executor/runtime/docker/wire.hpp"

#include "executor/core/exit_cause.hpp"
#include "executor/runtime/docker/json_access.hpp"
#include "shared/base/limits.hpp"
#include "shared/http/message.hpp"
#include "shared/model/image_name.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <utility>

namespace berth::docker {
namespace {

constexpr std::string_view cluster_label = "berth.cluster";
constexpr std::string_view executor_label = "berth.executor";
constexpr std::string_view job_label = "berth.job";
constexpr std::string_view attempt_label = "berth.attempt";
constexpr std::string_view daemon_label = "berth.daemon";
constexpr std::string_view init_path = BERTH_INIT_DIRECTORY "/init";

// What ordinary images need to change users, own files and bind low ports. Docker grants MKNOD, NET_RAW and
// SETFCAP on top of these.
constexpr std::array<std::string_view, 11> capabilities{"AUDIT_WRITE", "CHOWN",  "DAC_OVERRIDE",     "FOWNER",
                                                        "FSETID",      "KILL",   "NET_BIND_SERVICE", "SETGID",
                                                        "SETPCAP",     "SETUID", "SYS_CHROOT"};

json::array strings(const std::vector<std::string>& values) {
  json::array out;
  for (const auto& value : values) out.emplace_back(value);
  return out;
}

json::object labels_of(const ContainerIdentity& identity, const std::string& incarnation) {
  return {{cluster_label, identity.cluster},
          {executor_label, identity.executor},
          {job_label, to_string(identity.job)},
          {attempt_label, std::to_string(identity.attempt)},
          {daemon_label, incarnation}};
}

json::array environment_of(const ContainerSpec& spec) {
  json::array out;
  for (const auto* variables : {&spec.definition.env, &spec.berth_env}) {
    for (const auto& [name, value] : *variables) out.emplace_back(name + "=" + value);
  }
  return out;
}

json::array ulimits_of(const JobDefinition& definition) {
  json::array out;
  for (const auto& [name, limit] : definition.ulimits) {
    out.emplace_back(json::object{{"Name", name}, {"Soft", limit.soft}, {"Hard", limit.hard}});
  }
  return out;
}

json::object mount(const std::string& host, const std::string& container, bool read_only) {
  return {{"Type", "bind"}, {"Source", host}, {"Target", container}, {"ReadOnly", read_only}};
}

// Mounts, not Binds: a bind of a path that isn't there would create it on the host, as root.
json::array mounts_of(const JobDefinition& definition, const InitLaunch& launch) {
  json::array out;
  out.emplace_back(mount(launch.directory, BERTH_INIT_DIRECTORY, true));
  for (const auto& volume : definition.volumes) {
    out.emplace_back(mount(volume.host, volume.container, volume.read_only));
  }
  return out;
}

std::int64_t nano_cpus_of(Millicores asked, const DaemonFacts& facts) {
  constexpr std::int64_t nano_a_milli = 1'000'000;
  constexpr std::int64_t nano_a_core = 1'000'000'000;
  const std::int64_t nanos = asked.value * nano_a_milli;
  return facts.cpus > 0 ? std::min(nanos, facts.cpus * nano_a_core) : nanos;
}

// The daemon's part of NVIDIA's container toolkit answers to this.
json::array device_requests_of(const ContainerSpec& spec) {
  return {json::object{{"Driver", "nvidia"},
                       {"DeviceIDs", strings(spec.nvidia_gpus)},
                       {"Capabilities", json::array{json::array{"gpu"}}}}};
}

void add_devices(const ContainerSpec& spec, json::object& out) {
  if (!spec.nvidia_gpus.empty()) out["DeviceRequests"] = device_requests_of(spec);
  json::array nodes;
  for (const auto& node : spec.device_nodes) {
    nodes.emplace_back(
        json::object{{"PathOnHost", node}, {"PathInContainer", node}, {"CgroupPermissions", "rwm"}});
  }
  if (!nodes.empty()) out["Devices"] = std::move(nodes);
  json::array groups;
  for (const auto group : spec.device_groups) groups.emplace_back(std::to_string(group));
  if (!groups.empty()) out["GroupAdd"] = std::move(groups);
}

json::object host_config_of(const ContainerSpec& spec, const DaemonFacts& facts, const InitLaunch& launch) {
  const auto& definition = spec.definition;
  json::array kept;
  for (const auto name : capabilities) kept.emplace_back(name);
  json::object out{
      {"Memory", definition.resources.memory.value},
      {"MemorySwap", definition.resources.memory.value},
      {"PidsLimit", pids_limit},
      {"ReadonlyRootfs", definition.read_only},
      {"NetworkMode", to_string(definition.network)},
      {"Init", false},
      {"AutoRemove", false},
      {"RestartPolicy", json::object{{"Name", "no"}}},
      {"SecurityOpt", json::array{"no-new-privileges"}},
      {"CapDrop", json::array{"ALL"}},
      {"CapAdd", std::move(kept)},
      {"LogConfig", json::object{{"Type", "local"},
                                 {"Config", json::object{{"max-size", log_file_size},
                                                         {"max-file", log_files},
                                                         {"compress", "false"}}}}},
  };
  if (facts.has_cpu_quota) out["NanoCpus"] = nano_cpus_of(definition.resources.cpu, facts);
  if (definition.shm_size) out["ShmSize"] = definition.shm_size->value;
  if (!definition.ulimits.empty()) out["Ulimits"] = ulimits_of(definition);
  out["Mounts"] = mounts_of(definition, launch);
  add_devices(spec, out);
  return out;
}

std::vector<std::string> strings_at(const json::value* object, std::string_view name) {
  std::vector<std::string> out;
  const auto* list = list_at(object, name);
  if (list == nullptr) return out;
  for (const auto& entry : *list) {
    if (entry.is_string()) out.emplace_back(entry.get_string());
  }
  return out;
}

std::optional<ContainerIdentity> identity_of(const json::value* labels) {
  const auto cluster = text_at(labels, cluster_label);
  const auto executor = text_at(labels, executor_label);
  const auto job = parse_job_id(text_at(labels, job_label));
  const auto attempt = parse_integer<std::uint32_t>(text_at(labels, attempt_label));
  if (!job || !attempt || cluster.empty() || executor.empty()) return std::nullopt;
  return ContainerIdentity{cluster, executor, *job, *attempt};
}

// "created", "running", "paused", "restarting", "removing", "exited", "dead".
ContainerPhase phase_of(std::string_view status) {
  if (status == "created") return ContainerPhase::created;
  if (status == "exited" || status == "dead" || status == "removing") return ContainerPhase::exited;
  return ContainerPhase::running;
}

// Docker writes the year 1 for "never".
std::optional<WallTime> time_of(const std::string& text) {
  if (text.starts_with("0001-")) return std::nullopt;
  const auto time = parse_wall_time(text);
  return time ? std::optional{*time} : std::nullopt;
}

// "1.41" as 1041, so that versions compare; 0 for what isn't one.
int rank(std::string_view version) {
  const auto dot = version.find('.');
  if (dot == std::string_view::npos) return 0;
  const auto major = parse_integer<int>(version.substr(0, dot));
  const auto minor = parse_integer<int>(version.substr(dot + 1));
  return major && minor ? *major * 1000 + *minor : 0;
}

}  // namespace

Result<DaemonFacts> parse_facts(std::string_view version_body, std::string_view info_body) {
  const auto version = parse_reply(version_body);
  if (!version) return version.error();
  const auto info = parse_reply(info_body);
  if (!info) return info.error();
  DaemonFacts facts;
  facts.version = text_at(&*version, "Version");
  const std::string newest = text_at(&*version, "ApiVersion");
  const std::string oldest = text_at(&*version, "MinAPIVersion");
  if (rank(newest) < rank(oldest_api)) {
    return Error{ErrorKind::refused, "Docker " + facts.version + " speaks the Engine API up to " + newest +
                                         ", and Berth needs " + std::string(oldest_api) +
                                         ": install Docker 20.10 or later"};
  }
  facts.api_version = rank(oldest) > rank(oldest_api) ? oldest : std::string(oldest_api);
  facts.cpus = static_cast<int>(integer_at(&*info, "NCPU").value_or(0));
  facts.id = text_at(&*info, "ID");
  facts.root = text_at(&*info, "DockerRootDir");
  facts.has_cpu_quota = bool_at(&*info, "CpuCfsQuota", true);
  return facts;
}

std::string create_body(const ContainerSpec& spec, const DaemonFacts& facts, const InitLaunch& launch) {
  const auto& definition = spec.definition;
  json::object out{{"Image", definition.image},
                   {"Env", environment_of(spec)},
                   {"StopSignal", definition.stop_signal},
                   {"Labels", labels_of(spec.identity, facts.incarnation)},
                   {"Entrypoint", json::array{init_path}},
                   {"Cmd", strings(launch.command)},
                   {"HostConfig", host_config_of(spec, facts, launch)}};
  if (definition.working_dir) out["WorkingDir"] = *definition.working_dir;
  if (definition.user) out["User"] = *definition.user;
  return json::serialize(out);
}

std::string parse_created_id(std::string_view body) {
  const auto parsed = parse_reply(body);
  return parsed ? text_at(&*parsed, "Id") : std::string();
}

Result<ImageCommand> parse_image_command(std::string_view body) {
  const auto parsed = parse_reply(body);
  if (!parsed) return parsed.error();
  const auto* config = member(&*parsed, "Config");
  return ImageCommand{strings_at(config, "Entrypoint"), strings_at(config, "Cmd")};
}

berth_go go_for(const JobDefinition& definition) {
  berth_go go{};
  go.version = BERTH_INIT_VERSION;
  go.stop_signal = signal_number(definition.stop_signal).value_or(SIGTERM);
  if (definition.timeout) go.timeout_ms = std::max<std::int64_t>(definition.timeout->count(), 1);
  go.grace_ms = definition.stop_grace.count();
  return go;
}

bool needs_image_command(const JobDefinition& definition) { return !definition.entrypoint; }

Result<std::vector<std::string>> command_of(const JobDefinition& definition, const ImageCommand& image) {
  auto command = definition.entrypoint.value_or(image.entrypoint);
  const bool takes_image_command = definition.command.empty() && !definition.entrypoint;
  const auto& arguments = takes_image_command ? image.command : definition.command;
  command.insert(command.end(), arguments.begin(), arguments.end());
  if (command.empty()) {
    return Error{ErrorKind::refused,
                 "No command: the image has none of its own, so the job must say what to run", "command"};
  }
  return command;
}

Result<Inspection> parse_inspection(std::string_view body) {
  const auto parsed = parse_reply(body);
  if (!parsed) return parsed.error();
  const auto* config = member(&*parsed, "Config");
  const auto* labels = member(config, "Labels");
  const auto* state = member(&*parsed, "State");
  const auto identity = identity_of(labels);
  if (!identity) {
    return Error{ErrorKind::conflict,
                 "The container " + text_at(&*parsed, "Name") +
                     " isn't Berth's: its name is taken, and it has none of Berth's labels"};
  }
  Inspection out;
  out.state.identity = *identity;
  out.state.phase = phase_of(text_at(state, "Status"));
  out.state.error = text_at(state, "Error");
  out.state.started_at = time_of(text_at(state, "StartedAt"));
  if (out.state.phase == ContainerPhase::exited) {
    if (const auto code = integer_at(state, "ExitCode")) out.state.exit_code = static_cast<int>(*code);
    out.state.oom_killed = bool_at(state, "OOMKilled", false);
    out.state.finished_at = time_of(text_at(state, "FinishedAt"));
  }
  out.incarnation = text_at(labels, daemon_label);
  out.has_init = text_at(&*parsed, "Path") == init_path;
  out.id = text_at(&*parsed, "Id");
  out.pid = static_cast<int>(integer_at(state, "Pid").value_or(0));
  return out;
}

Result<std::vector<Listed>> parse_list(std::string_view body) {
  const auto parsed = parse_reply(body);
  if (!parsed) return parsed.error();
  if (!parsed->is_array()) return internal_error("Docker's list of containers isn't a list");
  std::vector<Listed> out;
  for (const auto& entry : parsed->get_array()) {
    const auto identity = identity_of(member(&entry, "Labels"));
    if (identity) out.push_back({*identity, phase_of(text_at(&entry, "State"))});
  }
  return out;
}

std::string list_filters(std::string_view cluster, std::string_view executor) {
  const auto equals = [](std::string_view label, std::string_view value) {
    return std::string(label) + "=" + std::string(value);
  };
  return json::serialize(
      json::object{{"label", json::array{equals(cluster_label, cluster), equals(executor_label, executor)}}});
}

std::map<std::string, Bytes> parse_images(std::string_view body) {
  const auto parsed = parse_reply(body);
  const auto* images = parsed ? parsed->if_array() : nullptr;
  std::map<std::string, Bytes> found;
  if (images == nullptr) return found;
  const auto add_names = [&found](const json::value& image, std::string_view field) {
    const auto* list = member(&image, field);
    if (list == nullptr || !list->is_array()) return false;
    const Bytes size{integer_at(&image, "Size").value_or(0)};
    bool has_added = false;
    for (const auto& name : list->get_array()) {
      if (!name.is_string() || name.get_string().starts_with("<none>")) continue;
      found.emplace(full_image_name(name.get_string()), size);
      has_added = true;
    }
    return has_added;
  };
  for (const auto& image : *images) {
    if (found.size() >= limits::images_told) break;
    if (!add_names(image, "RepoTags")) add_names(image, "RepoDigests");
  }
  return found;
}

std::string encode_reference(std::string_view reference) {
  std::string out;
  for (const char c : reference) {
    if (c == '/' || c == ':' || c == '@') {
      out += c;
    } else {
      out += http::encode_component(std::string_view(&c, 1));
    }
  }
  return out;
}

}  // namespace berth::docker
