// What keeps the promises of docs/guarantees.md, each of which a test build (BERTH_GUARDS) can do without:
// the checkers of simulation and chaos must then turn red, or their green says nothing. Any other build has
// no such switch.
#pragma once

#include <array>
#include <string_view>

namespace berth {

enum class Guard {
  lease,        // off: containers outlive their executor's lease
  epoch,        // off: who was deposed still places
  beat,         // off: a machine is lost by the wall clock, as with keys that expire
  exit_record,  // off: an ending that nobody saw is exit code 0
  removal,      // off: a container that must go is only stopped
  idempotency,  // off: each scheduler knows the keys that it has seen, the store knows none
};
inline constexpr std::array<std::string_view, 6> guard_names{"lease",       "epoch",   "beat",
                                                             "exit_record", "removal", "idempotency"};

// True but in a test build, where BERTH_GUARDS_OFF names those that are off ("lease,epoch").
bool is_on(Guard guard);

// In a test build, for this process.
void switch_guard(Guard guard, bool on);

}  // namespace berth
