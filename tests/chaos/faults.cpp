#include "tests/chaos/faults.hpp"

#include "tests/chaos/network.hpp"

#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace berth::chaos {
namespace {

using namespace std::chrono_literals;

// What one kind does to the world; both return at once.
struct Way {
  std::string (*strike)(World&, const Strike&);
  void (*heal)(World&, const Strike&);
};

Host& host(World& world, const Strike& what) { return *world.node(what.target).host; }

std::string kill_berth(World& world, const Strike& what) {
  world.berth(what.target).kill();
  return {};
}
void start_berth(World& world, const Strike& what) { world.berth(what.target).start(host(world, what)); }

std::string pause_berth(World& world, const Strike& what) {
  world.berth(what.target).pause();
  return {};
}
void resume_berth(World& world, const Strike& what) { world.berth(what.target).resume(); }

std::string cut_power(World& world, const Strike& what) {
  world.cut_power(what.target);
  return {};
}
void boot(World& world, const Strike& what) { world.boot(what.target); }

std::string kill_docker(World& world, const Strike& what) {
  world.docker(what.target).kill();
  world.signal_containerd(what.target, "KILL");
  return {};
}
void start_docker(World& world, const Strike& what) { world.docker(what.target).start(host(world, what)); }

std::string stop_docker(World& world, const Strike& what) {
  world.docker(what.target).ask_to_end();
  return {};
}

std::string pause_docker(World& world, const Strike& what) {
  world.docker(what.target).pause();
  world.signal_containerd(what.target, "STOP");
  return {};
}
void resume_docker(World& world, const Strike& what) {
  world.signal_containerd(what.target, "CONT");
  world.docker(what.target).resume();
}

std::string kill_both(World& world, const Strike& what) {
  kill_berth(world, what);
  return kill_docker(world, what);
}
void start_both(World& world, const Strike& what) {
  start_docker(world, what);
  start_berth(world, what);
}

template <Cut how>
std::string cut_line(World& world, const Strike& what) {
  cut(host(world, what), how, world.redis().address);
  return "to redis";
}
void mend_line(World& world, const Strike& what) { mend(host(world, what)); }

std::string limit_memory(World& world, const Strike&) {
  world.ask_redis({"config", "set", "maxmemory", "1mb"});
  return {};
}
void free_memory(World& world, const Strike&) { world.ask_redis({"config", "set", "maxmemory", "0"}); }

std::string fill_disk(World& world, const Strike&) {
  world.fill_redis_disk();
  return {};
}
void empty_disk(World& world, const Strike&) { world.empty_redis_disk(); }

std::string step_clock(World& world, const Strike& what) {
  const auto step = what.chance % 2 == 0 ? 10min : -10min;
  world.shift_clock(what.target, step);
  return (what.chance % 2 == 0 ? "+" : "-") + std::string("10 min");
}
void set_clock_right(World& world, const Strike& what) { world.shift_clock(what.target, 0s); }

// Of one job of those that run there, as an operator might by mistake.
std::string kill_init(World& world, const Strike& what) {
  std::istringstream found(run_on(&host(world, what), {"sh", "-c", "pgrep -f '^/[.]berth/init' || true"}));
  const std::vector<std::string> inits{std::istream_iterator<std::string>(found), {}};
  if (inits.empty()) return "nothing ran there";
  const auto& chosen = inits[what.chance % inits.size()];
  run_on(&host(world, what), {"sh", "-c", "kill -s KILL " + chosen + " || true"});
  return "process " + chosen;
}
void nothing(World&, const Strike&) {}

const Way& way_of(std::string_view kind) {
  static const std::map<std::string_view, Way> ways{
      {"kill-scheduler", {kill_berth, start_berth}},
      {"pause-scheduler", {pause_berth, resume_berth}},
      {"kill-executor", {kill_berth, start_berth}},
      {"pause-executor", {pause_berth, resume_berth}},
      {"power-cut", {cut_power, boot}},
      {"kill-docker", {kill_docker, start_docker}},
      {"restart-docker", {stop_docker, start_docker}},
      {"pause-docker", {pause_docker, resume_docker}},
      {"kill-executor-and-docker", {kill_both, start_both}},
      {"partition", {cut_line<Cut::both>, mend_line}},
      {"partition-in", {cut_line<Cut::in>, mend_line}},
      {"partition-out", {cut_line<Cut::out>, mend_line}},
      {"reset", {cut_line<Cut::reset>, mend_line}},
      {"loss", {cut_line<Cut::loss>, mend_line}},
      {"redis-pause", {pause_berth, resume_berth}},
      {"redis-kill", {kill_berth, start_berth}},
      {"redis-oom", {limit_memory, free_memory}},
      {"redis-disk-full", {fill_disk, empty_disk}},
      {"clock-step", {step_clock, set_clock_right}},
      {"kill-init", {kill_init, nothing}},
  };
  return ways.at(kind);
}

}  // namespace

std::string strike(World& world, const Strike& what) { return way_of(what.kind).strike(world, what); }
void heal(World& world, const Strike& what) { way_of(what.kind).heal(world, what); }

}  // namespace berth::chaos
