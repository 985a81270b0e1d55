#include "berth/parts.hpp"

#include "executor/host/declared_gpus.hpp"
#include "executor/runtime/docker/docker_runtime.hpp"
#include "executor/runtime/simulated.hpp"
#include "shared/model/executor_info.hpp"
#include "shared/runtime/tls.hpp"

#include <boost/asio/co_spawn.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <exception>
#include <fstream>

namespace berth {
namespace {

// A host's name may hold what an executor's may not.
std::string as_name(std::string text) {
  for (auto& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) == 0 && c != '.' && c != '-') c = '-';
  }
  while (!text.empty() && (text.front() == '-' || text.front() == '.')) text.erase(0, 1);
  text.resize(std::min<std::size_t>(text.size(), 63));
  return text.empty() ? "berth" : text;
}

Result<std::map<std::string, std::string>> parse_labels(const std::vector<std::string>& texts) {
  std::map<std::string, std::string> labels;
  for (const auto& text : texts) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      return invalid("must be NAME=VALUE, got \"" + text + '"', "--label");
    labels[text.substr(0, equals)] = text.substr(equals + 1);
  }
  if (auto complaint = check_labels(labels)) return invalid(std::move(*complaint), "--label");
  return labels;
}

Result<std::vector<std::string>> parse_volume_paths(const std::vector<std::string>& paths) {
  for (const auto& path : paths) {
    if (!path.starts_with('/'))
      return invalid("must be an absolute path, got \"" + path + '"', "--allow-volume");
  }
  return paths;
}

// The first line of a file: what an editor adds behind it doesn't count.
Result<std::string> read_secret(const std::string& file) {
  std::ifstream in(file);
  std::string secret;
  if (!std::getline(in, secret))
    return invalid("can't be read, or is empty: " + file, "--webhook-secret-file");
  if (secret.ends_with('\r')) secret.pop_back();
  if (auto complaint = check_webhook_secret(secret))
    return invalid(std::move(*complaint), "--webhook-secret-file");
  return secret;
}

Result<WebhookSettings> webhook_settings(const SchedulingFlags& flags) {
  WebhookSettings settings;
  for (const auto& url : flags.webhooks) {
    if (auto complaint = check_webhook_url(url)) return invalid(std::move(*complaint), "--webhook");
    if (std::find(settings.urls.begin(), settings.urls.end(), url) != settings.urls.end())
      return invalid("is given twice: " + url, "--webhook");
    settings.urls.push_back(url);
  }
  if (settings.urls.size() > limits::max_cluster_webhooks) {
    return invalid("are more than " + std::to_string(limits::max_cluster_webhooks), "--webhook");
  }
  if (!flags.webhook_on.empty()) settings.on = flags.webhook_on;
  if (auto complaint = check_webhook_filter(settings.on))
    return invalid(std::move(*complaint), "--webhook-on");
  if (!flags.webhook_secret_file.empty()) {
    auto secret = read_secret(flags.webhook_secret_file);
    if (!secret) return secret.error();
    settings.secret = std::move(*secret);
  }
  auto policy = WebhookPolicy::parse(flags.webhook_allow);
  if (!policy) return invalid(policy.error().message, "--webhook-allow");
  settings.policy = std::move(*policy);
  if (!flags.webhook_ca.empty()) {
    TlsOptions tls;
    tls.ca_file = flags.webhook_ca;
    tls.trusts_system = true;
    if (const auto checked = TlsSession::check(tls); !checked)
      return invalid(checked.error().message, "--webhook-ca");
  }
  settings.ca_file = flags.webhook_ca;
  return settings;
}

}  // namespace

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "berth";
  return as_name(name.data());
}

Result<ExecutorSettings> executor_settings(const ExecutorFlags& flags, std::string cluster) {
  ExecutorSettings settings;
  settings.name = flags.name.empty() ? host_name() : flags.name;
  if (auto complaint = check_executor_name(settings.name)) return invalid(std::move(*complaint), "--name");
  settings.cluster = std::move(cluster);
  if (flags.cpu) {
    const auto cpu = parse_cores(*flags.cpu);
    if (!cpu) return invalid(cpu.error().message, "--cpu");
    settings.cpu = *cpu;
  }
  if (flags.memory) {
    const auto memory = parse_bytes(*flags.memory);
    if (!memory) return invalid(memory.error().message, "--memory");
    settings.memory = *memory;
  }
  if (!flags.gpus.empty()) {
    auto gpus = declared_gpus(flags.gpus);
    if (!gpus) return invalid(gpus.error().message, "--gpu");
    settings.gpus = std::move(*gpus);
  }
  auto labels = parse_labels(flags.labels);
  if (!labels) return labels.error();
  settings.labels = std::move(*labels);
  auto volume_paths = parse_volume_paths(flags.volume_paths);
  if (!volume_paths) return volume_paths.error();
  settings.volume_paths = std::move(*volume_paths);
  const auto lease = parse_duration(flags.lease);
  if (!lease || *lease < limits::min_lease || *lease > limits::max_lease)
    return invalid("must be a duration from " + to_string(limits::min_lease) + " to " +
                       to_string(limits::max_lease) + ", got \"" + flags.lease + '"',
                   "--lease");
  settings.lease = *lease;
  const auto log_limit = parse_bytes(flags.log_limit);
  if (!log_limit || *log_limit < limits::min_log_limit || *log_limit > limits::max_log_limit)
    return invalid("must be a size from " + to_string(limits::min_log_limit) + " to " +
                       to_string(limits::max_log_limit) + ", got \"" + flags.log_limit + '"',
                   "--log-limit");
  settings.log_limit = *log_limit;
  settings.keeps_all_output = !flags.redis.log_dir.empty();
  settings.runtime = flags.runtime;
  settings.region = flags.region;
  settings.datacenter = flags.datacenter;
  return settings;
}

