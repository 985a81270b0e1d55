#include "scheduler/core/webhook_policy.hpp"

#include <algorithm>

namespace berth {
namespace {

std::string as_host(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  std::string host(text);
  for (auto& c : host) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return host;
}

bool is_host_pattern(std::string_view text) {
  if (text.starts_with("*.")) text.remove_prefix(2);
  const auto is_good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  };
  return !text.empty() && text.front() != '.' && std::all_of(text.begin(), text.end(), is_good);
}

// Names that mean this machine by themselves (RFC 6761).
bool is_localhost(const std::string& host) { return host == "localhost" || host.ends_with(".localhost"); }

}  // namespace

Result<WebhookPolicy> WebhookPolicy::parse(const std::vector<std::string>& entries) {
  WebhookPolicy policy;
  policy.public_ = entries.empty();
  for (const auto& entry : entries) {
    const auto host = as_host(entry);
    if (host == "public") {
      policy.public_ = true;
    } else if (const auto network = parse_ip_network(entry)) {
      policy.networks_.push_back(*network);
    } else if (is_host_pattern(host)) {
      policy.hosts_.push_back(host.starts_with('*') ? host.substr(1) : host);
    } else {
      return invalid("must be \"public\", a network (10.0.0.0/8), an address, a host or *.DOMAIN, got \"" +
                     entry + '"');
    }
  }
  return policy;
}

WebhookPolicy WebhookPolicy::with_host(const std::string& host) const {
  auto wider = *this;
  if (const auto network = parse_ip_network(host)) {
    wider.networks_.push_back(*network);
  } else {
    wider.hosts_.push_back(as_host(host));
  }
  return wider;
}

bool WebhookPolicy::is_trusted(std::string_view host) const {
  const auto name = as_host(host);
  return std::any_of(hosts_.begin(), hosts_.end(), [&](const std::string& known) {
    return known.starts_with('.') ? name.ends_with(known) : name == known;
  });
}

bool WebhookPolicy::is_allowed(const IpAddress& address) const {
  if (public_ && is_public(address)) return true;
  return std::any_of(networks_.begin(), networks_.end(),
                     [&](const IpNetwork& network) { return network.contains(address); });
}

bool WebhookPolicy::allows(std::string_view host, std::string_view text) const {
  const auto address = parse_ip_address(text);
  if (!address) return false;
  return is_allowed(*address) || (is_trusted(host) && !is_treacherous(*address));
}

Complaint WebhookPolicy::check_host(const std::string& host) const {
  constexpr const char* ask = ": ask the operator to add it to --webhook-allow";
  if (const auto address = parse_ip_address(host)) {
    if (is_allowed(*address)) return std::nullopt;
    if (!is_public(*address)) return "goes to " + host + ", which is no public address" + ask;
    return "goes to " + host + ", which the operator doesn't allow" + ask;
  }
  if (is_trusted(host)) return std::nullopt;
  if (is_localhost(as_host(host))) {
    const bool has_loopback =
        is_allowed(*parse_ip_address("127.0.0.1")) || is_allowed(*parse_ip_address("::1"));
    if (!has_loopback) return "goes to the scheduler's own machine, which isn't allowed" + std::string(ask);
    return std::nullopt;
  }
  // Any other name may stand for an address that is allowed, if there are any.
  if (public_ || !networks_.empty()) return std::nullopt;
  return "goes to " + host + ", which the operator doesn't allow" + ask;
}

}  // namespace berth
