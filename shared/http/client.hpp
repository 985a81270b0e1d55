// An HTTP/1.1 client over TCP and Unix sockets. It talks to Berth's API and to the Docker daemon.
//
// Connections are kept alive and reused, one request at a time each; as many are opened as requests are in
// flight. Every call has a deadline, and one stuck call never holds up another. A request that fails on a
// reused connection before any byte of a response came is sent once more on a new one only if its method is
// idempotent (GET, HEAD, PUT, DELETE).
#pragma once

#include "shared/base/result.hpp"
#include "shared/http/message.hpp"
#include "shared/runtime/async.hpp"

#include <memory>
#include <string>

namespace berth::http {

// Where a server listens.
struct Address {
  std::string host;         // name or IP address; used for TCP
  std::string port;         // decimal
  std::string socket_path;  // Unix socket; when set, host and port are not used

  std::string text()
      const;  // as a person would write it: "http://127.0.0.1:3625", "unix:///var/run/docker.sock"
};
// http://HOST[:PORT][/], tcp://HOST:PORT, unix:///PATH. `default_port` is used where none is given.
Result<Address> parse_address(std::string_view url, std::string_view default_port);

// A response whose body is still coming. Destroying it closes the connection unless the body was read to its
// end.
class ResponseStream {
 public:
  virtual ~ResponseStream() = default;
  virtual const Response& head() const = 0;  // status and headers; its body is empty
  // The next piece of the body, at most 64 KiB; an empty string at its end. Cut off in the middle: Error
  // unavailable.
  virtual Task<Result<std::string>> read(Deadline deadline) = 0;
};

class ConnectionPool;

class Client {
 public:
  Client(asio::any_io_executor executor, Address address);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Sends a request and reads the whole response. Errors: unavailable (can't connect, connection lost),
  // timeout, refused (a body above `max_body`). Any HTTP status is a success here.
  Task<Result<Response>> call(Request request, Deadline deadline);

  // Sends a request and returns once the response's headers are there.
  Task<Result<std::unique_ptr<ResponseStream>>> open(Request request, Deadline headers_deadline);

  const Address& address() const;

  static constexpr std::size_t max_body = 256u << 20;

 private:
  std::shared_ptr<ConnectionPool> pool_;
};

}  // namespace berth::http
