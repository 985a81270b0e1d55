// The attempts that this process has brought to their end, as far as it remembers. Pure.
//
// A record that was read before an ending was stored still calls the attempt live, and so may an inbox entry
// that comes late: neither must begin it again. After a failover that lost writes (docs/operations.md, "What
// a failover can cost") the store calls one live that had ended, or gives its number anew. Then the ending is
// told once more; and a number that was driven here is never driven again, since its container, its output
// and its fence are taken.
#pragma once

#include "executor/core/container_view.hpp"
#include "shared/model/job_lifecycle.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <utility>

namespace berth {

class EndedAttempts {
 public:
  struct Entry {
    std::optional<WallTime> scheduled_at;       // tells assignments of the same number apart
    std::optional<lifecycle::Outcome> outcome;  // that the store has acknowledged; absent: it was fenced off
    std::uint64_t number = 0;                   // of this entry, counted from 0
  };

  // How many were ever added: an entry of a smaller number was there before.
  std::uint64_t count() const { return count_; }
  // The limits::attempts_remembered last stay.
  void add(AttemptKey key, std::optional<WallTime> scheduled_at, std::optional<lifecycle::Outcome> outcome);
  // The last of this key, or null. Valid until the next add().
  const Entry* find(AttemptKey key) const;

 private:
  std::uint64_t count_ = 0;
  std::unordered_map<AttemptKey, Entry> entries_;
  std::deque<std::pair<AttemptKey, std::uint64_t>> order_;  // and the number of its entry, oldest first
};

}  // namespace berth
