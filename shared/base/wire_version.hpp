// What the processes of one cluster understand of each other, as a number: schedulers and executors of
// neighbouring versions run side by side during an upgrade.
//
// Raise wire_version with a change that a neighbour of the version before would misread, or that it must act
// upon: of job records and their words, inbox entries, executors' records and beats, or what a key or a
// function in Redis promises. A field that whoever doesn't know it may ignore needs none: unknown fields are
// skipped, and kept where they stand. oldest_wire_version then says how far back this build still works with
// others, at least one version: what it writes they understand, and what they write it does. (berth-init has
// a version of its own, init/protocol.h; the API and the client don't depend on this one.)
#pragma once

#include <cstdint>
#include <string>

namespace berth {

// 0: what there was before there was a number.
// 2: output may be compressed in the store. It is while the leading scheduler speaks 2 or more, because the
//    schedulers come first in an upgrade; one that speaks less can't answer such output, and says so.
inline constexpr std::uint32_t wire_version = 2;
inline constexpr std::uint32_t oldest_wire_version = 1;
inline constexpr std::uint32_t wire_with_compressed_output = 2;

// What a process says of itself when it registers, or is elected.
struct Wire {
  std::uint32_t version = 0;
  std::uint32_t oldest = 0;
  bool operator==(const Wire&) const = default;
};
inline constexpr Wire own_wire{wire_version, oldest_wire_version};

// The newer one knows whether they do.
constexpr bool work_together(Wire a, Wire b) {
  return a.version >= b.version ? a.oldest <= b.version : b.oldest <= a.version;
}

// Why this process and another one don't: what, and what to do.
inline std::string why_not_together(const std::string& other, Wire wire) {
  const bool is_newer = wire.version > own_wire.version;
  const auto range = [](Wire of) {
    return "wire version " + std::to_string(of.version) +
           (of.oldest < of.version ? " and works with those from " + std::to_string(of.oldest) + " on" : "");
  };
  return other + " speaks " + range(wire) + ", and this process (Berth " BERTH_VERSION ") " +
         range(own_wire) + ": upgrade " + (is_newer ? "this one" : "the other one") +
         ", one version after the other (docs/operations.md, \"Upgrades\")";
}

}  // namespace berth