Result<SchedulerSettings> scheduler_settings(const std::string& listen, const std::string& name,
                                             const SchedulingFlags& scheduling) {
  const auto address = parse_listen(listen);
  if (!address) return address.error();
  SchedulerSettings settings;
  settings.name = name.empty() ? host_name() : name;
  settings.host = address->host;
  settings.port = address->port;
  const auto age = parse_duration(scheduling.retain_for);
  if (!age) return invalid(age.error().message, "--retain-for");
  settings.retention = {*age, scheduling.retain_jobs};
  settings.spread = scheduling.placement == "spread";
  auto webhooks = webhook_settings(scheduling);
  if (!webhooks) return webhooks.error();
  settings.webhooks = std::move(*webhooks);
  return settings;
}

Result<std::unique_ptr<ContainerRuntime>> make_runtime(asio::any_io_executor executor, const Clock& clock,
                                                       const ExecutorFlags& flags,
                                                       const std::filesystem::path& state) {
  if (flags.runtime == "simulated") {
    return std::unique_ptr<ContainerRuntime>(std::make_unique<SimulatedRuntime>(std::move(executor), clock));
  }
  auto runtime = make_docker_runtime(std::move(executor), flags.docker_host, state);
  return runtime;
}

std::filesystem::path executor_state_path(const ExecutorFlags& flags, const ExecutorSettings& settings) {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value != nullptr && value[0] == '/' ? value : "");
  };
  const auto base = [&]() -> std::filesystem::path {
    if (!flags.state.empty()) return flags.state;
    if (const auto given = variable("STATE_DIRECTORY"); !given.empty()) return given;  // systemd's
    if (::geteuid() == 0) return "/var/lib/berth";
    if (const auto given = variable("XDG_STATE_HOME"); !given.empty()) return given + "/berth";
    return variable("HOME") + "/.local/state/berth";
  };
  return base() / "executors" / settings.cluster / settings.name;
}

Result<RedisOptions> redis_options(const RedisFlags& flags, std::string client_name) {
  if (flags.url.empty()) {
    return invalid(
        "is required: say where Redis is, by this flag, by BERTH_REDIS or by `redis: URL` in a settings file",
        "--redis");
  }
  const auto parsed = parse_redis_url(flags.url);
  if (!parsed) return invalid(parsed.error().message, "--redis");
  const std::pair<const char*, const std::string*> files[] = {
      {"--redis-ca", &flags.ca}, {"--redis-cert", &flags.cert}, {"--redis-key", &flags.key}};
  for (const auto& [flag, file] : files) {
    if (!file->empty() && !parsed->tls)
      return invalid("is for TLS: the Redis URL must begin with rediss", flag);
  }
  if (flags.cert.empty() && !flags.key.empty()) return invalid("needs --redis-cert beside it", "--redis-key");
  if (!flags.cert.empty() && flags.key.empty()) return invalid("needs --redis-key beside it", "--redis-cert");
  RedisOptions options;
  options.url = *parsed;
  options.url.ca_file = flags.ca;
  options.url.cert_file = flags.cert;
  options.url.key_file = flags.key;
  options.cluster = flags.cluster;
  options.client_name = std::move(client_name);
  options.accept_unsafe = flags.accept_unsafe;
  if (!flags.log_dir.empty() && !flags.log_dir.starts_with('/'))
    return invalid("must be an absolute path, got \"" + flags.log_dir + '"', "--log-dir");
  options.log_dir = flags.log_dir;
  return options;
}

std::string runtime_advice(const std::string& why) {
  return "Docker can't be used: " + why +
         "\n  Is it installed and running?   apt-get install docker.io; systemctl start docker (or: dockerd "
         "&)"
         "\n  May this user talk to it?      run as root, or join the group docker"
         "\n  Is it elsewhere?               --docker-host unix:///PATH or tcp://HOST:PORT, or DOCKER_HOST"
         "\n  Accept jobs without it?        berth up --no-executor";
}

int run_to_end(asio::io_context& loop, Task<int> task) {
  int code = 0;
  auto on_end = [&](std::exception_ptr failure, int result) {
    if (failure) std::rethrow_exception(failure);
    code = result;
    // Idle connections to Docker would keep the loop going for a minute.
    loop.stop();
  };
  asio::co_spawn(loop, std::move(task), std::move(on_end));
  loop.run();
  return code;
}

void complain(const Error& error) {
  const auto where = error.field.empty() ? "" : error.field + ": ";
  std::fprintf(stderr, "berth: %s%s\n", where.c_str(), error.message.c_str());
}

}  // namespace berth
