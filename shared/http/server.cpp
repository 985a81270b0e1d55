#include "shared/http/server.hpp"

#include "shared/http/connection.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/system/system_error.hpp>
#include <spdlog/spdlog.h>

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <list>

namespace berth::http {

using asio::ip::tcp;
using boost::system::error_code;
using Protocol = asio::generic::stream_protocol;
using Acceptor = asio::basic_socket_acceptor<Protocol, asio::any_io_executor>;
using Connections = std::list<std::shared_ptr<Connection>>;

namespace {

// Out of file descriptors, most likely: some will come back.
constexpr Milliseconds accept_pause = std::chrono::milliseconds{100};

std::string printed(const tcp::endpoint& endpoint) {
  const auto host = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(endpoint.port());
}

error_code bind_and_listen(Acceptor& acceptor, const Protocol::endpoint& endpoint) {
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  error_code ignored;
  if (error) acceptor.close(ignored);
  return error;
}

// A socket that nobody listens on. Connecting to a file of another kind is refused, too: hence the look at
// its type.
bool is_abandoned(const asio::any_io_executor& executor, const std::string& path,
                  const Protocol::endpoint& endpoint) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return false;
  Transport::Socket probe(executor);
  error_code error;
  probe.connect(endpoint, error);
  return error == asio::error::connection_refused;
}

}  // namespace

struct Server::Impl : std::enable_shared_from_this<Server::Impl> {
  Impl(asio::any_io_executor given_executor, Handler handler, ServerOptions options)
      : executor(std::move(given_executor)), acceptor(executor), one_ended(executor) {
    context = std::make_shared<ConnectionContext>(ConnectionContext{std::move(handler), options});
  }

  void admit(Transport::Socket socket) {
    if (stopping || connections.size() >= context->options.max_connections) return;
    connections.push_back(std::make_shared<Connection>(std::move(socket), context));
    const auto place = std::prev(connections.end());
    auto on_end = [self = shared_from_this(), place](std::exception_ptr failure) {
      self->connections.erase(place);
      self->one_ended.notify();
      if (failure) report(failure);
    };
    asio::co_spawn(executor, (*place)->run(),
                   asio::bind_cancellation_slot((*place)->cancel_slot(), std::move(on_end)));
  }

  static void report(const std::exception_ptr& failure) {
    try {
      std::rethrow_exception(failure);
    } catch (const boost::system::system_error& error) {
      if (error.code() != asio::error::operation_aborted)
        spdlog::error("a connection failed: {}", error.what());
    } catch (const std::exception& error) {
      spdlog::error("a connection failed: {}", error.what());
    }
  }

  void close() {
    stopping = true;
    error_code ignored;
    acceptor.close(ignored);
    if (!socket_path.empty()) ::unlink(socket_path.c_str());
    socket_path.clear();
    const auto present = connections;  // each takes itself off the list
    for (const auto& connection : present) connection->cancel();
  }

  asio::any_io_executor executor;
  std::shared_ptr<const ConnectionContext> context;
  Acceptor acceptor;
  std::string socket_path;  // to be removed at the end
  Connections connections;
  Wakeup one_ended;
  bool stopping = false;
};

Server::Server(asio::any_io_executor executor, Handler handler, ServerOptions options)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(handler), options)) {}

Server::~Server() { impl_->close(); }

Result<std::string> Server::listen(std::string host, std::string port) {
  const auto failed = [&](const error_code& error) {
    return unavailable("can't listen on " + host + ":" + port + ": " + error.message());
  };
  error_code error;
  tcp::resolver resolver(impl_->executor);
  const auto found = resolver.resolve(host, port, tcp::resolver::passive, error);
  if (error) return failed(error);
  for (const auto& entry : found) {
    error = bind_and_listen(impl_->acceptor, entry.endpoint());
    if (!error) break;
  }
  if (error) return failed(error);
  tcp::endpoint bound;
  const auto local = impl_->acceptor.local_endpoint(error);
  if (error || local.size() > bound.capacity()) return failed(error);
  std::memcpy(bound.data(), local.data(), local.size());
  bound.resize(local.size());
  return printed(bound);
}

Result<> Server::listen_unix(std::string path) {
  if (path.size() >= sizeof(sockaddr_un::sun_path)) {
    return unavailable("can't listen on " + path + ": the path is longer than the kernel allows");
  }
  const asio::local::stream_protocol::endpoint endpoint(path);
  if (is_abandoned(impl_->executor, path, endpoint)) ::unlink(path.c_str());
  const auto error = bind_and_listen(impl_->acceptor, endpoint);
  if (error) return unavailable("can't listen on " + path + ": " + error.message());
  impl_->socket_path = std::move(path);
  return {};
}

Task<> Server::run() {
  const auto impl = impl_;
  while (!impl->stopping) {
    Transport::Socket socket(impl->executor);
    const auto [error] = co_await impl->acceptor.async_accept(socket, use_tuple);
    co_await throw_if_cancelled();
    if (impl->stopping) break;
    if (!error) {
      impl->admit(std::move(socket));
    } else if (error != asio::error::connection_aborted) {
      spdlog::warn("can't accept a connection: {}", error.message());
      co_await sleep_until(deadline_in(accept_pause));
    }
  }
}

std::size_t Server::connections() const { return impl_->connections.size(); }

Task<> Server::stop() {
  const auto impl = impl_;
  impl->close();
  while (!impl->connections.empty()) co_await impl->one_ended.wait();
}

}  // namespace berth::http
