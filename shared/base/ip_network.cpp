#include "shared/base/ip_network.hpp"

#include "shared/base/ids.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <vector>

namespace berth {
namespace {

using Networks = std::vector<IpNetwork>;

constexpr unsigned mapped_prefix = 96;

IpAddress mapped(const std::uint8_t* four_bytes) {
  IpAddress address;
  address.bytes[10] = address.bytes[11] = 0xff;
  std::copy_n(four_bytes, 4, address.bytes.begin() + 12);
  return address;
}

Networks networks(std::initializer_list<std::string_view> texts) {
  Networks parsed;
  for (const auto text : texts) parsed.push_back(*parse_ip_network(text));
  return parsed;
}

bool is_in(const Networks& networks, const IpAddress& address) {
  return std::any_of(networks.begin(), networks.end(),
                     [&](const IpNetwork& network) { return network.contains(address); });
}

}  // namespace

std::optional<IpAddress> parse_ip_address(std::string_view text) {
  const std::string terminated(text);
  if (terminated.size() != std::string_view(terminated.c_str()).size()) return std::nullopt;  // holds a NUL
  std::array<std::uint8_t, 4> four{};
  if (::inet_pton(AF_INET, terminated.c_str(), four.data()) == 1) return mapped(four.data());
  IpAddress address;
  if (::inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) return address;
  return std::nullopt;
}

bool IpNetwork::contains(const IpAddress& address) const {
  const auto whole = static_cast<std::ptrdiff_t>(prefix / 8);
  if (!std::equal(base.bytes.begin(), base.bytes.begin() + whole, address.bytes.begin())) return false;
  if (prefix % 8 == 0) return true;
  const auto last = static_cast<std::size_t>(whole);
  const unsigned shift = 8 - prefix % 8;
  return (base.bytes[last] >> shift) == (address.bytes[last] >> shift);
}

std::optional<IpNetwork> parse_ip_network(std::string_view text) {
  const auto slash = text.find('/');
  const auto written = text.substr(0, slash);
  const auto base = parse_ip_address(written);
  if (!base) return std::nullopt;
  const bool is_v4 = written.find(':') == std::string_view::npos;
  const unsigned most = is_v4 ? 32 : 128;
  unsigned prefix = most;
  if (slash != std::string_view::npos) {
    const auto given = parse_integer<unsigned>(text.substr(slash + 1));
    if (!given || *given > most) return std::nullopt;
    prefix = *given;
  }
  return IpNetwork{*base, is_v4 ? mapped_prefix + prefix : prefix};
}

bool is_public(const IpAddress& address) {
  static const Networks v4 = networks({"0.0.0.0/0"});
  static const Networks special_v4 =
      networks({"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
                "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
                "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
                // Azure's own host, on every virtual machine there: nobody else has that address.
                "168.63.129.16/32"});
  if (is_in(v4, address)) return !is_in(special_v4, address);
  static const Networks global_v6 = networks({"2000::/3"});
  static const Networks special_v6 = networks({"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"});
  return is_in(global_v6, address) && !is_in(special_v6, address);
}

bool is_treacherous(const IpAddress& address) {
  static const Networks never =
      networks({"0.0.0.0/8", "169.254.0.0/16", "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32",
                "224.0.0.0/4", "240.0.0.0/4", "::/128", "fe80::/10", "ff00::/8", "fd00:ec2::/32"});
  return is_in(never, address);
}

}  // namespace berth
