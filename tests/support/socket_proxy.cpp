#include "tests/support/socket_proxy.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <utility>

namespace berth::test {
namespace {

std::string unused_path() {
  static int count = 0;
  const auto name = "berth-proxy-" + std::to_string(::getpid()) + "-" + std::to_string(++count) + ".sock";
  return (std::filesystem::temp_directory_path() / name).string();
}

asio::generic::stream_protocol::endpoint proxied_endpoint(const std::string& target) {
  if (target.starts_with('/')) return asio::local::stream_protocol::endpoint(target);
  const auto colon = target.rfind(':');
  const auto port = static_cast<std::uint16_t>(std::stoul(target.substr(colon + 1)));
  return asio::ip::tcp::endpoint(asio::ip::make_address(target.substr(0, colon)), port);
}

}  // namespace

SocketProxy::SocketProxy(asio::io_context& io, std::string target)
    : io_(io),
      target_(std::move(target)),
      path_(unused_path()),
      acceptor_(io, path_),
      tasks_(io.get_executor()) {
  tasks_.spawn("proxy accept", accept());
}

SocketProxy::~SocketProxy() { ::unlink(path_.c_str()); }

Task<> SocketProxy::accept() {
  while (true) {
    auto link = std::make_shared<Link>(io_);
    const auto [error] = co_await acceptor_.async_accept(link->client, use_tuple);
    if (error) co_return;
    links_.push_back(link);
    tasks_.spawn("proxy link", serve(link));
  }
}

Task<> SocketProxy::serve(std::shared_ptr<Link> link) {
  const auto target = proxied_endpoint(target_);
  const auto [refused] = co_await link->server.async_connect(target, use_tuple);
  if (refused) co_return;
  tasks_.spawn("proxy answers", pump_answers(link));
  std::array<char, 16384> buffer{};
  while (true) {
    const auto [error, size] = co_await link->client.async_read_some(asio::buffer(buffer), use_tuple);
    if (error) break;
    const std::string_view request(buffer.data(), size);
    if (!mark_.empty() && request.find(mark_) != std::string_view::npos) is_holding_ = true;
    ++held_;
    while (is_holding_) co_await link->released.wait();
    const auto [failed, written] =
        co_await asio::async_write(link->server, asio::buffer(buffer, size), use_tuple);
    --held_;
    if (failed) break;
  }
  boost::system::error_code ignored;
  link->server.close(ignored);
}

Task<> SocketProxy::pump_answers(std::shared_ptr<Link> link) {
  std::array<char, 16384> buffer{};
  bool is_lost = false;
  while (true) {
    const auto [error, size] = co_await link->server.async_read_some(asio::buffer(buffer), use_tuple);
    if (error) break;
    // An answer may come in several pieces: who lost the first gets none of the others.
    is_lost = is_lost || swallows_answers_;
    if (is_lost) {
      ++swallowed_;
      continue;
    }
    const auto breaks_before = breaks_;
    const auto part = passing(size);
    const bool breaks_here = breaks_ > breaks_before;
    const auto [failed, written] =
        co_await asio::async_write(link->client, asio::buffer(buffer, part), use_tuple);
    if (failed || breaks_here) break;
  }
  boost::system::error_code ignored;
  link->client.close(ignored);
}

// How much of a piece of an answer passes before its connection breaks: all of it, unless it breaks here.
std::size_t SocketProxy::passing(std::size_t size) {
  if (!until_break_) return size;
  const auto part = std::min(size, *until_break_);
  *until_break_ -= part;
  if (*until_break_ > 0) return part;
  until_break_.reset();
  ++breaks_;
  return part;
}

void SocketProxy::release() {
  mark_.clear();
  is_holding_ = false;
  for (const auto& weak : links_) {
    if (const auto link = weak.lock()) link->released.notify();
  }
}

void SocketProxy::cut() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  for (const auto& weak : links_) {
    if (const auto link = weak.lock()) {
      link->client.close(ignored);
      link->server.close(ignored);
    }
  }
  links_.clear();
}

void SocketProxy::restore() {
  ::unlink(path_.c_str());
  acceptor_ = asio::local::stream_protocol::acceptor(io_, path_);
  tasks_.spawn("proxy accept", accept());
}

Task<> SocketProxy::stop() {
  cut();
  tasks_.cancel();
  co_await tasks_.join();
}

BackgroundProxy::BackgroundProxy(std::string target)
    : proxy_(io_, std::move(target)), thread_([this] { io_.run(); }) {}

BackgroundProxy::~BackgroundProxy() {
  asio::co_spawn(io_, proxy_.stop(), asio::use_future).get();
  busy_.reset();
  thread_.join();
}

}  // namespace berth::test
