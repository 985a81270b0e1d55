// How each kind of fault strikes and heals.
#pragma once

#include "tests/chaos/plan.hpp"
#include "tests/chaos/world.hpp"

namespace berth::chaos {

// Breaks what the plan says. Returns a detail for people, such as the process that was killed.
std::string strike(World& world, const Strike& what);
// Mends it: killed processes are started again, as a machine's init would.
void heal(World& world, const Strike& what);

}  // namespace berth::chaos
