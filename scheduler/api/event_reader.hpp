// Reads the events after a position, for one client: a page of them, or all that come for as long as it
// stays.
//
// No queue grows for a client that is slow: it has a position and nothing else, and reads on from there, out
// of the feed's memory or else out of the store, when it has taken what it was given.
#pragma once

#include "scheduler/api/event_filter.hpp"
#include "scheduler/loops/event_feed.hpp"
#include "shared/base/limits.hpp"
#include "shared/http/server.hpp"
#include "shared/store/store.hpp"

#include <optional>
#include <string>
#include <vector>

namespace berth::api {

// Events that are asked for and not there any more: those after `after` and before `next`. When `next` isn't
// greater, the store was set back, and what it had after `next` is unknown.
struct EventGap {
  std::uint64_t after = 0;
  std::uint64_t next = 0;
};

// Where a client wants to begin, the first that is given: behind an event, at an instant, or at the newest.
struct EventStart {
  std::optional<std::uint64_t> after;  // 0: at the oldest that is kept
  std::optional<WallTime> since;
};

struct EventPage {
  std::vector<Event> events;  // oldest first
  std::uint64_t last = 0;     // everything up to this one was looked at
  bool is_complete = false;   // there is nothing newer
  std::optional<EventGap> gap;
};

class EventReader {
 public:
  EventReader(Store& store, EventFeed& feed, EventFilter filter)
      : store_(store), feed_(feed), filter_(std::move(filter)) {}

  // Finds the position to begin at. Call it once, first.
  Task<Result<>> start(EventStart start);

  // The next `limit` events that match. It may hold fewer and not be complete: a filter that matches little
  // is answered in parts, so that no request reads the whole stream.
  Task<Result<EventPage>> page(std::size_t limit);

  // Server-Sent Events until the client leaves. Error: it takes nothing any more, or the store doesn't
  // answer; the answer is then broken off, and the client resumes by its Last-Event-ID.
  Task<Result<>> stream(http::Responder& responder, Milliseconds heartbeat = limits::event_heartbeat);

 private:
  Task<Result<std::vector<Event>>> read();
  std::optional<EventGap> advance(const Event& event);
  std::string frames(const std::vector<Event>& events);

  Store& store_;
  EventFeed& feed_;
  EventFilter filter_;
  std::uint64_t position_ = 0;   // the newest event that was looked at
  std::optional<EventGap> gap_;  // found at the start
};

}  // namespace berth::api
