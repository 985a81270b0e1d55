// What the service verbs are told, by whichever way (see setting_sources.hpp).
#pragma once

#include "shared/base/result.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace berth {

struct LogFlags {
  std::string level;
  std::string format = "human";
};

struct RedisFlags {
  std::string url;
  std::string cluster = "berth";
  bool accept_unsafe = false;
  std::string ca;  // PEM files, for TLS
  std::string cert;
  std::string key;
  std::string log_dir;  // absolute; empty: output is in Redis
};

// How a scheduler works, whether alone or within `berth up`.
struct SchedulingFlags {
  std::string placement = "pack";
  std::string retain_for = "30d";
  std::uint64_t retain_jobs = 100'000;
  std::vector<std::string> webhooks;       // URLs
  std::vector<std::string> webhook_on;     // statuses and types of events; empty: the endings
  std::string webhook_secret_file;         // empty: they aren't signed
  std::vector<std::string> webhook_allow;  // where webhooks may go; empty: to public addresses
  std::string webhook_ca;                  // PEM, beside the system's authorities; or empty
};

// As typed; the services' own settings are made of them, with errors that name the flag.
struct SchedulerFlags {
  RedisFlags redis;
  std::string listen = "127.0.0.1:3625";
  std::string name;  // empty: the host's name
  SchedulingFlags scheduling;
  LogFlags log;
};

struct ExecutorFlags {
  RedisFlags redis;
  std::string name;  // empty: the host's name
  std::optional<std::string> cpu;
  std::optional<std::string> memory;
  std::vector<std::string> gpus;  // TYPE=COUNT, or none
  std::string region;
  std::string datacenter;
  std::vector<std::string> labels;        // K=V
  std::vector<std::string> volume_paths;  // absolute
  std::string runtime = "docker";
  std::string state;        // empty: see executor_state_path()
  std::string lease;        // a duration
  std::string log_limit;    // a size
  std::string docker_host;  // empty: DOCKER_HOST, or the usual socket
  LogFlags log;
};

struct UpFlags {
  std::string data;  // empty: $XDG_DATA_HOME/berth
  std::string listen = "127.0.0.1:3625";
  bool no_executor = false;
  SchedulingFlags scheduling;
  ExecutorFlags executor;
  LogFlags log;
};

struct BackupFlags {
  RedisFlags redis;
  std::string file;  // "-": stdout
  LogFlags log;
};

struct RestoreFlags {
  RedisFlags redis;
  std::string file;  // "-": stdin
  std::uint64_t ids_above = 0;
  LogFlags log;
};

// Declare the flags of a verb, from which the names in environment and settings file follow. The targets must
// outlive the parse.
void add_scheduler_flags(CLI::App& verb, SchedulerFlags& flags);
void add_executor_flags(CLI::App& verb, ExecutorFlags& flags);
void add_up_flags(CLI::App& verb, UpFlags& flags);
void add_backup_flags(CLI::App& verb, BackupFlags& flags);
void add_restore_flags(CLI::App& verb, RestoreFlags& flags);

// A service that was told enough to run: runs it, and returns the process's exit code.
using Service = std::function<int()>;

struct HostPort {
  std::string host;
  std::string port;
};
// "127.0.0.1:3625", "[::1]:3625", "0.0.0.0:0".
Result<HostPort> parse_listen(const std::string& text);

}  // namespace berth
