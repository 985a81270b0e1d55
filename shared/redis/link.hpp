// One connection to Redis, from connect and AUTH to its end: bytes out, replies in. It never reconnects;
// whoever opens links does (Connection, PubSub).
#pragma once

#include "shared/redis/url.hpp"
#include "shared/redis/wire.hpp"
#include "shared/runtime/async.hpp"
#include "shared/runtime/tls.hpp"

#include <boost/asio/generic/stream_protocol.hpp>

#include <array>
#include <memory>
#include <string>

namespace berth::redis {

class Link : public std::enable_shared_from_this<Link> {
 public:
  // Connects, logs in, selects the database and waits until Redis answers PING: a server that still loads its
  // data isn't open yet. The error says why without naming the server ("connection refused"); refused means
  // that the login was, and trying again won't help until somebody changes something.
  // The URL names the server itself; Sentinels are open_link's business. `must_be_master`: a replica isn't
  // open either.
  static Task<Result<std::shared_ptr<Link>>> open(RedisUrl url, std::string client_name, Deadline deadline,
                                                  bool must_be_master = false);

  Link(asio::any_io_executor executor, std::string server)
      : socket_(std::move(executor)), server_(std::move(server)) {}

  // `bytes` must stay where it is until this returns.
  Task<Result<>> send(const std::string& bytes);
  // Waits for more bytes, for next() to be asked again.
  Task<Result<>> receive();
  Result<std::optional<Reply>> next() { return reader_.next(); }
  // One command and its answer, while nobody else uses the link.
  Task<Result<Reply>> ask(Command command, Deadline deadline);

  // Whom it talks to, as a URL without password.
  const std::string& server() const { return server_; }

  // Ends it: send() and receive() under way return with `why`.
  void close(std::string why);
  Monotonic last_received() const { return last_received_; }

 private:
  Task<Result<>> connect(const RedisUrl& url);
  Task<Result<>> start_tls(const RedisUrl& url);
  Task<Result<>> shake_hands(const RedisUrl& url, const std::string& client_name, bool must_be_master);
  Task<Result<Reply>> next_reply();
  Error failed(const boost::system::error_code& error) const;

  asio::generic::stream_protocol::socket socket_;
  std::unique_ptr<TlsSession> tls_;  // absent: plain
  std::string server_;
  ReplyReader reader_;
  std::array<char, 64u << 10> chunk_;
  Monotonic last_received_ = std::chrono::steady_clock::now();
  std::string closed_because_;
};

}  // namespace berth::redis
