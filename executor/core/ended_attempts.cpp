#include "executor/core/ended_attempts.hpp"

#include "shared/base/limits.hpp"

namespace berth {

void EndedAttempts::add(AttemptKey key, std::optional<WallTime> scheduled_at,
                        std::optional<lifecycle::Outcome> outcome) {
  entries_.insert_or_assign(key, Entry{scheduled_at, std::move(outcome), count_});
  order_.emplace_back(key, count_);
  ++count_;
  if (order_.size() <= limits::attempts_remembered) return;
  const auto [oldest, number] = order_.front();
  order_.pop_front();
  const auto found = entries_.find(oldest);
  if (found != entries_.end() && found->second.number == number) entries_.erase(found);
}

const EndedAttempts::Entry* EndedAttempts::find(AttemptKey key) const {
  const auto found = entries_.find(key);
  return found == entries_.end() ? nullptr : &found->second;
}

}  // namespace berth
