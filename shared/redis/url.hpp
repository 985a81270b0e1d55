// Where Redis is, and as whom to talk to it.
#pragma once

#include "shared/base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace berth {

struct RedisAddress {
  std::string host;
  std::uint16_t port = 0;
  bool operator==(const RedisAddress&) const = default;
};

struct RedisUrl {
  std::string host;           // of a TCP server; empty for a Unix socket, and for Sentinels
  std::uint16_t port = 6379;  // of a TCP server
  std::string socket_path;    // of a Unix socket; empty for TCP
  std::string user;           // empty: Redis's default user
  std::string password;       // empty: no AUTH
  int database = 0;           // 0 … 15 with Redis's default settings

  // Ask these for the address of the server that they call `master`. Empty: the server is named above.
  std::vector<RedisAddress> sentinels;
  std::string master;

  bool tls = false;         // to the server and to the Sentinels; certificates and names are verified
  std::string ca_file{};    // PEM; empty: the system's authorities
  std::string cert_file{};  // PEM, shown to the server; empty: none
  std::string key_file{};   // PEM, of cert_file

  bool operator==(const RedisUrl&) const = default;
};

// "redis://[user:pass@]host[:port][/db]", "unix:///path.sock[?db=n]" or
// "redis-sentinel://[user:pass@]host[:port],…/master[/db]", where the login is the server's; "rediss" in
// place of "redis" for TLS. User and password may be percent-encoded.
Result<RedisUrl> parse_redis_url(std::string_view text);

// For logs and messages: without the password.
std::string to_string(const RedisUrl& url);

}  // namespace berth
