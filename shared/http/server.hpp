// An HTTP/1.1 server on one io_context: one coroutine a connection, keep-alive, bounded everywhere.
#pragma once

#include "shared/base/result.hpp"
#include "shared/http/message.hpp"
#include "shared/runtime/async.hpp"

#include <functional>
#include <memory>
#include <string>

namespace berth::http {

// The way back to the client of one request. Exactly one of send() or begin() … finish() is used. Errors:
// unavailable (the client has gone), timeout (it takes nothing any more), internal (used in another order).
class Responder {
 public:
  virtual ~Responder() = default;
  // Content-Length, Date and Connection are added; a body isn't sent where it may not be (HEAD, 204, 304).
  virtual Task<Result<>> send(Response response) = 0;
  // A body of unknown length, chunked; the head's own body is not used. write() waits while the client is
  // slow to read, until the deadline.
  virtual Task<Result<>> begin(Response head) = 0;
  virtual Task<Result<>> write(std::string_view piece, Deadline deadline) = 0;
  virtual Task<Result<>> finish() = 0;
};

// A named coroutine function bound to its object; the request and the responder outlive the returned task.
// When the client closes its connection (its sending half is enough), the task is cancelled: the co_await
// that it is in throws operation_aborted.
using Handler = std::function<Task<>(const Request&, Responder&)>;

struct ServerOptions {
  std::size_t max_body = 64u << 20;                         // larger: 413
  std::size_t max_connections = 20'000;                     // above: accepted and closed at once
  Milliseconds idle_timeout = std::chrono::seconds{75};     // between requests
  Milliseconds request_timeout = std::chrono::seconds{30};  // for a whole request to arrive once it began
  Milliseconds stall_timeout = std::chrono::seconds{30};  // for the client to take the next part of an answer
};

class Server {
 public:
  // `handler` gets every well-formed request; what isn't one is answered 400, 413 or 431 with a problem
  // document. An exception out of the handler is answered 500 and logged.
  Server(asio::any_io_executor executor, Handler handler, ServerOptions options = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Binds and listens. Error unavailable names the address and the reason ("address already in use"). Port
  // "0" takes a free one. Returns what it is bound to, as "127.0.0.1:3625".
  Result<std::string> listen(std::string host, std::string port);

  // The same on a Unix socket. A socket file that nobody listens on any more is replaced, and the file is
  // removed at the end.
  Result<> listen_unix(std::string path);

  // Accepts and serves until it is cancelled or the server stopped. After listen() or listen_unix(), once.
  Task<> run();

  std::size_t connections() const;

  // Stops accepting, cancels the handlers in flight, closes every connection, and returns when all are gone.
  Task<> stop();

 private:
  struct Impl;
  // Shared with the connections, which may outlive a server that was not stopped until the io_context ends.
  std::shared_ptr<Impl> impl_;
};

}  // namespace berth::http
