#include "scheduler/api/event_reader.hpp"

#include "shared/codec/json.hpp"
#include "shared/http/event_stream.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <utility>

namespace berth::api {
namespace {

Deadline now() { return deadline_in(Milliseconds{0}); }

// The position behind which the events begin that happened at `since` or later, by halving: their times rise
// with their numbers, as far as the clocks of those who wrote them agree.
Task<Result<std::uint64_t>> position_at(Store& store, WallTime since, std::uint64_t newest) {
  std::uint64_t before = 0;  // events up to this one are too old
  std::uint64_t after = newest;
  while (before < after) {
    const auto middle = before + (after - before) / 2;
    const auto events = co_await store.read_events(middle, 1, now());
    if (!events) co_return events.error();
    if (!events->empty() && events->front().at < since) {
      before = events->front().seq;
    } else {
      after = middle;
    }
  }
  co_return before;
}

std::string frame_of(const Event& event) {
  return http::encode_event({std::to_string(event.seq), event.type, json::serialize(to_json(event))});
}

std::string frame_of(const EventGap& gap) {
  json::object data;
  data.emplace("type", "gap");
  data.emplace("after", gap.after);
  data.emplace("next", gap.next);
  return http::encode_event({std::to_string(gap.next - 1), "gap", json::serialize(data)});
}

std::string position_line(std::uint64_t position) {
  return http::encode_event({std::to_string(position), {}, {}});
}

}  // namespace

Task<Result<>> EventReader::start(EventStart start) {
  if (!start.after && !start.since) {
    position_ = feed_.position();
    co_return Result<>{};
  }
  // What the feed remembers needs no question to the store.
  if (start.after && *start.after <= feed_.position() && feed_.recent(*start.after, 0)) {
    position_ = *start.after;
    co_return Result<>{};
  }
  const auto newest = co_await store_.last_event();
  if (!newest) co_return newest.error();
  if (!start.after) {
    const auto found = co_await position_at(store_, *start.since, *newest);
    if (!found) co_return found.error();
    position_ = *found;
  } else if (*start.after > *newest) {
    gap_ = EventGap{*start.after, *newest + 1};
    position_ = *newest;
  } else {
    position_ = *start.after;
  }
  co_return Result<>{};
}

Task<Result<std::vector<Event>>> EventReader::read() {
  if (auto recent = feed_.recent(position_, limits::feed_read)) co_return std::move(*recent);
  auto events = co_await store_.read_events(position_, limits::feed_read, now());
  co_return events;
}

// Numbers have no holes, so that one that is missing was dropped from the stream's old end. From 0 on means
// whatever is there.
std::optional<EventGap> EventReader::advance(const Event& event) {
  const auto before = std::exchange(position_, event.seq);
  if (before == 0 || event.seq == before + 1) return std::nullopt;
  return EventGap{before, event.seq};
}

Task<Result<EventPage>> EventReader::page(std::size_t limit) {
  EventPage page;
  page.gap = gap_;
  for (std::size_t scanned = 0; scanned < limits::events_scanned && page.events.size() < limit;) {
    auto events = co_await read();
    if (!events) co_return events.error();
    page.is_complete = events->empty();
    if (page.is_complete) break;
    scanned += events->size();
    for (auto& event : *events) {
      if (page.events.size() == limit) break;
      if (const auto gap = advance(event); gap && !page.gap) page.gap = gap;
      if (filter_.matches(event)) page.events.push_back(std::move(event));
    }
  }
  page.last = position_;
  co_return page;
}

std::string EventReader::frames(const std::vector<Event>& events) {
  std::string text;
  for (const auto& event : events) {
    if (const auto gap = advance(event)) text += frame_of(*gap);
    if (filter_.matches(event)) text += frame_of(event);
  }
  return text;
}

Task<Result<>> EventReader::stream(http::Responder& responder, Milliseconds heartbeat) {
  http::Response head;
  head.headers.emplace_back("Content-Type", "text/event-stream");
  head.headers.emplace_back("Cache-Control", "no-store");
  head.headers.emplace_back("X-Accel-Buffering", "no");  // a proxy that collects would hold events back
  auto begun = co_await responder.begin(std::move(head));
  if (!begun) co_return begun;
  EventFeed::Follower follower(feed_);  // before the first look, so that nothing falls between
  std::string text = "retry: 1000\n" + position_line(position_);
  if (gap_) text += frame_of(*gap_);
  for (;;) {
    if (!text.empty()) {
      auto written = co_await responder.write(text, deadline_in(limits::event_reader_patience));
      if (!written) co_return written;
    }
    const auto speak_at = deadline_in(heartbeat);
    // Events that don't match may come all the time: then, too, the client hears something now and then.
    for (text.clear(); text.empty();) {
      const auto events = co_await read();
      if (!events) co_return events.error();
      text = frames(*events);
      if (text.empty() && events->empty()) co_await follower.wait(speak_at);
      if (text.empty() && now() >= speak_at) text = ": heartbeat\n" + position_line(position_);
    }
  }
}

}  // namespace berth::api
