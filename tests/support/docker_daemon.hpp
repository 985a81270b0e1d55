// The real Docker daemon for tests, and a socket in front of it that can misbehave.
#pragma once

#include "shared/runtime/async.hpp"
#include "shared/runtime/task_group.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <list>
#include <memory>
#include <optional>
#include <string>

namespace berth::test {

inline constexpr const char* docker_socket = "/var/run/docker.sock";

// The image that tests run. `./dev test` makes sure that it is there.
inline constexpr const char* test_image = "busybox";

// Why tests can't use the daemon, with what to do about it; nothing when they can.
std::optional<std::string> why_docker_is_unusable();

// A Unix socket that passes everything on to the daemon until it is told to stop doing so. Lives on the
// test's io_context; await stop() before it is destroyed.
class DockerProxy {
 public:
  explicit DockerProxy(asio::io_context& io);
  ~DockerProxy();

  const std::string& path() const { return path_; }

  // From now on answers are thrown away, as if the daemon hung or the answer were lost: requests still take
  // effect.
  void swallow_answers() { swallows_answers_ = true; }
  void pass_answers() { swallows_answers_ = false; }
  // How many pieces of answers were thrown away.
  std::size_t swallowed() const { return swallowed_; }

  // The daemon is gone: every connection breaks, and new ones are refused.
  void cut();
  // After cut(): it is back.
  void restore();

  // Ends the proxy's tasks.
  Task<> stop();

 private:
  using Socket = asio::local::stream_protocol::socket;
  struct Link {
    explicit Link(asio::io_context& io) : client(io), daemon(io) {}
    Socket client;
    Socket daemon;
  };

  Task<> accept();
  Task<> serve(std::shared_ptr<Link> link);
  Task<> pump_answers(std::shared_ptr<Link> link);

  asio::io_context& io_;
  std::string path_;
  asio::local::stream_protocol::acceptor acceptor_;
  std::list<std::weak_ptr<Link>> links_;
  bool swallows_answers_ = false;
  std::size_t swallowed_ = 0;
  TaskGroup tasks_;
};

}  // namespace berth::test
