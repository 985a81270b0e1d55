// A connected socket, TCP or Unix, plain or with TLS, with one deadline for whatever is going on. Server and
// client move every byte through this; it is no part of the room's interface.
#pragma once

#include "shared/runtime/async.hpp"
#include "shared/runtime/tls.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace berth::http {

class Transport : public std::enable_shared_from_this<Transport> {
 public:
  using Socket = asio::basic_stream_socket<asio::generic::stream_protocol, asio::any_io_executor>;
  using ErrorCode = boost::system::error_code;

  // Takes over a connected socket.
  explicit Transport(Socket socket);

  // When it passes, the socket is closed: what waits ends with operation_aborted, and expired() is true from
  // then on. Moving it to later costs nothing, because the timer behind it looks again when it fires.
  void set_deadline(Deadline deadline);
  bool expired() const { return expired_; }

  // From here on everything goes through TLS, once the server has shown a certificate for `host`. Error
  // unavailable says why not: a file may be it, which can be mended. Only for clients: try_read() is for
  // plain ones.
  Task<Result<>> start_tls(TlsOptions options, std::string host);

  struct ReadResult {
    ErrorCode error;  // asio::error::eof at the end
    std::size_t bytes = 0;
  };
  // At least one byte, or an error.
  Task<ReadResult> read_some(asio::mutable_buffer buffer);

  // All of the pieces, in order; what they point at must stay until then. Doesn't suspend while the kernel
  // has room.
  using Pieces = std::array<asio::const_buffer, 3>;
  Task<ErrorCode> write(Pieces pieces);

  // Asks the kernel without waiting: would_block when there is nothing to read now.
  ReadResult try_read(asio::mutable_buffer buffer);
  // True while the other side has neither closed the connection nor sent anything.
  bool is_quiet();

  void close();
  Socket& socket() { return socket_; }

 private:
  void arm(Deadline deadline);
  void on_timer();

  Socket socket_;
  std::unique_ptr<TlsSession> tls_;  // absent: plain
  asio::steady_timer timer_;
  Deadline deadline_ = no_deadline;
  Deadline armed_until_ = no_deadline;  // when the timer will fire; never later than deadline_
  bool expired_ = false;
};

inline asio::const_buffer as_buffer(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace berth::http
