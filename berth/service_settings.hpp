// What the service verbs are told on the command line or in the environment.
#pragma once

#include "shared/base/result.hpp"

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

// As typed; the services' own settings are made of them, with errors that name the flag.
struct SchedulerFlags {
  std::string redis;
  std::string listen = "127.0.0.1:3625";
  std::string name;  // empty: the host's name
  std::string cluster = "berth";
  bool accept_unsafe_redis = false;
  LogFlags log;
};

struct ExecutorFlags {
  std::string redis;
  std::string name;  // empty: the host's name
  std::string cluster = "berth";
  std::optional<std::string> cpu;
  std::optional<std::string> memory;
  std::vector<std::string> gpus;  // TYPE=COUNT, or none
  std::string region;
  std::string datacenter;
  std::vector<std::string> labels;        // K=V
  std::vector<std::string> volume_paths;  // absolute
  std::string runtime = "docker";
  std::string docker_host;  // empty: DOCKER_HOST, or the usual socket
  bool accept_unsafe_redis = false;
  LogFlags log;
};

struct UpFlags {
  std::string data;  // empty: $XDG_DATA_HOME/berth
  std::string listen = "127.0.0.1:3625";
  bool no_executor = false;
  ExecutorFlags executor;
  LogFlags log;
};

// Declare the flags of a verb; every one has a BERTH_… environment variable too. The targets must outlive the
// parse.
void add_scheduler_flags(CLI::App& verb, SchedulerFlags& flags);
void add_executor_flags(CLI::App& verb, ExecutorFlags& flags);
void add_up_flags(CLI::App& verb, UpFlags& flags);

struct HostPort {
  std::string host;
  std::string port;
};
// "127.0.0.1:3625", "[::1]:3625", "0.0.0.0:0".
Result<HostPort> parse_listen(const std::string& text);

}  // namespace berth
