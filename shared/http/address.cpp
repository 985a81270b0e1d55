#include "shared/base/ids.hpp"
#include "shared/http/client.hpp"

namespace berth::http {
namespace {

Error bad_address(std::string_view url, const std::string& what) {
  return invalid("\"" + std::string(url) + "\" is not an address: " + what +
                 "; write http://HOST:PORT or unix:///PATH");
}

// Takes HOST, HOST:PORT or [IPV6]:PORT apart.
Result<Address> parse_authority(std::string_view url, std::string_view authority,
                                std::string_view default_port) {
  Address address;
  std::string_view port = default_port;
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) return bad_address(url, "the ']' is missing");
    address.host = authority.substr(1, end - 1);
    authority.remove_prefix(end + 1);
    if (!authority.empty() && authority.front() != ':') return bad_address(url, "':' must follow the ']'");
    if (!authority.empty()) port = authority.substr(1);
  } else {
    const auto colon = authority.find(':');
    address.host = authority.substr(0, colon);
    if (colon != std::string_view::npos) port = authority.substr(colon + 1);
  }
  if (address.host.empty()) return bad_address(url, "the host is missing");
  const auto number = parse_integer<std::uint16_t>(port);
  if (!number || *number == 0) return bad_address(url, "the port must be a number from 1 to 65535");
  address.port = port;
  return address;
}

}  // namespace

Result<Address> parse_address(std::string_view url, std::string_view default_port) {
  const auto scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) return bad_address(url, "it has no scheme");
  const auto scheme = url.substr(0, scheme_end);
  auto rest = url.substr(scheme_end + 3);
  if (scheme == "unix") {
    if (!rest.starts_with('/')) return bad_address(url, "the path of a socket must be absolute");
    Address address;
    address.socket_path = rest;
    return address;
  }
  if (scheme == "https") return bad_address(url, "TLS is not supported");
  if (scheme != "http" && scheme != "tcp") return bad_address(url, "the scheme must be http, tcp or unix");
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find_first_of("/?#@ ") != std::string_view::npos) {
    return bad_address(url, "nothing may follow host and port");
  }
  return parse_authority(url, rest, default_port);
}

std::string Address::text() const {
  if (!socket_path.empty()) return "unix://" + socket_path;
  const bool v6 = host.find(':') != std::string::npos;
  return (is_secure ? "https://" : "http://") + (v6 ? "[" + host + "]" : host) + ":" + port;
}

}  // namespace berth::http
