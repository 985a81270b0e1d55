#include "berth/service_settings.hpp"

#include "shared/base/ids.hpp"
#include "shared/base/limits.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <cstdint>

namespace berth {
namespace {

// `value` in help is what the flag wants ("SIZE").
CLI::Option* shown(CLI::Option* option, const char* value) {
  return option->option_text(value)->capture_default_str();
}

void add_log_flags(CLI::App& verb, LogFlags& flags, const char* default_level) {
  flags.level = default_level;
  shown(verb.add_option("--log-level", flags.level, "debug, info, warn or error"), "LEVEL");
  shown(verb.add_option("--log-format", flags.format, "human or json"), "FORMAT");
}

void add_redis_flags(CLI::App& verb, RedisFlags& flags) {
  shown(verb.add_option("--redis", flags.url,
                        "redis://[USER:PASS@]HOST:PORT/DB, rediss://… (TLS), unix:///PATH, or\n"
                        "redis-sentinel://[USER:PASS@]HOST:PORT,HOST:PORT/MASTER"),
        "URL");
  shown(verb.add_option("--redis-ca", flags.ca,
                        "Trust the authorities in this PEM file (default: the system's)"),
        "FILE");
  shown(verb.add_option("--redis-cert", flags.cert, "Certificate to show to Redis, PEM"), "FILE");
  shown(verb.add_option("--redis-key", flags.key, "Its private key, PEM"), "FILE");
  shown(verb.add_option("--cluster", flags.cluster,
                        "Clusters of different names share a Redis without meeting"),
        "NAME");
  verb.add_flag("--accept-unsafe-redis", flags.accept_unsafe,
                "Go on with a Redis that may lose acknowledged jobs");
}

void add_log_dir_flag(CLI::App& verb, RedisFlags& flags) {
  shown(verb.add_option("--log-dir", flags.log_dir,
                        "Keep all output of jobs in files below DIR, instead of some of it in\n"
                        "Redis; schedulers and executors must see the same directory"),
        "DIR");
}

void add_name_flag(CLI::App& verb, std::string& name, const char* help) {
  shown(verb.add_option("--name", name, help), "NAME")->default_str("(the host's name)");
}

void add_machine_flags(CLI::App& verb, ExecutorFlags& flags) {
  const auto text = [&](const char* name, std::string& target, const char* help, const char* value) {
    return shown(verb.add_option(name, target, help), value);
  };
  const auto amount = [&](const char* name, std::optional<std::string>& target, const char* help,
                          const char* value) {
    shown(verb.add_option_function<std::string>(
              name, [&target](const std::string& given) { target = given; }, help),
          value)
        ->default_str("(measured)");
  };
  amount("--cpu", flags.cpu, "Cores to offer (default: measured)", "N");
  amount("--memory", flags.memory, "Memory to offer (default: measured)", "SIZE");
  shown(verb.add_option("--gpu", flags.gpus,
                        "GPUs to offer instead of the measured ones; may be repeated.\n"
                        "They are only counted: containers get no device for them.\n"
                        "none: offer no GPUs"),
        "TYPE=COUNT")
      ->allow_extra_args(false)
      ->delimiter(',');
  text("--region", flags.region, "Region that jobs can ask for", "R");
  text("--datacenter", flags.datacenter, "Datacenter that jobs can ask for", "DC");
  shown(verb.add_option("--label", flags.labels, "Label that jobs can ask for; may be repeated"), "K=V")
      ->allow_extra_args(false)
      ->delimiter(',');
  shown(verb.add_option("--allow-volume", flags.volume_paths,
                        "Let jobs mount DIR and what is below; may be repeated"),
        "DIR")
      ->allow_extra_args(false)
      ->delimiter(':');
  flags.lease = to_string(limits::lease);
  text("--lease", flags.lease,
       "How long containers outlive the last contact with Redis; some\nseconds later their jobs are run "
       "elsewhere",
       "DURATION");
  flags.log_limit = to_string(limits::log_limit);
  text("--log-limit", flags.log_limit,
       "How much of an attempt's output is kept in Redis: half of it\nfrom the start, half from the end",
       "SIZE");
  shown(verb.add_option("--runtime", flags.runtime, "docker, or simulated (runs nothing: for benchmarks)"),
        "NAME")
      ->check(CLI::IsMember({"docker", "simulated"}));
  text("--docker-host", flags.docker_host,
       "Docker's socket (default: DOCKER_HOST, else unix:///var/run/docker.sock)", "URL")
      ->default_str("(DOCKER_HOST, or unix:///var/run/docker.sock)");
}

void add_webhook_flags(CLI::App& verb, SchedulingFlags& flags) {
  const auto list = [&](const char* name, std::vector<std::string>& target, const char* help,
                        const char* value, char between) {
    shown(verb.add_option(name, target, help), value)->allow_extra_args(false)->delimiter(between);
  };
  list("--webhook", flags.webhooks, "Post events of the whole cluster there; may be repeated", "URL", ' ');
  list("--webhook-on", flags.webhook_on,
       "Which of them: FAILED, job.started, executor.*, * …\n(default: SUCCEEDED,FAILED,ABORTED)", "EVENT",
       ',');
  shown(verb.add_option("--webhook-secret-file", flags.webhook_secret_file,
                        "Sign them with the secret in this file"),
        "FILE");
  list("--webhook-allow", flags.webhook_allow,
       "Where webhooks of jobs may go: public, a network such as\n10.1.0.0/16, HOST or *.DOMAIN; may be "
       "repeated\n(default: public, which are all public addresses)",
       "WHERE", ',');
  shown(verb.add_option("--webhook-ca", flags.webhook_ca,
                        "Trust the authorities in this PEM file for https webhooks,\nbeside the system's"),
        "FILE");
}

void add_scheduling_flags(CLI::App& verb, SchedulingFlags& flags) {
  shown(verb.add_option("--placement", flags.placement,
                        "pack: fill one executor before the next, so that large jobs find room\n"
                        "spread: jobs over executors"),
        "pack|spread")
      ->check(CLI::IsMember({"pack", "spread"}));
  shown(
      verb.add_option("--retain-for", flags.retain_for, "Delete jobs and their logs so long after their end"),
      "DURATION");
  shown(verb.add_option("--retain-jobs", flags.retain_jobs,
                        "Of the jobs that have ended, keep only the newest"),
        "N");
  add_webhook_flags(verb, flags);
}

void add_listen_flag(CLI::App& verb, std::string& listen) {
  shown(verb.add_option("--listen", listen,
                        "Where the API listens (default 127.0.0.1:3625; port 0: a free one)"),
        "HOST:PORT");
}

}  // namespace

void add_scheduler_flags(CLI::App& verb, SchedulerFlags& flags) {
  add_redis_flags(verb, flags.redis);
  add_listen_flag(verb, flags.listen);
  add_log_dir_flag(verb, flags.redis);
  add_name_flag(verb, flags.name, "Unique among the schedulers (default: the host's name)");
  add_scheduling_flags(verb, flags.scheduling);
  add_log_flags(verb, flags.log, "info");
}

void add_executor_flags(CLI::App& verb, ExecutorFlags& flags) {
  add_redis_flags(verb, flags.redis);
  add_log_dir_flag(verb, flags.redis);
  add_name_flag(verb, flags.name, "Unique among the executors (default: the host's name)");
  add_machine_flags(verb, flags);
  shown(verb.add_option("--state-dir", flags.state,
                        "What containers and this executor's next start need\n"
                        "(default: /var/lib/berth, or $XDG_STATE_HOME/berth for other users than root)"),
        "DIR")
      ->default_str("(/var/lib/berth, or $XDG_STATE_HOME/berth)");
  add_log_flags(verb, flags.log, "info");
}

void add_up_flags(CLI::App& verb, UpFlags& flags) {
  shown(verb.add_option("--data", flags.data,
                        "Where jobs and history are kept (default: $XDG_DATA_HOME/berth)"),
        "DIR")
      ->default_str("($XDG_DATA_HOME/berth)");
  add_listen_flag(verb, flags.listen);
  verb.add_flag("--no-executor", flags.no_executor,
                "Only accept jobs: executors join from elsewhere, or later");
  add_scheduling_flags(verb, flags.scheduling);
  add_log_dir_flag(verb, flags.executor.redis);
  add_name_flag(verb, flags.executor.name, "The executor's name (default: the host's name)");
  add_machine_flags(verb, flags.executor);
  // A person reads this terminal: what goes well is in the banner.
  add_log_flags(verb, flags.log, "warn");
}

void add_backup_flags(CLI::App& verb, BackupFlags& flags) {
  verb.add_option("FILE", flags.file,
                  "Where to; - is stdout. One that is there is replaced once the new one is whole")
      ->option_text(" ")
      ->required();
  add_redis_flags(verb, flags.redis);
  add_log_flags(verb, flags.log, "warn");
}

void add_restore_flags(CLI::App& verb, RestoreFlags& flags) {
  verb.add_option("FILE", flags.file, "A backup; - is stdin")->option_text(" ")->required();
  add_redis_flags(verb, flags.redis);
  shown(verb.add_option("--ids-above", flags.ids_above,
                        "Give new jobs ids above N, the last one that was given\n"
                        "before the store was lost, where that is known"),
        "N");
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
