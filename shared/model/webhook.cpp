#include "shared/model/webhook.hpp"

#include "shared/base/closest_name.hpp"
#include "shared/base/ids.hpp"
#include "shared/base/ip_network.hpp"
#include "shared/model/event.hpp"

#include <algorithm>
#include <cstdint>

namespace berth {
namespace {

Error bad_webhook_url(const std::string& what) {
  return invalid("must be http://HOST… or https://HOST…: " + what);
}

bool is_host_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

// "127.1" and "0x7f.1" are addresses to a resolver, and names to whoever compares them.
bool looks_like_odd_address(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  const auto last = host.substr(host.rfind('.') + 1);  // npos + 1 is 0: the whole
  const bool is_number =
      !last.empty() && std::all_of(last.begin(), last.end(), [](char c) { return c >= '0' && c <= '9'; });
  return is_number || last.starts_with("0x");
}

// Takes HOST[:PORT] apart.
Result<WebhookUrl> parse_webhook_authority(std::string_view authority, WebhookUrl url) {
  url.port = url.is_secure ? "443" : "80";
  std::string_view port;
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) return bad_webhook_url("the ']' is missing");
    url.host = authority.substr(1, end - 1);
    if (!parse_ip_address(url.host)) return bad_webhook_url("between [ and ] goes an IPv6 address");
    port = authority.substr(end + 1);
  } else {
    const auto colon = std::min(authority.find(':'), authority.size());
    url.host = authority.substr(0, colon);
    port = authority.substr(colon);
    for (auto& c : url.host) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (url.host.empty()) return bad_webhook_url("the host is missing");
    if (url.host.size() > 253 || !std::all_of(url.host.begin(), url.host.end(), is_host_letter)) {
      return bad_webhook_url("a host is made of letters, digits, '-' and '.'");
    }
    if (!parse_ip_address(url.host) && looks_like_odd_address(url.host)) {
      return bad_webhook_url("write an IPv4 address as four decimal numbers");
    }
  }
  if (port.empty()) return url;
  const auto number = parse_integer<std::uint16_t>(port.substr(1));
  if (port.front() != ':' || !number || *number == 0) {
    return bad_webhook_url("behind the host goes nothing but a port from 1 to 65535");
  }
  url.port = std::to_string(*number);
  return url;
}

}  // namespace

std::string WebhookUrl::authority() const {
  const auto name = host.find(':') == std::string::npos ? host : '[' + host + ']';
  return port == (is_secure ? "443" : "80") ? name : name + ':' + port;
}

std::string WebhookUrl::origin() const { return (is_secure ? "https://" : "http://") + authority(); }

Result<WebhookUrl> parse_webhook_url(std::string_view text) {
  if (text.size() > limits::max_webhook_url) {
    return bad_webhook_url("it is longer than " + std::to_string(limits::max_webhook_url) + " characters");
  }
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; })) {
    return bad_webhook_url("spaces, control characters and letters beyond ASCII are written with %");
  }
  WebhookUrl url;
  std::string_view rest = text;
  if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
    url.is_secure = false;
  } else {
    return bad_webhook_url("it begins with neither");
  }
  if (rest.find('#') != std::string_view::npos) return bad_webhook_url("a '#' means nothing to a server");
  const auto end = std::min(rest.find_first_of("/?"), rest.size());
  const auto authority = rest.substr(0, end);
  if (authority.find('@') != std::string_view::npos) {
    return bad_webhook_url("no login goes into it: the signature says who sends");
  }
  const auto target = rest.substr(end);
  url.target = target.starts_with('/') ? "" : "/";
  url.target += target;
  return parse_webhook_authority(authority, std::move(url));
}

Complaint check_webhook_url(const std::string& url) {
  const auto parsed = parse_webhook_url(url);
  if (parsed) return std::nullopt;
  return parsed.error().message;
}

Complaint check_webhook_filter(const std::vector<std::string>& on) {
  if (on.empty()) return "names no event: leave it out for the endings, or say \"*\" for all";
  if (on.size() > limits::max_webhook_filter)
    return "must have at most " + std::to_string(limits::max_webhook_filter) + " entries";
  std::vector<std::string_view> known{"*"};
  for (const auto& [status, name] : EnumNames<JobStatus>::names) known.push_back(name);
  for (const auto type : event_types) known.push_back(type);
  const auto is_known = [&](const std::string& word) {
    if (std::find(known.begin(), known.end(), word) != known.end()) return true;
    if (!word.ends_with(".*")) return false;
    const auto stem = std::string_view(word).substr(0, word.size() - 1);
    return std::any_of(event_types.begin(), event_types.end(),
                       [&](std::string_view type) { return type.starts_with(stem); });
  };
  for (const auto& word : on) {
    if (is_known(word)) continue;
    return "must be statuses (FAILED), types of events (job.started), types that begin alike (job.*) or "
           "\"*\", got \"" +
           word + '"' + did_you_mean(word, known);
  }
  return std::nullopt;
}

Complaint check_job_webhook_filter(const std::vector<std::string>& on) {
  for (const auto& word : on) {
    if (word.find('.') == std::string::npos || word.starts_with("job.")) continue;  // statuses and "*"
    return "must name events of jobs, got \"" + word +
           "\": what happens to executors and schedulers goes to webhooks of the cluster only (--webhook)";
  }
  return std::nullopt;
}

Complaint check_webhook_secret(const std::string& secret) {
  if (!secret.empty() && secret.size() <= limits::max_webhook_secret) return std::nullopt;
  return "must have 1 to " + std::to_string(limits::max_webhook_secret) + " characters";
}

Complaint check_webhooks(const std::vector<Webhook>& webhooks) {
  if (webhooks.size() <= limits::max_webhooks) return std::nullopt;
  return "must have at most " + std::to_string(limits::max_webhooks) + " entries";
}

}  // namespace berth
