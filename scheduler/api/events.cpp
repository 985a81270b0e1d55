#include "scheduler/api/api.hpp"
#include "scheduler/api/event_reader.hpp"
#include "scheduler/api/query.hpp"
#include "scheduler/api/reply.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <spdlog/spdlog.h>

#include <limits>

namespace berth::api {
namespace {

constexpr auto any_number = std::numeric_limits<std::uint64_t>::max();

struct EventRequest {
  EventFilter filter;
  EventStart start;
  bool follow = true;
  std::size_t limit = limits::default_page;
};

EventRequest parse_event_request(const http::Request& request, Query& query) {
  EventRequest wanted;
  wanted.filter = parse_event_filter(query);
  wanted.start.after = query.number<std::uint64_t>("after", 0, any_number);
  wanted.start.since = query.time("since");
  const auto limit = query.number<std::size_t>("limit", 1, limits::max_page);
  wanted.follow = !query.text("follow") || query.flag("follow");
  if (limit && wanted.follow) query.fail("limit", "goes with follow=false: a stream has no end");
  wanted.limit = limit.value_or(limits::default_page);
  // A client that resumes repeats its first request and adds where it was: that is the later word.
  if (const auto seen = http::find_header(request.headers, "Last-Event-ID"); seen && !seen->empty()) {
    wanted.start.after = parse_integer<std::uint64_t>(*seen);
    if (!wanted.start.after) query.fail("Last-Event-ID", "must be the number of an event");
  }
  if (!wanted.follow && !wanted.start.after && !wanted.start.since) wanted.start.after = 0;
  return wanted;
}

json::object to_object(const EventPage& page) {
  json::array events;
  for (const auto& event : page.events) events.push_back(to_json(event));
  json::object body;
  body.emplace("events", std::move(events));
  body.emplace("last", page.last);
  body.emplace("next", page.is_complete ? json::value(nullptr) : json::value(std::to_string(page.last)));
  json::value gap = nullptr;
  if (page.gap) {
    gap = json::object{{"after", page.gap->after}, {"next", page.gap->next}};
  }
  body.emplace("gap", std::move(gap));
  return body;
}

Task<> read_events(Services& services, const http::Request& request, http::Responder& responder) {
  Query query(request);
  auto wanted = parse_event_request(request, query);
  if (auto good = query.finish(); !good) {
    co_await refuse_query(responder, good.error());
    co_return;
  }
  EventReader reader(services.store, services.feed, std::move(wanted.filter));
  const auto started = co_await reader.start(wanted.start);
  if (!started) {
    co_await refuse(responder, started.error());
    co_return;
  }
  if (wanted.follow) {
    const auto done = co_await reader.stream(responder);
    if (!done) spdlog::debug("a stream of events: {}", done.error().message);
    co_return;
  }
  const auto page = co_await reader.page(wanted.limit);
  if (!page) {
    co_await refuse(responder, page.error());
    co_return;
  }
  auto body = to_object(*page);
  co_await reply(responder, 200, std::move(body));
}

}  // namespace

void add_event_routes(http::Router& router, Services& services) {
  router.add(
      "GET", "/v1/events",
      [&services](const http::Request& request, const http::PathParameters&, http::Responder& responder) {
        return read_events(services, request, responder);
      },
      {.summary = "What happens, as Server-Sent Events; with follow=false, a page of what happened.",
       .details = "Each has its number as id, its type as event, and an Event as data. docs/api.md tells of "
                  "gaps and heartbeats.",
       .query = {{"job", "string", "Only of these jobs: numbers, ranges, lists.", "3,5,8-10"},
                 {"status", "string", "Only changes to these, with commas.", "FAILED,ABORTED"},
                 {"after", "integer", "Behind that event; 0 is the oldest that is kept.", "0"},
                 {"since", "string", "From that instant on.", "2026-11-23T18:00:00Z"},
                 {"follow", "boolean", "false: a page, and no stream.", "false"},
                 {"limit", "integer", "Events a page, 1 to 1000; default 100.", "10"}},
       .headers = {{"Last-Event-ID", "integer", "Behind that event: a client that resumes."}},
       .response = "EventPage"});
}

}  // namespace berth::api
