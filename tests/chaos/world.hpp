// The world that chaos breaks: three schedulers, a Redis, and four machines with a Docker daemon and an
// executor each; all real processes, each on a host of its own, on one bridge.
#pragma once

#include "tests/chaos/service.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace berth::chaos {

struct WorldSettings {
  std::filesystem::path berth;        // the binary
  std::filesystem::path clock_shift;  // the library that is preloaded into the services
  std::filesystem::path folder;       // for data, on a real disk
  std::filesystem::path logs;         // one file a service
  std::filesystem::path truth;        // what jobs may mount
  std::string cgroup;                 // of all containers
  std::vector<std::string> guards_off;
};

inline constexpr std::size_t scheduler_count = 3;
inline constexpr std::size_t machine_count = 4;
inline constexpr double machine_cores = 3;
inline constexpr std::int64_t machine_memory = std::int64_t{1} << 30;

// A host, and what runs on it in the order in which it is started.
struct Node {
  std::string name;
  std::string address;
  std::unique_ptr<Host> host;
  std::vector<std::unique_ptr<Service>> services;
};

class World {
 public:
  World(asio::any_io_executor executor, Children& children, WorldSettings settings);
  ~World();

  // Boots everything; returns when each Docker daemon has the image. Throws std::runtime_error.
  void start();
  // Executors, schedulers, Docker, Redis.
  Task<> stop();

  Node& redis() { return nodes_.at("redis"); }
  Node& node(const std::string& name) { return nodes_.at(name); }
  const std::vector<std::string>& schedulers() const { return schedulers_; }
  const std::vector<std::string>& machines() const { return machines_; }
  std::string api_address(const std::string& scheduler) const;

  // On a machine: its daemon and what belongs to it.
  Service& docker(const std::string& machine) { return *node(machine).services.front(); }
  void signal_containerd(const std::string& machine, const std::string& signal);
  // The service of Berth's on a node, or Redis itself.
  Service& berth(const std::string& name) { return *node(name).services.back(); }

  // Of all its processes at once, and its start.
  void cut_power(const std::string& name);
  void boot(const std::string& name);

  // The wall clock of berth(name) is off by so much from now on.
  void shift_clock(const std::string& name, std::chrono::nanoseconds shift);
  std::string ask_redis(std::vector<std::string> words);
  void fill_redis_disk();
  void empty_redis_disk();

  // Berth's processes that died of a bug: a signal that nobody sent, or a sanitizer's word.
  const std::vector<std::string>& crashes() const { return crashes_; }

 private:
  Node& add_node(std::string name, std::string address);
  void add_service(Node& node, std::string name, Command command);
  void add_redis();
  void add_scheduler(std::size_t number);
  void add_machine(std::size_t number);
  void prepare(const Node& node) const;
  bool is_machine(const std::string& name) const;
  void note_end(const Service& service, int status);
  void load_image(const std::string& machine);
  std::map<std::string, std::string> variables(const std::string& name);

  asio::any_io_executor executor_;
  Children& children_;
  WorldSettings settings_;
  std::map<std::string, Node> nodes_;
  std::vector<std::string> schedulers_;
  std::vector<std::string> machines_;
  std::vector<std::string> crashes_;
};

}  // namespace berth::chaos
