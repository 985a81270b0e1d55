#include "berth/service_settings.hpp"

#include "shared/base/ids.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <cstdint>

namespace berth {
namespace {

CLI::Option* shown(CLI::Option* option, const char* value, const char* variable) {
  return option->option_text(value)->envname(variable);
}

void add_log_flags(CLI::App& verb, LogFlags& flags, const char* default_level) {
  flags.level = default_level;
  shown(verb.add_option("--log-level", flags.level, "debug, info, warn or error"), "LEVEL",
        "BERTH_LOG_LEVEL");
  shown(verb.add_option("--log-format", flags.format, "human or json"), "FORMAT", "BERTH_LOG_FORMAT");
}

void add_redis_flags(CLI::App& verb, std::string& redis, std::string& cluster, bool& accept_unsafe) {
  shown(verb.add_option("--redis", redis, "redis://[USER:PASS@]HOST:PORT/DB or unix:///PATH"), "URL",
        "BERTH_REDIS")
      ->required();
  shown(verb.add_option("--cluster", cluster, "Clusters of different names share a Redis without meeting"),
        "NAME", "BERTH_CLUSTER");
  verb.add_flag("--accept-unsafe-redis", accept_unsafe, "Go on with a Redis that may lose acknowledged jobs");
}

void add_machine_flags(CLI::App& verb, ExecutorFlags& flags) {
  const auto text = [&](const char* name, std::string& target, const char* help, const char* value,
                        const char* variable) {
    shown(verb.add_option(name, target, help), value, variable);
  };
  const auto amount = [&](const char* name, std::optional<std::string>& target, const char* help,
                          const char* value, const char* variable) {
    shown(verb.add_option_function<std::string>(
              name, [&target](const std::string& given) { target = given; }, help),
          value, variable);
  };
  amount("--cpu", flags.cpu, "Cores to offer (default: measured)", "N", "BERTH_CPU");
  amount("--memory", flags.memory, "Memory to offer (default: measured)", "SIZE", "BERTH_MEMORY");
  shown(verb.add_option("--gpu", flags.gpus,
                        "GPUs to offer instead of the measured ones; may be repeated. They are only counted: "
                        "containers get no device for them. none: offer no GPUs"),
        "TYPE=COUNT", "BERTH_GPU")
      ->allow_extra_args(false)
      ->delimiter(',');
  text("--region", flags.region, "Region that jobs can ask for", "R", "BERTH_REGION");
  text("--datacenter", flags.datacenter, "Datacenter that jobs can ask for", "R", "BERTH_DATACENTER");
  shown(verb.add_option("--label", flags.labels, "Label that jobs can ask for; may be repeated"), "K=V",
        "BERTH_LABELS")
      ->allow_extra_args(false)
      ->delimiter(',');
  shown(verb.add_option("--allow-volume", flags.volume_paths,
                        "Let jobs mount DIR and what is below; may be repeated"),
        "DIR", "BERTH_ALLOW_VOLUME")
      ->allow_extra_args(false)
      ->delimiter(':');
  shown(verb.add_option("--runtime", flags.runtime, "docker, or simulated (runs nothing: for benchmarks)"),
        "NAME", "BERTH_RUNTIME")
      ->check(CLI::IsMember({"docker", "simulated"}));
  text("--docker-host", flags.docker_host,
       "Docker's socket (default: DOCKER_HOST, else unix:///var/run/docker.sock)", "URL",
       "BERTH_DOCKER_HOST");
}

void add_listen_flag(CLI::App& verb, std::string& listen) {
  shown(verb.add_option("--listen", listen,
                        "Where the API listens (default 127.0.0.1:3625; port 0: a free one)"),
        "HOST:PORT", "BERTH_LISTEN");
}

}  // namespace

void add_scheduler_flags(CLI::App& verb, SchedulerFlags& flags) {
  add_redis_flags(verb, flags.redis, flags.cluster, flags.accept_unsafe_redis);
  add_listen_flag(verb, flags.listen);
  shown(verb.add_option("--name", flags.name, "Unique among the schedulers (default: the host's name)"),
        "NAME", "BERTH_NAME");
  add_log_flags(verb, flags.log, "info");
}

void add_executor_flags(CLI::App& verb, ExecutorFlags& flags) {
  add_redis_flags(verb, flags.redis, flags.cluster, flags.accept_unsafe_redis);
  shown(verb.add_option("--name", flags.name, "Unique among the executors (default: the host's name)"),
        "NAME", "BERTH_NAME");
  add_machine_flags(verb, flags);
  add_log_flags(verb, flags.log, "info");
}

void add_up_flags(CLI::App& verb, UpFlags& flags) {
  shown(verb.add_option("--data", flags.data,
                        "Where jobs and history are kept (default: $XDG_DATA_HOME/berth)"),
        "DIR", "BERTH_DATA");
  add_listen_flag(verb, flags.listen);
  verb.add_flag("--no-executor", flags.no_executor,
                "Only accept jobs: executors join from elsewhere, or later");
  shown(verb.add_option("--name", flags.executor.name, "The executor's name (default: the host's name)"),
        "NAME", "BERTH_NAME");
  add_machine_flags(verb, flags.executor);
  // A person reads this terminal: what goes well is in the banner.
  add_log_flags(verb, flags.log, "warn");
}

Result<HostPort> parse_listen(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon != std::string::npos) {
    HostPort parsed{text.substr(0, colon), text.substr(colon + 1)};
    if (parsed.host.starts_with('[') && parsed.host.ends_with(']')) {
      parsed.host = parsed.host.substr(1, parsed.host.size() - 2);
    }
    if (parse_integer<std::uint16_t>(parsed.port) && !parsed.host.empty()) return parsed;
  }
  return invalid("must be HOST:PORT such as 127.0.0.1:3625, got \"" + text + '"', "--listen");
}

}  // namespace berth
