#include "scheduler/loops/event_feed.hpp"

#include "shared/base/backoff.hpp"
#include "shared/base/limits.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace berth {

using namespace std::chrono_literals;

EventFeed::JobWatch::JobWatch(EventFeed& feed, JobId job) : feed_(feed), job_(job), wakeup_(feed.executor_) {
  feed_.watches_.emplace(job_, this);
}

EventFeed::JobWatch::~JobWatch() {
  const auto [first, last] = feed_.watches_.equal_range(job_);
  for (auto watch = first; watch != last; ++watch) {
    if (watch->second != this) continue;
    feed_.watches_.erase(watch);
    return;
  }
}

EventFeed::Follower::Follower(EventFeed& feed) : feed_(feed), wakeup_(feed.executor_) {
  feed_.followers_.insert(this);
}

std::optional<std::vector<Event>> EventFeed::recent(std::uint64_t seq, std::size_t limit) const {
  if (seq < forgotten_ || seq > position_) return std::nullopt;
  const auto is_after = [](std::uint64_t wanted, const Event& event) { return wanted < event.seq; };
  const auto first = std::upper_bound(recent_.begin(), recent_.end(), seq, is_after);
  const auto count = std::min<std::ptrdiff_t>(recent_.end() - first, static_cast<std::ptrdiff_t>(limit));
  return std::vector<Event>(first, first + count);
}

Task<> EventFeed::start() {
  Backoff backoff(50ms, 1s, seed_);
  for (;;) {
    history_ = store_.history();
    const auto end = co_await store_.last_event();
    if (end) {
      position_ = forgotten_ = *end;
      recent_.clear();
      co_return;
    }
    co_await sleep_until(deadline_in(backoff.next()));
  }
}

Task<> EventFeed::run() {
  Backoff backoff(50ms, 1s, seed_);
  bool is_failing = false;
  for (;;) {
    const auto events =
        co_await store_.read_events(position_, limits::feed_read, deadline_in(limits::store_block));
    if (store_.history() != history_ || (!events && events.error().kind == ErrorKind::conflict)) {
      co_await start();
      if (on_history_lost_) on_history_lost_();
      for (auto* follower : followers_) follower->wakeup_.notify();
      continue;
    }
    if (!events) {
      if (!is_failing) spdlog::warn("event feed: {}", events.error().message);
      is_failing = true;
      co_await sleep_until(deadline_in(backoff.next()));
      continue;
    }
    if (is_failing) spdlog::info("event feed: the store answers again");
    is_failing = false;
    backoff.reset();
    if (events->empty()) continue;
    position_ = events->back().seq;
    remember(*events);
    publish(*events);
  }
}

void EventFeed::remember(const std::vector<Event>& events) {
  recent_.insert(recent_.end(), events.begin(), events.end());
  while (recent_.size() > limits::events_remembered) {
    forgotten_ = recent_.front().seq;
    recent_.pop_front();
  }
}

void EventFeed::publish(const std::vector<Event>& events) {
  for (const auto& listener : listeners_) listener(events);
  for (auto* follower : followers_) follower->wakeup_.notify();
  if (watches_.empty()) return;
  for (const auto& event : events) {
    if (!event.job) continue;
    const auto [first, last] = watches_.equal_range(*event.job);
    for (auto watch = first; watch != last; ++watch) watch->second->wakeup_.notify();
  }
}

}  // namespace berth
