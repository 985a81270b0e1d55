#include "tests/support/docker_daemon.hpp"

#include "executor/runtime/docker/docker_runtime.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/write.hpp>

#include <unistd.h>

#include <array>
#include <filesystem>
#include <utility>

namespace berth::test {
namespace {

Task<> check_daemon(ContainerRuntime& runtime, std::optional<std::string>& complaint) {
  const auto has_image = co_await runtime.has_image(test_image);
  if (!has_image) {
    complaint = has_image.error().message + " (./dev test starts a daemon where none answers)";
  } else if (!*has_image) {
    complaint = std::string("Docker has no image ") + test_image + ": run ./dev setup, which makes one";
  }
}

std::string unused_path() {
  static int count = 0;
  const auto name = "berth-proxy-" + std::to_string(::getpid()) + "-" + std::to_string(++count) + ".sock";
  return (std::filesystem::temp_directory_path() / name).string();
}

}  // namespace

std::optional<std::string> why_docker_is_unusable() {
  asio::io_context io;
  const auto runtime = make_docker_runtime(io.get_executor(), std::string("unix://") + docker_socket);
  if (!runtime) return runtime.error().message;
  std::optional<std::string> complaint;
  bool has_ended = false;
  const auto on_end = [&has_ended](std::exception_ptr failure) {
    has_ended = true;
    if (failure) std::rethrow_exception(failure);
  };
  asio::co_spawn(io, check_daemon(**runtime, complaint), on_end);
  while (!has_ended) io.run_one();
  return complaint;
}

DockerProxy::DockerProxy(asio::io_context& io)
    : io_(io), path_(unused_path()), acceptor_(io, path_), tasks_(io.get_executor()) {
  tasks_.spawn("proxy accept", accept());
}

DockerProxy::~DockerProxy() { ::unlink(path_.c_str()); }

Task<> DockerProxy::accept() {
  while (true) {
    auto link = std::make_shared<Link>(io_);
    const auto [error] = co_await acceptor_.async_accept(link->client, use_tuple);
    if (error) co_return;
    links_.push_back(link);
    tasks_.spawn("proxy link", serve(link));
  }
}

Task<> DockerProxy::serve(std::shared_ptr<Link> link) {
  const asio::local::stream_protocol::endpoint target(docker_socket);
  const auto [refused] = co_await link->daemon.async_connect(target, use_tuple);
  if (refused) co_return;
  tasks_.spawn("proxy answers", pump_answers(link));
  std::array<char, 16384> buffer{};
  while (true) {
    const auto [error, size] = co_await link->client.async_read_some(asio::buffer(buffer), use_tuple);
    if (error) break;
    const auto [failed, written] =
        co_await asio::async_write(link->daemon, asio::buffer(buffer, size), use_tuple);
    if (failed) break;
  }
  boost::system::error_code ignored;
  link->daemon.close(ignored);
}

Task<> DockerProxy::pump_answers(std::shared_ptr<Link> link) {
  std::array<char, 16384> buffer{};
  bool is_lost = false;
  while (true) {
    const auto [error, size] = co_await link->daemon.async_read_some(asio::buffer(buffer), use_tuple);
    if (error) break;
    // An answer may come in several pieces: who lost the first gets none of the others.
    is_lost = is_lost || swallows_answers_;
    if (is_lost) {
      ++swallowed_;
      continue;
    }
    const auto [failed, written] =
        co_await asio::async_write(link->client, asio::buffer(buffer, size), use_tuple);
    if (failed) break;
  }
  boost::system::error_code ignored;
  link->client.close(ignored);
}

void DockerProxy::cut() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  for (const auto& weak : links_) {
    if (const auto link = weak.lock()) {
      link->client.close(ignored);
      link->daemon.close(ignored);
    }
  }
  links_.clear();
}

void DockerProxy::restore() {
  ::unlink(path_.c_str());
  acceptor_ = asio::local::stream_protocol::acceptor(io_, path_);
  tasks_.spawn("proxy accept", accept());
}

Task<> DockerProxy::stop() {
  cut();
  tasks_.cancel();
  co_await tasks_.join();
}

}  // namespace berth::test
