#include "shared/redis/url.hpp"

#include "shared/base/ids.hpp"

#include <optional>

namespace berth {
namespace {

constexpr std::string_view forms =
    "redis://[user:pass@]host:port/db, unix:///path/to.sock?db=n or "
    "redis-sentinel://[user:pass@]host:port,…/master/db, with rediss for TLS";

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

// "host", "host:port", "[v6]:port". Nothing when there is no host, or the port isn't one.
std::optional<RedisAddress> parse_address(std::string_view text, std::uint16_t default_port) {
  RedisAddress address{"", default_port};
  std::string_view port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    address.host = text.substr(1, end - 1);
    const auto rest = text.substr(end + 1);
    if (!rest.empty() && !rest.starts_with(':')) return std::nullopt;
    port = rest.empty() ? rest : rest.substr(1);
  } else {
    const auto colon = text.rfind(':');
    address.host = text.substr(0, colon);
    if (colon != std::string_view::npos) port = text.substr(colon + 1);
  }
  if (address.host.empty()) return std::nullopt;
  if (port.empty()) return address;
  const auto number = parse_integer<std::uint16_t>(port);
  if (!number || *number == 0) return std::nullopt;
  address.port = *number;
  return address;
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

// Takes "user:pass@" off the front of `rest`. False when a %-code is broken.
bool take_login(std::string_view& rest, RedisUrl& url) {
  const auto at = rest.rfind('@');
  if (at == std::string_view::npos) return true;
  const auto login = rest.substr(0, at);
  const auto colon = login.find(':');
  const auto user = percent_decode(login.substr(0, colon));
  const auto password = percent_decode(colon == std::string_view::npos ? "" : login.substr(colon + 1));
  if (!user || !password) return false;
  url.user = *user;
  url.password = *password;
  rest.remove_prefix(at + 1);
  return true;
}

Result<RedisUrl> parse_tcp(std::string_view text, std::string_view rest) {
  RedisUrl url;
  const std::string shown = without_password(text);
  if (!take_login(rest, url)) return bad_url(shown, "has a broken %-code in its user or password");
  const auto slash = rest.find('/');
  if (slash != std::string_view::npos) {
    const auto database = rest.substr(slash + 1);
    if (!database.empty() && !parse_database(database, url))
      return bad_url(shown, "has no database number after '/'");
  }
  const auto address = parse_address(rest.substr(0, slash), 6379);
  if (!address) return bad_url(shown, "names no host, or has no valid port");
  url.host = address->host;
  url.port = address->port;
  return url;
}

Result<RedisUrl> parse_sentinels(std::string_view text, std::string_view rest) {
  RedisUrl url;
  const std::string shown = without_password(text);
  if (!take_login(rest, url)) return bad_url(shown, "has a broken %-code in its user or password");
  const auto slash = rest.find('/');
  auto path = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
  url.master = path.substr(0, path.find('/'));
  if (url.master.empty()) return bad_url(shown, "doesn't say after '/' what the Sentinels call the master");
  path.remove_prefix(url.master.size());
  if (path.size() > 1 && !parse_database(path.substr(1), url))
    return bad_url(shown, "has no database number after the master's name");
  auto hosts = rest.substr(0, slash);
  while (true) {
    const auto comma = hosts.find(',');
    const auto address = parse_address(hosts.substr(0, comma), 26379);
    if (!address) return bad_url(shown, "has a Sentinel without host, or with a port that isn't one");
    url.sentinels.push_back(*address);
    if (comma == std::string_view::npos) return url;
    hosts.remove_prefix(comma + 1);
  }
}

std::string shown_address(const RedisAddress& address) {
  const bool is_v6 = address.host.find(':') != std::string::npos;
  return (is_v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

}  // namespace

Result<RedisUrl> parse_redis_url(std::string_view text) {
  const auto end = text.find("://");
  auto scheme = text.substr(0, end);
  if (end == std::string_view::npos) return bad_url(without_password(text), "has no scheme");
  const auto rest = text.substr(end + 3);
  if (scheme == "unix") return parse_unix(text, rest);
  const bool tls = scheme.starts_with("rediss");
  if (!scheme.starts_with("redis")) return bad_url(without_password(text), "has an unknown scheme");
  scheme.remove_prefix(tls ? 6 : 5);
  if (!scheme.empty() && scheme != "-sentinel") {
    return bad_url(without_password(text), "has an unknown scheme");
  }
  auto url = scheme.empty() ? parse_tcp(text, rest) : parse_sentinels(text, rest);
  if (url) url->tls = tls;
  return url;
}

std::string to_string(const RedisUrl& url) {
  if (!url.socket_path.empty()) {
    return "unix://" + url.socket_path + (url.database == 0 ? "" : "?db=" + std::to_string(url.database));
  }
  std::string text = url.tls ? "rediss" : "redis";
  text += url.sentinels.empty() ? "://" : "-sentinel://";
  if (!url.user.empty()) text += url.user + "@";
  if (url.sentinels.empty()) {
    text += shown_address({url.host, url.port});
  } else {
    for (const auto& sentinel : url.sentinels) {
      text += (&sentinel == &url.sentinels.front() ? "" : ",") + shown_address(sentinel);
    }
    text += "/" + url.master;
  }
  return text + (url.database == 0 ? "" : "/" + std::to_string(url.database));
}

}  // namespace berth
