// Where Redis is, and as whom to talk to it.
#pragma once

#include "shared/base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace berth {

struct RedisUrl {
  std::string host;           // of a TCP server; empty for a Unix socket
  std::uint16_t port = 6379;  // of a TCP server
  std::string socket_path;    // of a Unix socket; empty for TCP
  std::string user;           // empty: Redis's default user
  std::string password;       // empty: no AUTH
  int database = 0;           // 0 … 15 with Redis's default settings
  bool operator==(const RedisUrl&) const = default;
};

// "redis://[user:pass@]host[:port][/db]" or "unix:///path.sock[?db=n]". User and password may be
// percent-encoded.
Result<RedisUrl> parse_redis_url(std::string_view text);

// For logs and messages: without the password.
std::string to_string(const RedisUrl& url);

}  // namespace berth
