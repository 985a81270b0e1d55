#include "shared/redis/url.hpp"

#include "shared/base/ids.hpp"

#include <optional>

namespace berth {
namespace {

constexpr std::string_view forms = "redis://[user:pass@]host:port/db or unix:///path/to.sock?db=n";

Error bad_url(std::string_view text, std::string_view problem) {
  return invalid("The Redis URL " + std::string(text) + " " + std::string(problem) + "; expected " +
                 std::string(forms) + ".");
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

// "host", "host:port", "[v6]:port". False when the port isn't one.
bool split_host(std::string_view text, RedisUrl& url) {
  std::string_view port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return false;
    url.host = text.substr(1, end - 1);
    const auto rest = text.substr(end + 1);
    if (!rest.empty() && !rest.starts_with(':')) return false;
    port = rest.empty() ? rest : rest.substr(1);
  } else {
    const auto colon = text.rfind(':');
    url.host = text.substr(0, colon);
    if (colon != std::string_view::npos) port = text.substr(colon + 1);
  }
  if (port.empty()) return true;
  const auto number = parse_integer<std::uint16_t>(port);
  if (number) url.port = *number;
  return number.has_value() && *number != 0;
}

bool parse_database(std::string_view text, RedisUrl& url) {
  const auto number = parse_integer<int>(text);
  if (!number || *number < 0) return false;
  url.database = *number;
  return true;
}

Result<RedisUrl> parse_unix(std::string_view text, std::string_view rest) {
  RedisUrl url;
  const auto query = rest.find('?');
  url.socket_path = rest.substr(0, query);
  if (!url.socket_path.starts_with('/')) return bad_url(text, "has no absolute path");
  if (query == std::string_view::npos) return url;
  const auto option = rest.substr(query + 1);
  if (!option.starts_with("db=") || !parse_database(option.substr(3), url)) {
    return bad_url(text, "has an unknown option after '?'");
  }
  return url;
}

// A URL that is wrong may hold a password all the same: messages show it without.
std::string without_password(std::string_view text) {
  const auto at = text.rfind('@');
  const auto scheme = text.find("://");
  if (at == std::string_view::npos || scheme == std::string_view::npos || at < scheme)
    return std::string(text);
  return std::string(text.substr(0, scheme + 3)) + "…" + std::string(text.substr(at));
}

Result<RedisUrl> parse_tcp(std::string_view text, std::string_view rest) {
  RedisUrl url;
  const std::string shown = without_password(text);
  const auto at = rest.rfind('@');
  if (at != std::string_view::npos) {
    const auto login = rest.substr(0, at);
    const auto colon = login.find(':');
    const auto user = percent_decode(login.substr(0, colon));
    const auto password = percent_decode(colon == std::string_view::npos ? "" : login.substr(colon + 1));
    if (!user || !password) return bad_url(shown, "has a broken %-code in its user or password");
    url.user = *user;
    url.password = *password;
    rest.remove_prefix(at + 1);
  }
  const auto slash = rest.find('/');
  if (slash != std::string_view::npos) {
    const auto database = rest.substr(slash + 1);
    if (!database.empty() && !parse_database(database, url))
      return bad_url(shown, "has no database number after '/'");
  }
  if (!split_host(rest.substr(0, slash), url)) return bad_url(shown, "has no valid port");
  if (url.host.empty()) return bad_url(shown, "names no host");
  return url;
}

}  // namespace

Result<RedisUrl> parse_redis_url(std::string_view text) {
  const auto end = text.find("://");
  const auto scheme = text.substr(0, end);
  if (end == std::string_view::npos) return bad_url(without_password(text), "has no scheme");
  const auto rest = text.substr(end + 3);
  if (scheme == "unix") return parse_unix(text, rest);
  if (scheme == "redis") return parse_tcp(text, rest);
  if (scheme == "rediss" || scheme == "redis-sentinel") {
    return invalid("This version of Berth doesn't speak " + std::string(scheme) + ":// yet; supported are " +
                   std::string(forms) + ".");
  }
  return bad_url(without_password(text), "has an unknown scheme");
}

std::string to_string(const RedisUrl& url) {
  if (!url.socket_path.empty()) {
    return "unix://" + url.socket_path + (url.database == 0 ? "" : "?db=" + std::to_string(url.database));
  }
  const bool is_v6 = url.host.find(':') != std::string::npos;
  return "redis://" + (url.user.empty() ? "" : url.user + "@") + (is_v6 ? "[" + url.host + "]" : url.host) +
         ":" + std::to_string(url.port) + (url.database == 0 ? "" : "/" + std::to_string(url.database));
}

}  // namespace berth
