#include "tests/support/sentinels.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <thread>

namespace berth::test {

using namespace std::chrono_literals;

SentinelTrio::SentinelTrio() : first_port_(free_port()) {
  const auto host = std::string("127.0.0.1");
  const auto first_port = std::to_string(first_port_);
  first_ = std::make_unique<RedisServer>(std::vector<std::string>{"--port", first_port, "--bind", host});
  second_ = std::make_unique<RedisServer>(
      std::vector<std::string>{"--port", std::to_string(free_port()), "--bind", host, "--replicaof", host,
                               first_port, "--repl-diskless-sync-delay", "0"});
  for (std::size_t i = 0; i < sentinels_.size(); ++i) {
    ports_.at(i) = free_port();
    const auto name = "sentinel" + std::to_string(i);
    const auto file = folder_.file(name + ".conf", "port " + std::to_string(ports_.at(i)) +
                                                       "\nbind 127.0.0.1\ndir " + folder_.path().string() +
                                                       "\nsentinel monitor prime 127.0.0.1 " + first_port +
                                                       " 2\nsentinel down-after-milliseconds prime 3000\n"
                                                       "sentinel failover-timeout prime 10000\n");
    sentinels_.at(i) =
        std::make_unique<Process>(std::vector<std::string>{"redis-server", file, "--sentinel"});
  }
  const auto give_up = std::chrono::steady_clock::now() + 30s;
  while (!is_ready()) {
    if (std::chrono::steady_clock::now() > give_up)
      throw std::runtime_error("the Sentinels don't find each other");
    std::this_thread::sleep_for(50ms);  // nothing tells when they have
  }
}

bool SentinelTrio::is_ready() const {
  return std::all_of(ports_.begin(), ports_.end(), [](int port) {
    const auto answer =
        Process({"redis-cli", "-p", std::to_string(port), "SENTINEL", "MASTER", "prime"}).wait().out;
    return answer.find("num-other-sentinels\n2\n") != std::string::npos &&
           answer.find("num-slaves\n1\n") != std::string::npos;
  });
}

void SentinelTrio::await_replica() const {
  const auto position = [](const RedisServer& server, std::string_view name) {
    const auto info = server.ask("INFO replication");
    const auto found = info.find(name);
    return found == std::string::npos ? -1 : std::stoll(info.substr(found + name.size()));
  };
  const auto wanted = position(*first_, "master_repl_offset:");
  const auto give_up = std::chrono::steady_clock::now() + 30s;
  while (wanted < 0 || position(*second_, "slave_repl_offset:") < wanted) {
    if (std::chrono::steady_clock::now() > give_up) throw std::runtime_error("the replica doesn't follow");
    std::this_thread::sleep_for(2ms);  // nothing tells when it has
  }
}

void SentinelTrio::cut_off_replica() {
  // It asks for its master as somebody whom the master doesn't know.
  for (const auto* command :
       {"CONFIG SET masteruser nobody", "CONFIG SET masterauth nothing", "CLIENT KILL TYPE master"}) {
    const auto answer = second_->ask(command);
    if (answer != "+OK\r\n" && answer != ":1\r\n") throw std::runtime_error(command + (": " + answer));
  }
}

void SentinelTrio::kill_first() {
  // What is written meanwhile waits, and isn't acknowledged.
  if (first_->ask("CLIENT PAUSE 60000 WRITE") != "+OK\r\n")
    throw std::runtime_error("the master can't be paused");
  await_replica();
  first_->kill();
}

std::string SentinelTrio::url() const {
  std::string hosts;
  for (const int port : ports_)
    hosts += (hosts.empty() ? "127.0.0.1:" : ",127.0.0.1:") + std::to_string(port);
  return "redis-sentinel://" + hosts + "/prime";
}

}  // namespace berth::test
