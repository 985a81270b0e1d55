#include "tests/chaos/world.hpp"

#include "tests/chaos/mounts.hpp"
#include "tests/chaos/network.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iostream>
#include <stdexcept>

namespace berth::chaos {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr const char* redis_address = "10.77.0.2";
constexpr const char* redis_disk = "512m";
constexpr Milliseconds longest_stop = 15s;
constexpr int sanitizer_found_something = 99;

std::string redis_url() { return std::string("redis://") + redis_address + ":6379/0"; }

// A root file system made of Debian's static busybox, as a file that `docker import` takes.
void make_image(const fs::path& folder) {
  const auto script =
      "set -e; mkdir -p image/bin image/tmp; cp \"$(command -v busybox)\" image/bin/busybox; "
      "for applet in sh sleep; do ln -s busybox image/bin/$applet; done; tar -C image -cf image.tar .";
  run_here({"sh", "-c", "cd " + folder.string() + " && " + script});
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) return std::string("died of ") + ::strsignal(WTERMSIG(status));
  return "exited with " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

World::World(asio::any_io_executor executor, Children& children, WorldSettings settings)
    : executor_(std::move(executor)), children_(children), settings_(std::move(settings)) {
  make_bridge();
  make_image(settings_.folder);
  add_redis();
  for (std::size_t i = 1; i <= scheduler_count; ++i) add_scheduler(i);
  for (std::size_t i = 1; i <= machine_count; ++i) add_machine(i);
}

World::~World() {
  for (auto& [name, node] : nodes_) {
    for (auto& service : node.services) service->forget();
  }
}

Node& World::add_node(std::string name, std::string address) {
  auto& node = nodes_[name];
  node.name = std::move(name);
  node.address = std::move(address);
  fs::create_directories(settings_.folder / node.name);
  return node;
}

void World::add_service(Node& node, std::string name, Command command) {
  command.log = settings_.logs / (name + ".log");
  const auto on_own_end = [this](const Service& service, int status) { note_end(service, status); };
  node.services.push_back(
      std::make_unique<Service>(executor_, children_, std::move(name), std::move(command), on_own_end));
}

std::map<std::string, std::string> World::variables(const std::string& name) {
  const auto clock = settings_.folder / (name + ".clock");
  std::ofstream(clock, std::ios::binary) << std::string(sizeof(std::int64_t), '\0');
  std::map<std::string, std::string> result{
      {"LD_PRELOAD", settings_.clock_shift},
      {"CHAOS_CLOCK", clock},
      {"ASAN_OPTIONS",
       "verify_asan_link_order=0:detect_leaks=0:exitcode=" + std::to_string(sanitizer_found_something)},
  };
  std::string guards;
  for (const auto& guard : settings_.guards_off) guards += (guards.empty() ? "" : ",") + guard;
  if (!guards.empty()) result.emplace("BERTH_GUARDS_OFF", guards);
  return result;
}

void World::add_redis() {
  auto& node = add_node("redis", redis_address);
  const auto disk = (settings_.folder / "redis").string();
  Command command{{"redis-server",
                   "--bind",
                   redis_address,
                   "127.0.0.1",
                   "--port",
                   "6379",
                   "--dir",
                   disk,
                   "--appendonly",
                   "yes",
                   "--appendfsync",
                   "always",
                   "--maxmemory-policy",
                   "noeviction",
                   "--save",
                   "",
                   "--protected-mode",
                   "no",
                   "--hash-max-listpack-value",
                   "4096"}};
  command.variables = variables("redis");
  add_service(node, "redis", std::move(command));
}

void World::add_scheduler(std::size_t number) {
  const auto name = "s" + std::to_string(number);
  auto& node = add_node(name, "10.77.0." + std::to_string(10 + number));
  Command command{{settings_.berth, "scheduler", "--redis", redis_url(), "--cluster", "chaos", "--name", name,
                   "--listen", api_address(name)}};
  command.variables = variables(name);
  add_service(node, name, std::move(command));
  schedulers_.push_back(name);
}

void World::add_machine(std::size_t number) {
  const auto name = "m" + std::to_string(number);
  auto& node = add_node(name, "10.77.0." + std::to_string(20 + number));
  fs::create_directories(settings_.folder / name / "etc");
  Command daemon{{"dockerd", "--data-root", settings_.folder / name / "docker", "--bridge", "none",
                  "--iptables=false", "--cgroup-parent", "/" + settings_.cgroup}};
  // Both of Docker's ways: containers that outlive their daemon, and containers that don't.
  if (number % 2 == 0) daemon.words.emplace_back("--live-restore");
  add_service(node, "docker-" + name, std::move(daemon));
  Command executor{{settings_.berth,  "executor",
                    "--redis",        redis_url(),
                    "--cluster",      "chaos",
                    "--name",         name,
                    "--cpu",          std::to_string(static_cast<int>(machine_cores)),
                    "--memory",       std::to_string(machine_memory),
                    "--gpu",          "none",
                    "--allow-volume", settings_.truth,
                    "--state-dir",    settings_.folder / name / "state",
                    "--docker-host",  "unix:///run/docker.sock"}};
  executor.variables = variables(name);
  add_service(node, name, std::move(executor));
  machines_.push_back(name);
}

bool World::is_machine(const std::string& name) const {
  return std::find(machines_.begin(), machines_.end(), name) != machines_.end();
}

std::string World::api_address(const std::string& scheduler) const {
  return nodes_.at(scheduler).address + ":3625";
}

void World::note_end(const Service& service, int status) {
  const auto text = service.name() + ' ' + how_it_ended(status);
  std::cerr << "     " << text << ", and is started again\n";
  const bool is_ours = service.command().words.front() == settings_.berth;
  const bool has_crashed = WIFSIGNALED(status) || WEXITSTATUS(status) == sanitizer_found_something;
  if (is_ours && has_crashed) crashes_.push_back(text);
}

// In the first process of its host.
void World::prepare(const Node& node) const {
  const auto own = settings_.folder / node.name;
  if (node.name == "redis") mount_own("tmpfs", own.c_str(), (std::string("size=") + redis_disk).c_str());
  // Docker keeps its identity there, and no two machines have the same.
  if (is_machine(node.name)) mount_bound(own / "etc", "/etc/docker");
}

void World::boot(const std::string& name) {
  auto& node = nodes_.at(name);
  node.host = std::make_unique<Host>([&] { prepare(node); });
  plug_in(*node.host, node.address);
  for (auto& service : node.services) service->start(*node.host);
}

void World::cut_power(const std::string& name) {
  auto& node = nodes_.at(name);
  for (auto& service : node.services) service->forget();
  node.host->cut_power();
  children_.await(node.host->first_process());
  node.host.reset();
}

void World::load_image(const std::string& machine) {
  const auto image = (settings_.folder / "image.tar").string();
  run_on(node(machine).host.get(),
         {"sh", "-c",
          "for i in $(seq 300); do docker version && break; sleep 0.2; done && docker import " + image +
              " busybox:latest"});
}

void World::start() {
  boot("redis");
  for (const auto& name : machines_) boot(name);
  for (const auto& name : schedulers_) boot(name);
  for (const auto& name : machines_) load_image(name);
}

Task<> World::stop() {
  for (const auto* group : {&machines_, &schedulers_}) {
    for (const auto& name : *group) co_await berth(name).stop(longest_stop);
  }
  for (const auto& name : machines_) co_await docker(name).stop(longest_stop);
  co_await berth("redis").stop(longest_stop);
  for (auto& [name, node] : nodes_) cut_power(name);
}

void World::signal_containerd(const std::string& machine, const std::string& signal) {
  run_on(node(machine).host.get(), {"sh", "-c", "pkill --signal " + signal + " -x containerd || true"});
}

void World::shift_clock(const std::string& name, std::chrono::nanoseconds shift) {
  const std::int64_t value = shift.count();
  const FileDescriptor file(::open((settings_.folder / (name + ".clock")).c_str(), O_WRONLY | O_CLOEXEC));
  if (::pwrite(file.get(), &value, sizeof value, 0) != sizeof value)
    throw std::runtime_error("the clock of " + name + " can't be shifted");
}

std::string World::ask_redis(std::vector<std::string> words) {
  words.insert(words.begin(), {"timeout", "5", "redis-cli"});
  return run_on(redis().host.get(), std::move(words));
}

void World::fill_redis_disk() {
  const auto disk = (settings_.folder / "redis").string();
  // As much as is used now, and a little: it is full in the middle of a write.
  run_on(redis().host.get(), {"sh", "-c",
                              "used=$(df --output=used -k " + disk +
                                  " | tail -n 1); mount -o remount,size=$((used + 16))k " + disk});
}

void World::empty_redis_disk() {
  run_on(redis().host.get(),
         {"mount", "-o", std::string("remount,size=") + redis_disk, (settings_.folder / "redis").string()});
}

}  // namespace berth::chaos
