// A process of the world that is kept running, as systemd would: what ends by itself is started again a
// second later, and what a fault has killed when the fault is over.
#pragma once

#include "tests/chaos/children.hpp"
#include "tests/chaos/host.hpp"

#include <functional>
#include <string>

namespace berth::chaos {

class Service {
 public:
  // `on_own_end` is told of an end that nobody asked for.
  Service(asio::any_io_executor executor, Children& children, std::string name, Command command,
          std::function<void(const Service&, int status)> on_own_end);

  void start(const Host& host);
  // kill -9. It stays down until it is started again.
  void kill();
  // SIGTERM. It stays down until it is started again; that waits until this end has come.
  void ask_to_end();
  // The same; returns when it has ended, by kill -9 if that takes longer than `limit`.
  Task<> stop(Milliseconds limit);
  void pause();
  void resume();
  // Its host has lost power: it is gone with everything else.
  void forget();

  bool is_running() const { return pid_ > 0; }
  pid_t pid() const { return pid_; }
  const std::string& name() const { return name_; }
  const Command& command() const { return command_; }

 private:
  void launch();
  void ended(pid_t pid, int status);
  void send(int signal) const;

  Children& children_;
  std::string name_;
  Command command_;
  std::function<void(const Service&, int)> on_own_end_;
  const Host* host_ = nullptr;
  pid_t pid_ = -1;
  bool is_wanted_ = false;
  bool was_killed_ = false;  // its end was asked for, and hasn't come yet
  asio::steady_timer again_;
  Wakeup has_ended_;
};

}  // namespace berth::chaos
