#include "cli/docker_flags.hpp"

#include "shared/base/ids.hpp"
#include "shared/codec/json.hpp"

#include <map>
#include <utility>

namespace berth::cli {
namespace {

Error flag_error(std::string_view flag, const std::string& what) {
  return invalid(std::string(flag) + " " + what);
}

// By whose flag a field was given; its own path where none is meant.
std::string flag_of(const std::string& field) {
  static const std::map<std::string, std::string, std::less<>> flags{
      {"resources.cpu", "--cpus"},
      {"resources.memory", "--memory"},
      {"resources.gpu", "--gpus"},
      {"env", "--env"},
      {"labels", "--label"},
      {"volumes", "--volume"},
      {"ulimits", "--ulimit"},
      {"placement.labels", "--constraint"},
      {"working_dir", "--workdir"},
      {"user", "--user"},
      {"name", "--name"},
      {"timeout", "--timeout"},
      {"priority", "--priority"},
      {"queue_timeout", "--queue-timeout"},
      {"stop_grace", "--stop-timeout"},
      {"shm_size", "--shm-size"},
      {"placement.regions", "--region"},
      {"stop_signal", "--stop-signal"},
      {"retries.max", "--retries"},
      {"placement.datacenters", "--datacenter"},
  };
  for (auto part = field; !part.empty(); part.resize(part.find_last_of(".[") + 1), part.pop_back()) {
    if (const auto found = flags.find(part); found != flags.end()) return found->second;
    if (part.find_first_of(".[") == std::string::npos) break;
  }
  return field + ":";
}

std::string in_quotes(std::string_view text) { return "\"" + std::string(text) + "\""; }

// "KEY=VALUE"; KEY alone has an empty value where that is allowed.
Result<std::pair<std::string, std::string>> parse_pair(std::string_view flag, std::string_view text,
                                                       bool needs_value) {
  const auto equals = text.find('=');
  const bool has_value = equals != std::string_view::npos;
  if (text.empty() || equals == 0 || (needs_value && !has_value)) {
    return flag_error(flag, "must be " + std::string(needs_value ? "KEY=VALUE" : "KEY[=VALUE]") + ", got " +
                                in_quotes(text));
  }
  return std::pair{std::string(text.substr(0, equals)),
                   std::string(has_value ? text.substr(equals + 1) : "")};
}

Result<> add_variable(std::string_view flag, const std::string& text, const Surroundings& surroundings,
                      std::map<std::string, std::string>& env) {
  const auto equals = text.find('=');
  if (text.empty() || equals == 0)
    return flag_error(flag, "must be NAME=VALUE or NAME, got " + in_quotes(text));
  if (equals != std::string::npos) {
    env[text.substr(0, equals)] = text.substr(equals + 1);
  } else if (auto value = surroundings.variable(text)) {
    env[text] = *value;
  }
  return {};
}

// docker's format: NAME=VALUE or NAME a line, taken literally; blank lines and lines that begin with # are
// skipped.
Result<> add_env_file(const std::string& path, const Surroundings& surroundings,
                      std::map<std::string, std::string>& env) {
  const auto content = surroundings.file(path);
  if (!content) return flag_error("--env-file", content.error().message);
  std::string_view rest = *content;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const auto end = rest.find('\n');
    auto line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const auto start = line.find_first_not_of(" \t");
    if (start == std::string_view::npos || line[start] == '#') continue;
    const auto where = path + ":" + std::to_string(number) + ":";
    if (auto added = add_variable(where, std::string(line.substr(start)), surroundings, env); !added)
      return added;
  }
  return {};
}

Result<> set_environment(const RunOptions& options, const Surroundings& surroundings,
                         JobDefinition& definition) {
  for (const auto& path : options.env_files) {
    if (auto added = add_env_file(path, surroundings, definition.env); !added) return added;
  }
  for (const auto& text : options.env) {
    if (auto added = add_variable("--env", text, surroundings, definition.env); !added) return added;
  }
  return {};
}

// A flag's value by the parser of its type, the flag's name before what is wrong.
template <class T, class Target>
Result<> set_parsed(std::string_view flag, const std::optional<std::string>& text,
                    Result<T> (*parse)(std::string_view), Target& target) {
  if (!text) return {};
  auto value = parse(*text);
  if (!value) return flag_error(flag, value.error().message);
  target = std::move(*value);
  return {};
}

template <class Integer>
Result<Integer> parse_number(std::string_view text) {
  const auto value = parse_integer<Integer>(text);
  if (!value) return invalid("must be a whole number, got " + in_quotes(text));
  return *value;
}

Result<Network> parse_network(std::string_view text) {
  const auto network = parse_enum<Network>(text);
  if (!network) return invalid("must be bridge, none or host, got " + in_quotes(text));
  return *network;
}

// "2" or "nvidia/a100=2"; "count=2", as docker has it too. What names devices or all of a machine has no
// meaning before the machine is chosen.
Result<GpuRequest> parse_gpus(std::string_view text) {
  GpuRequest request;
  if (text == "all" || text.starts_with("device=") || text.starts_with("\"device=")) {
    return invalid(
        "must say how many, as in 2 or nvidia/a100=2: Berth picks the machine and its devices, got " +
        in_quotes(text));
  }
  if (text.starts_with("count=")) text.remove_prefix(6);
  auto count = text;
  if (const auto equals = text.find('='); equals != std::string_view::npos) {
    request.type = std::string(text.substr(0, equals));
    count = text.substr(equals + 1);
  }
  const auto number = parse_integer<std::uint32_t>(count);
  if (!number || request.type == "") {
    return invalid("must be a number or TYPE=NUMBER such as nvidia/a100=2, got " + in_quotes(text));
  }
  request.count = *number;
  return request;
}

Result<> set_amounts(const RunOptions& options, JobDefinition& d) {
  auto& r = d.resources;
  if (auto ok = set_parsed("--cpus", options.cpus, parse_cores, r.cpu); !ok) return ok;
  if (auto ok = set_parsed("--memory", options.memory, parse_bytes, r.memory); !ok) return ok;
  if (auto ok = set_parsed("--gpus", options.gpus, parse_gpus, r.gpu); !ok) return ok;
  if (auto ok = set_parsed("--shm-size", options.shm_size, parse_bytes, d.shm_size); !ok) return ok;
  if (auto ok = set_parsed("--network", options.network, parse_network, d.network); !ok) return ok;
  if (auto ok = set_parsed("--timeout", options.timeout, parse_duration, d.timeout); !ok) return ok;
  if (auto ok = set_parsed("--queue-timeout", options.queue_timeout, parse_duration, d.queue_timeout); !ok)
    return ok;
  // docker has it in plain seconds, which is what a bare number means to parse_duration too.
  if (auto ok = set_parsed("--stop-timeout", options.stop_timeout, parse_duration, d.stop_grace); !ok)
    return ok;
  if (auto ok = set_parsed("--retries", options.retries, parse_number<std::uint32_t>, d.retries.max); !ok)
    return ok;
  return set_parsed("--priority", options.priority, parse_number<int>, d.priority);
}

Result<> set_lists(const RunOptions& options, JobDefinition& d) {
  for (const auto& text : options.volumes) {
    auto volume = TextForm<Volume>::parse(text);
    if (!volume) return flag_error("--volume", volume.error().message);
    d.volumes.push_back(std::move(*volume));
  }
  for (const auto& text : options.labels) {
    auto pair = parse_pair("--label", text, false);
    if (!pair) return pair.error();
    d.labels[pair->first] = pair->second;
  }
  for (const auto& text : options.constraints) {
    auto pair = parse_pair("--constraint", text, true);
    if (!pair) return pair.error();
    d.placement.labels[pair->first] = pair->second;
  }
  for (const auto& text : options.ulimits) {
    auto pair = parse_pair("--ulimit", text, true);
    if (!pair) return flag_error("--ulimit", "must be NAME=SOFT[:HARD], got " + in_quotes(text));
    auto limit = TextForm<Ulimit>::parse(pair->second);
    if (!limit) return flag_error("--ulimit", pair->first + ": " + limit.error().message);
    d.ulimits[pair->first] = *limit;
  }
  return {};
}

}  // namespace

Result<JobDefinition> to_definition(const RunOptions& options, const Surroundings& surroundings) {
  JobDefinition definition;
  definition.image = options.image;
  definition.command = options.command;
  definition.name = options.name;
  definition.working_dir = options.working_dir;
  definition.user = options.user;
  definition.read_only = options.read_only;
  definition.placement.regions = options.regions;
  definition.placement.datacenters = options.datacenters;
  if (options.stop_signal) definition.stop_signal = *options.stop_signal;
  if (options.entrypoint) {
    // As in docker, an empty one clears the image's.
    definition.entrypoint = std::vector<std::string>{};
    if (!options.entrypoint->empty()) definition.entrypoint->push_back(*options.entrypoint);
  }
  if (auto set = set_environment(options, surroundings, definition); !set) return set.error();
  if (auto set = set_amounts(options, definition); !set) return set.error();
  if (auto set = set_lists(options, definition); !set) return set.error();
  auto checked = from_json<JobDefinition>(to_json(definition));
  if (!checked) return flag_error(flag_of(checked.error().field), checked.error().message);
  return definition;
}

}  // namespace berth::cli
