#include "tests/chaos/network.hpp"

#include <filesystem>

namespace berth::chaos {
namespace {

// Some kernels know only the older tables.
std::string firewall() {
  static const std::string name =
      std::filesystem::exists("/usr/sbin/iptables-legacy") ? "iptables-legacy" : "iptables";
  return name;
}

void add_rule(const Host& host, std::vector<std::string> words) {
  words.insert(words.begin(), {firewall(), "--wait", "--append"});
  run_on(&host, std::move(words));
}

const std::vector<std::string> slow_line{"tc",   "qdisc",   "replace", "dev", "eth0",    "root", "tbf",
                                         "rate", "256kbit", "burst",   "8kb", "latency", "300ms"};

}  // namespace

void make_bridge() {
  run_here({"ip", "link", "set", "lo", "up"});
  run_here({"ip", "link", "add", "chaos", "type", "bridge"});
  run_here({"ip", "address", "add", "10.77.0.1/24", "dev", "chaos"});
  run_here({"ip", "link", "set", "chaos", "up"});
}

void plug_in(const Host& host, const std::string& address) {
  static int plugged = 0;  // a name of its own: that of a host that was cut off may not be gone yet
  const auto name = "port" + std::to_string(++plugged);
  const auto process = std::to_string(host.first_process());
  run_here({"ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", process});
  run_here({"ip", "link", "set", name, "master", "chaos", "up"});
  run_on(&host, {"ip", "link", "set", "lo", "up"});
  run_on(&host, {"ip", "address", "add", address + "/24", "dev", "eth0"});
  run_on(&host, {"ip", "link", "set", "eth0", "up"});
}

void cut(const Host& host, Cut cut, const std::string& peer) {
  const std::vector<std::string> drop{"--jump", "DROP"};
  const std::vector<std::string> reset{"--protocol", "tcp", "--jump", "REJECT", "--reject-with", "tcp-reset"};
  const std::vector<std::string> lose{"--match",       "statistic", "--mode", "random",
                                      "--probability", "0.3",       "--jump", "DROP"};
  const auto& fate = cut == Cut::reset ? reset : cut == Cut::loss ? lose : drop;
  const auto add = [&](std::vector<std::string> words) {
    words.insert(words.end(), fate.begin(), fate.end());
    add_rule(host, std::move(words));
  };
  if (cut != Cut::out) add({"INPUT", "--source", peer});
  if (cut != Cut::in) add({"OUTPUT", "--destination", peer});
  if (cut == Cut::loss) run_on(&host, slow_line);
}

void mend(const Host& host) {
  run_on(&host, {firewall(), "--wait", "--flush"});
  run_on(&host, {"sh", "-c", "tc qdisc delete dev eth0 root 2>/dev/null || true"});
}

}  // namespace berth::chaos
