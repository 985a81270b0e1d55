#include "shared/http/connect.hpp"

#include "shared/base/ids.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <sys/un.h>

#include <chrono>
#include <cstddef>

namespace berth::http {
namespace {

using asio::ip::tcp;
using boost::system::error_code;

struct Candidate {
  asio::generic::stream_protocol::endpoint endpoint;
  std::string ip;  // empty: a Unix socket
};
using Endpoints = std::vector<Candidate>;

Candidate candidate(const tcp::endpoint& endpoint) { return {endpoint, endpoint.address().to_string()}; }

Error cannot_connect(const Address& address, const std::string& reason) {
  return unavailable("can't connect to " + address.text() + ": " + reason);
}

Error too_late(const Address& address) {
  return {ErrorKind::timeout, "can't connect to " + address.text() + ": no answer in time"};
}

Result<Endpoints> unix_endpoint(const Address& address) {
  if (address.socket_path.size() >= sizeof(sockaddr_un::sun_path)) {
    return invalid("the socket path " + address.socket_path + " is longer than the " +
                   std::to_string(sizeof(sockaddr_un::sun_path) - 1) + " bytes that the kernel allows");
  }
  Endpoints only;
  only.push_back({asio::local::stream_protocol::endpoint(address.socket_path), {}});
  return only;
}

// A name that doesn't resolve can block the resolver's thread for long, beyond any deadline: so the outcome
// is shared with that thread's completion, which may come when nobody waits any more.
using Resolution = OneShot<Result<Endpoints>>;

Task<Result<Endpoints>> resolve(asio::any_io_executor executor, Address address, Deadline deadline) {
  error_code not_numeric;
  const auto ip = asio::ip::make_address(address.host, not_numeric);
  const auto port = parse_integer<std::uint16_t>(address.port);
  if (!not_numeric && port) {
    Endpoints numeric;
    numeric.push_back(candidate(tcp::endpoint(ip, *port)));
    co_return numeric;
  }

  const auto resolution = std::make_shared<Resolution>(executor);
  const auto resolver = std::make_shared<tcp::resolver>(executor);
  auto on_resolved = [resolver, resolution, address](error_code error,
                                                     const tcp::resolver::results_type& found) {
    if (error) {
      resolution->set(cannot_connect(address, error.message()));
      return;
    }
    Endpoints endpoints;
    for (const auto& entry : found) endpoints.push_back(candidate(entry.endpoint()));
    resolution->set(std::move(endpoints));
  };
  resolver->async_resolve(address.host, address.port, std::move(on_resolved));
  auto outcome = co_await resolution->wait(deadline);
  if (!outcome) co_return too_late(address);
  co_return std::move(*outcome);
}

Task<Result<Endpoints>> resolve_as_told(ClientOptions options, Address address, Deadline deadline) {
  auto resolving = options.resolve(address.host, deadline);
  const auto found = co_await std::move(resolving);
  if (!found) co_return found.error();
  const auto port = parse_integer<std::uint16_t>(address.port);
  Endpoints endpoints;
  for (const auto& text : *found) {
    error_code not_numeric;
    const auto ip = asio::ip::make_address(text, not_numeric);
    if (!not_numeric && port) endpoints.push_back(candidate(tcp::endpoint(ip, *port)));
  }
  co_return endpoints;
}

// What may be connected to, in the resolver's order.
Result<Endpoints> connectable(Endpoints found, const Address& address, const ClientOptions& options) {
  if (!options.may_connect || found.empty()) return found;
  const std::string first = found.front().ip;
  std::erase_if(found, [&](const Candidate& one) { return !options.may_connect(one.ip); });
  if (!found.empty()) return found;
  const auto what = first == address.host ? "its address" : "its address " + first;
  return Error{ErrorKind::refused, address.text() + " may not be connected to: " + what + " isn't allowed"};
}

// Until when one of several addresses, of which so many are left, is tried: one that swallows everything must
// leave time for those behind it.
Deadline share_of(Deadline deadline, std::size_t left) {
  if (left == 1 || deadline == no_deadline) return deadline;
  const auto now = std::chrono::steady_clock::now();
  return now + (deadline - now) / static_cast<Deadline::rep>(left);
}

}  // namespace

Task<Result<std::shared_ptr<Transport>>> connect(asio::any_io_executor executor, Address address,
                                                 ClientOptions options, Deadline deadline) {
  Result<Endpoints> endpoints = Endpoints{};
  if (!address.socket_path.empty()) {
    endpoints = unix_endpoint(address);
  } else if (options.resolve) {
    endpoints = co_await resolve_as_told(options, address, deadline);
  } else {
    endpoints = co_await resolve(executor, address, deadline);
  }
  if (!endpoints) co_return endpoints.error();
  const auto usable = connectable(std::move(*endpoints), address, options);
  if (!usable) co_return usable.error();

  std::string reason = "the name has no address";
  std::size_t left = usable->size();
  for (const auto& one : *usable) {
    const auto try_until = share_of(deadline, left--);
    Transport::Socket socket(executor);
    error_code opened;
    socket.open(one.endpoint.protocol(), opened);
    if (opened) {
      reason = opened.message();
      continue;
    }
    const auto transport = std::make_shared<Transport>(std::move(socket));
    transport->set_deadline(try_until);
    const auto [error] = co_await transport->socket().async_connect(one.endpoint, use_tuple);
    bool is_connected = !error;
    if (error) reason = error.message();
    if (is_connected && address.is_secure) {
      const auto secured = co_await transport->start_tls(options.tls, address.host);
      is_connected = secured.has_value();
      if (!is_connected) reason = secured.error().message;
    }
    if (is_connected && !transport->expired()) {
      transport->set_deadline(deadline);
      co_return transport;
    }
    co_await throw_if_cancelled();
    if (transport->expired()) {
      if (left == 0) co_return too_late(address);
      reason = "no answer in time";
    }
  }
  co_return cannot_connect(address, reason);
}

}  // namespace berth::http
