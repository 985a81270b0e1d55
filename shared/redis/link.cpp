#include "shared/redis/link.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <cctype>
#include <vector>

namespace berth::redis {
namespace {

using Endpoint = asio::generic::stream_protocol::endpoint;

// Closes a link at a deadline, unless it is destroyed before.
class CloseAt {
 public:
  CloseAt(asio::any_io_executor executor, std::shared_ptr<Link> link, Deadline deadline)
      : timer_(std::move(executor), deadline) {
    timer_.async_wait([link = std::move(link)](const boost::system::error_code& error) {
      if (!error) link->close("no answer in time");
    });
  }

 private:
  asio::steady_timer timer_;
};

std::string in_a_sentence(std::string message) {
  if (message.size() > 1 && std::islower(static_cast<unsigned char>(message[1]))) {
    message[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(message[0])));
  }
  return message;
}

}  // namespace

Error Link::failed(const boost::system::error_code& error) const {
  if (!closed_because_.empty()) return unavailable(closed_because_);
  if (const auto why = tls_ ? tls_->explain(error) : std::string(); !why.empty()) {
    return {ErrorKind::refused, "Redis at " + server_ + ": TLS failed: " + why};
  }
  if (error == asio::error::eof) return unavailable("Redis closed the connection");
  return unavailable(in_a_sentence(error.message()));
}

void Link::close(std::string why) {
  if (closed_because_.empty()) closed_because_ = std::move(why);
  boost::system::error_code ignored;
  socket_.close(ignored);
}

Task<Result<std::shared_ptr<Link>>> Link::open(RedisUrl url, std::string client_name, Deadline deadline,
                                               bool must_be_master) {
  const auto executor = co_await asio::this_coro::executor;
  auto link = std::make_shared<Link>(executor, to_string(url));
  const CloseAt guard(executor, link, deadline);
  auto connected = co_await link->connect(url);
  if (!connected) co_return connected.error();
  if (url.tls) {
    auto secured = co_await link->start_tls(url);
    if (!secured) co_return secured.error();
  }
  auto ready = co_await link->shake_hands(url, client_name, must_be_master);
  if (!ready) co_return ready.error();
  co_return link;
}

Task<Result<Reply>> Link::ask(Command command, Deadline deadline) {
  const auto executor = co_await asio::this_coro::executor;
  const CloseAt guard(executor, shared_from_this(), deadline);
  const std::string bytes = command.encode();
  auto sent = co_await send(bytes);
  if (!sent) co_return sent.error();
  auto reply = co_await next_reply();
  co_return reply;
}

Task<Result<>> Link::start_tls(const RedisUrl& url) {
  const TlsOptions options{url.ca_file, url.cert_file, url.key_file};
  auto session = TlsSession::make(socket_, options);
  if (!session) co_return Error{session.error().kind, "Redis at " + server_ + ": " + session.error().message};
  tls_ = std::move(*session);
  const auto error = co_await tls_->shake_hands(url.host);
  if (error) co_return failed(error);
  co_return Result<>();
}

Task<Result<>> Link::connect(const RedisUrl& url) {
  std::vector<Endpoint> endpoints;
  if (url.socket_path.empty()) {
    asio::ip::tcp::resolver resolver(socket_.get_executor());
    const std::string port = std::to_string(url.port);
    auto [error, found] = co_await resolver.async_resolve(url.host, port, use_tuple);
    if (error) co_return failed(error);
    for (const auto& entry : found) endpoints.emplace_back(entry.endpoint());
  } else {
    if (url.socket_path.size() > 107)
      co_return unavailable("the path of a Unix socket has at most 107 bytes");
    endpoints.emplace_back(asio::local::stream_protocol::endpoint(url.socket_path));
  }
  boost::system::error_code last = asio::error::host_not_found;
  for (const Endpoint& endpoint : endpoints) {
    if (!closed_because_.empty()) break;
    boost::system::error_code ignored;
    socket_.close(ignored);
    auto [error] = co_await socket_.async_connect(endpoint, use_tuple);
    last = error;
    if (error) continue;
    if (url.socket_path.empty()) {
      socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
      socket_.set_option(asio::socket_base::keep_alive(true), ignored);
    }
    co_return Result<>();
  }
  co_return failed(last);
}

Task<Result<>> Link::shake_hands(const RedisUrl& url, const std::string& client_name, bool must_be_master) {
  std::string hello;
  std::size_t expected = 2;
  if (!url.password.empty()) {
    Command auth("AUTH");
    if (!url.user.empty()) auth.add(url.user);
    hello += auth.add(url.password).encode();
    ++expected;
  }
  if (url.database != 0) {
    hello += Command("SELECT", url.database).encode();
    ++expected;
  }
  hello += Command("CLIENT", "SETNAME", client_name).encode();
  hello += Command("PING").encode();
  if (must_be_master) {
    hello += Command("ROLE").encode();
    ++expected;
  }
  auto sent = co_await send(hello);
  if (!sent) co_return sent.error();
  Reply last;
  for (; expected > 0; --expected) {
    auto reply = co_await next_reply();
    if (!reply) co_return reply.error();
    last = std::move(*reply);
    const auto* failure = last.failure();
    if (failure == nullptr) continue;
    const Error error = to_error(*failure, server_);
    if (error.kind == ErrorKind::refused) co_return error;
    co_return unavailable("it says \"" + failure->text + "\"");
  }
  if (must_be_master && (last.items().empty() || last.items().front().text() != "master")) {
    co_return unavailable("it says that it is a replica");
  }
  co_return Result<>();
}

Task<Result<Reply>> Link::next_reply() {
  for (;;) {
    auto reply = next();
    if (!reply) co_return reply.error();
    if (*reply) co_return std::move(**reply);
    auto more = co_await receive();
    if (!more) co_return more.error();
  }
}

Task<Result<>> Link::send(const std::string& bytes) {
  if (tls_) {
    const auto sent = co_await tls_->write(asio::buffer(bytes));
    if (sent.error) co_return failed(sent.error);
    co_return Result<>();
  }
  auto [error, size] = co_await asio::async_write(socket_, asio::buffer(bytes), use_tuple);
  if (error) co_return failed(error);
  co_return Result<>();
}

Task<Result<>> Link::receive() {
  const asio::mutable_buffer space = asio::buffer(chunk_);
  std::size_t size = 0;
  if (tls_) {
    const auto got = co_await tls_->read_some(space);
    if (got.error) co_return failed(got.error);
    size = got.bytes;
  } else {
    auto [error, count] = co_await socket_.async_read_some(space, use_tuple);
    if (error) co_return failed(error);
    size = count;
  }
  last_received_ = std::chrono::steady_clock::now();
  reader_.feed({chunk_.data(), size});
  co_return Result<>();
}

}  // namespace berth::redis
