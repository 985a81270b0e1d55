// The network of the world: a bridge in the run's own namespace, and one address for each machine on it.
#pragma once

#include "tests/chaos/host.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace berth::chaos {

// The bridge, with this side's address.
void make_bridge();
// Joins a host that has just booted.
void plug_in(const Host& host, const std::string& address);

// What a host's own firewall does to what it exchanges with `peer`.
enum class Cut {
  both,  // nothing comes in, nothing goes out
  in,
  out,
  reset,  // every connection is refused and broken
  loss,   // a third of the packets is lost, and the rest comes slowly
};
void cut(const Host& host, Cut cut, const std::string& peer);
// All that was cut off there.
void mend(const Host& host);

}  // namespace berth::chaos
