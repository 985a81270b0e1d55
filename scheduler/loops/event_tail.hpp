// The events behind a position, for a duty that reads all of them at its own pace: out of the feed's memory,
// or else out of the store.
#pragma once

#include "scheduler/loops/event_feed.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace berth {

class EventTail {
 public:
  // `name`: whose, for the log.
  EventTail(Store& store, EventFeed& feed, std::string name, std::uint64_t position)
      : store_(store), feed_(feed), follower_(feed), name_(std::move(name)), position_(position) {}

  // The next ones, oldest first, limits::feed_read at most; waits for one. Those that the store has dropped
  // already are passed over, and the log says so.
  Task<std::vector<Event>> next();

  // How many of them the last next() passed over.
  std::uint64_t missed() const { return missed_; }

 private:
  Task<std::optional<std::vector<Event>>> stored();

  Store& store_;
  EventFeed& feed_;
  EventFeed::Follower follower_;
  std::string name_;
  std::uint64_t position_;  // of the last one that next() returned
  std::uint64_t missed_ = 0;
};

}  // namespace berth
