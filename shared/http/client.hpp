// An HTTP/1.1 client over TCP, TLS and Unix sockets. It talks to Berth's API, to the Docker daemon, and to
// webhooks.
//
// Connections are kept alive and reused, one request at a time each; as many are opened as requests are in
// flight. Every call has a deadline, and one stuck call never holds up another. A request that fails on a
// reused connection before any byte of a response came is sent once more on a new one only if its method is
// idempotent (GET, HEAD, PUT, DELETE).
#pragma once

#include "shared/base/result.hpp"
#include "shared/http/message.hpp"
#include "shared/runtime/async.hpp"
#include "shared/runtime/tls.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace berth::http {

// Where a server listens.
struct Address {
  std::string host;         // name or IP address; used for TCP
  std::string port;         // decimal
  std::string socket_path;  // Unix socket; when set, host and port are not used
  bool is_secure = false;   // TLS over TCP: the server shows a certificate for `host`

  std::string text()
      const;  // as a person would write it: "http://127.0.0.1:3625", "unix:///var/run/docker.sock"
};
// http://HOST[:PORT][/], tcp://HOST:PORT, unix:///PATH. `default_port` is used where none is given. Berth's
// API and Docker are asked without TLS, so https isn't taken here.
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

struct ClientOptions {
  // Whether an IP address that the host stands for ("192.0.2.7", "2001:db8::7") may be connected to. It is
  // asked of each connection's own address, after the name was resolved: what a name stood for earlier
  // doesn't matter.
  std::function<bool(std::string_view)> may_connect{};
  // The IP addresses of a name; absent: by the loop's own resolver, which does one at a time. Names that
  // users bring along may take long to resolve, and must not hold up the others.
  std::function<Task<Result<std::vector<std::string>>>(std::string, Deadline)> resolve{};
  TlsOptions tls{};
  // Messages leave out what requests ask for: path and query may hold what lets others in.
  bool has_secret_targets = false;
};

class Client {
 public:
  Client(asio::any_io_executor executor, Address address, ClientOptions options = {});
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Sends a request and reads the whole response. Errors: unavailable (can't connect, connection lost),
  // timeout, refused (a body above `max_body`, an address that may not be connected to). Any HTTP status is a
  // success here.
  Task<Result<Response>> call(Request request, Deadline deadline);

  // Sends a request and returns once the response's headers are there.
  Task<Result<std::unique_ptr<ResponseStream>>> open(Request request, Deadline headers_deadline);

  const Address& address() const;

  static constexpr std::size_t max_body = 256u << 20;

 private:
  std::shared_ptr<ConnectionPool> pool_;
};

}  // namespace berth::http
