// A Unix socket in front of a server, which passes everything on until it is told to misbehave.
#pragma once

#include "shared/runtime/async.hpp"
#include "shared/runtime/task_group.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>

#include <future>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <thread>

namespace berth::test {

// Lives on the test's io_context; await stop() before it is destroyed.
class SocketProxy {
 public:
  // `target` is the path of a Unix socket, or "ADDRESS:PORT".
  SocketProxy(asio::io_context& io, std::string target);
  ~SocketProxy();

  const std::string& path() const { return path_; }

  // From now on answers are thrown away, as if the server hung or the answer were lost: requests still take
  // effect.
  void swallow_answers() { swallows_answers_ = true; }
  void pass_answers() { swallows_answers_ = false; }
  // How many pieces of answers were thrown away.
  std::size_t swallowed() const { return swallowed_; }

  // From the first request on that has `mark` in it, requests of all connections wait on the way, that one
  // included: as if the client were paused just before it sent it.
  void hold_requests_from(std::string mark) { mark_ = std::move(mark); }
  bool is_holding() const { return is_holding_; }
  // Lets them go, those of connections that the client has given up meanwhile included.
  void release();
  // Pieces of requests that are still on the way.
  std::size_t held() const { return held_; }

  // When so many more bytes of answers have passed, the connection that carried the last of them breaks
  // there; once. The server stays within reach.
  void break_after(std::size_t bytes) { until_break_ = bytes; }
  // How many connections were broken so.
  std::size_t breaks() const { return breaks_; }

  // The server is gone: every connection breaks, and new ones are refused.
  void cut();
  // After cut(): it is back.
  void restore();

  // Ends the proxy's tasks.
  Task<> stop();

 private:
  struct Link {
    explicit Link(asio::io_context& io) : client(io), server(io), released(io.get_executor()) {}
    asio::local::stream_protocol::socket client;
    asio::generic::stream_protocol::socket server;
    Wakeup released;
  };

  Task<> accept();
  Task<> serve(std::shared_ptr<Link> link);
  Task<> pump_answers(std::shared_ptr<Link> link);
  std::size_t passing(std::size_t size);

  asio::io_context& io_;
  std::string target_;
  std::string path_;
  asio::local::stream_protocol::acceptor acceptor_;
  std::list<std::weak_ptr<Link>> links_;
  bool swallows_answers_ = false;
  std::size_t swallowed_ = 0;
  std::optional<std::size_t> until_break_;  // bytes of answers
  std::size_t breaks_ = 0;
  std::string mark_;
  bool is_holding_ = false;
  std::size_t held_ = 0;
  TaskGroup tasks_;
};

// The same for a test that has no loop of its own: it runs in a thread.
class BackgroundProxy {
 public:
  explicit BackgroundProxy(std::string target);
  ~BackgroundProxy();
  BackgroundProxy(const BackgroundProxy&) = delete;
  BackgroundProxy& operator=(const BackgroundProxy&) = delete;

  const std::string& path() const { return proxy_.path(); }
  // Calls it in that thread, and returns what it returns.
  template <class Step>
  auto tell(Step step) {
    std::packaged_task<decltype(step(proxy_))()> task([this, &step] { return step(proxy_); });
    auto done = task.get_future();
    asio::post(io_, [&task] { task(); });
    return done.get();
  }

 private:
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> busy_{io_.get_executor()};
  SocketProxy proxy_;
  std::thread thread_;
};

}  // namespace berth::test
