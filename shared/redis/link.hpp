// One connection to Redis, from connect and AUTH to its end: bytes out, replies in. It never reconnects;
// whoever opens links does (Connection, PubSub).
#pragma once

#include "shared/redis/url.hpp"
#include "shared/redis/wire.hpp"
#include "shared/runtime/async.hpp"

#include <boost/asio/generic/stream_protocol.hpp>

#include <array>
#include <memory>
#include <string>

namespace berth::redis {

class Link {
 public:
  // Connects, logs in, selects the database and waits until Redis answers PING: a server that still loads its
  // data isn't open yet. The error says why without naming the server ("connection refused"); refused means
  // that the login was, and trying again won't help until somebody changes something.
  static Task<Result<std::shared_ptr<Link>>> open(RedisUrl url, std::string client_name, Deadline deadline);

  explicit Link(asio::any_io_executor executor) : socket_(std::move(executor)) {}

  // `bytes` must stay where it is until this returns.
  Task<Result<>> send(const std::string& bytes);
  // Waits for more bytes, for next() to be asked again.
  Task<Result<>> receive();
  Result<std::optional<Reply>> next() { return reader_.next(); }

  // Ends it: send() and receive() under way return with `why`.
  void close(std::string why);
  Monotonic last_received() const { return last_received_; }

 private:
  Task<Result<>> connect(const RedisUrl& url);
  Task<Result<>> shake_hands(const RedisUrl& url, const std::string& client_name);
  Error failed(const boost::system::error_code& error) const;

  asio::generic::stream_protocol::socket socket_;
  ReplyReader reader_;
  std::array<char, 64u << 10> chunk_;
  Monotonic last_received_ = std::chrono::steady_clock::now();
  std::string closed_because_;
};

}  // namespace berth::redis
