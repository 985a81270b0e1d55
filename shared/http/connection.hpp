// One connection of the server: reads requests one after the other and hands each to the handler. Part of the
// server.
#pragma once

#include "shared/http/server.hpp"
#include "shared/http/transport.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <optional>
#include <string>

namespace berth::http {

// What all connections of a server have in common.
struct ConnectionContext {
  Handler handler;
  ServerOptions options;
};

class Connection final : public Responder, public std::enable_shared_from_this<Connection> {
 public:
  Connection(Transport::Socket socket, std::shared_ptr<const ConnectionContext> context);

  // Serves until the client leaves, breaks the protocol or stays idle. To be spawned once, with
  // cancel_slot().
  Task<> run();
  asio::cancellation_slot cancel_slot() { return cancel_.slot(); }
  void cancel();

  Task<Result<>> send(Response response) override;
  Task<Result<>> begin(Response head) override;
  Task<Result<>> write(std::string_view piece, Deadline deadline) override;
  Task<Result<>> finish() override;

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  // How far the answer to the current request is.
  enum class Answer { none, streaming, complete };
  // What came of reading a request: one to handle, none (the client left), or one that is refused with this
  // status.
  struct Incoming {
    bool complete = false;
    unsigned refusal = 0;
  };

  Task<Incoming> read_request();
  Task<> serve_request();
  Task<> refuse(unsigned status);
  Task<Result<>> send_all(std::string_view head, std::string_view body);
  Task<Result<>> transfer(Transport::Pieces pieces, Deadline deadline);
  Request take_request();
  std::string head_of(const Response& response, std::string_view framing) const;
  bool expects_continue() const;

  // While a handler works, the connection is watched for its end: nobody would read the answer.
  void watch_soon();
  void watch(std::uint64_t turn);
  void on_readable(std::uint64_t turn);

  std::shared_ptr<const ConnectionContext> context_;
  std::shared_ptr<Transport> transport_;
  asio::cancellation_signal cancel_;
  boost::beast::flat_buffer buffer_;  // received, not parsed yet; may hold pipelined requests
  std::optional<Parser> parser_;
  Answer answer_ = Answer::none;
  std::uint64_t turn_ = 0;  // counts the requests: a watch that belongs to an earlier one is over
  bool working_ = false;    // a handler runs
  bool is_head_ = false;    // answers have no body
  bool chunked_ = false;    // the streamed answer is
  bool keep_alive_ = true;  // another request may follow
};

}  // namespace berth::http
