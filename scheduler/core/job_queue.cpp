#include "scheduler/core/job_queue.hpp"

#include <utility>

namespace berth {

void JobQueue::push(JobId job, const JobDefinition& definition, Monotonic since) {
  if (contains(job)) return;
  auto shape = shape_of(definition);
  auto key = shape_key(shape);
  const Turn turn{definition.priority, job};
  const auto line = lines_.try_emplace(key, Line{std::move(shape), {}}).first;
  line->second.turns.insert(turn);
  entries_.emplace(job, Entry{std::move(key), turn, since});
}

void JobQueue::remove(JobId job) {
  const auto entry = entries_.find(job);
  if (entry == entries_.end()) return;
  const auto line = lines_.find(entry->second.shape_key);
  line->second.turns.erase(entry->second.turn);
  if (line->second.turns.empty()) lines_.erase(line);
  entries_.erase(entry);
}

}  // namespace berth
