// IP addresses and networks as values, to decide who may be talked to.
#pragma once

#include "shared/base/result.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace berth {

// An IPv6 address, or an IPv4 one in its mapped form (::ffff:192.0.2.7): so that both spellings of it are the
// same address.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};
  bool operator==(const IpAddress&) const = default;
};

// "192.0.2.7" or "2001:db8::7"; nothing for anything else, also for an address with a zone ("fe80::1%eth0").
std::optional<IpAddress> parse_ip_address(std::string_view text);

// The addresses whose first `prefix` bits are those of `base`.
struct IpNetwork {
  IpAddress base;
  unsigned prefix = 0;  // 0 … 128; an IPv4 network's is 96 more than it is written

  bool contains(const IpAddress& address) const;
};

// "10.0.0.0/8", "fc00::/7", or one address.
std::optional<IpNetwork> parse_ip_network(std::string_view text);

// Whether it is an address of the public Internet, by IANA's registries of special-purpose addresses (RFC
// 6890): neither private, shared, loopback, link-local, multicast, reserved or for documentation, nor one
// that stands for an IPv4 address in a tunnel.
bool is_public(const IpAddress& address);

// Whether it leads to no machine of a network's own choosing: link-local (where clouds keep their metadata),
// multicast, unspecified, reserved, or another well-known address of metadata.
bool is_treacherous(const IpAddress& address);

}  // namespace berth
