// Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html), as Berth writes and
// reads them: lines "id: …", "event: …", "data: …", an empty line behind each event.
#pragma once

#include "shared/base/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace berth::http {

struct ServerEvent {
  std::string id;    // what a client that resumes sends as Last-Event-ID; empty: it isn't moved
  std::string type;  // "message" when empty
  std::string data;
  bool operator==(const ServerEvent&) const = default;
};

// One event on the wire. No part may hold a line break. Without data it moves a client's Last-Event-ID and
// shows it nothing.
std::string encode_event(const ServerEvent& event);

// Takes such a stream apart, however it was cut into pieces on its way.
class EventParser {
 public:
  // The events that `bytes` completes. Error internal: an event of more than `max_event` bytes, which Berth
  // doesn't send; stop there.
  Result<std::vector<ServerEvent>> take(std::string_view bytes);

  // Where to resume, empty before the first id: it counts only once its event is complete.
  const std::string& last_id() const { return last_id_; }

  static constexpr std::size_t max_event = 1u << 20;

 private:
  void take_line(std::string_view line, std::vector<ServerEvent>& done);

  std::string rest_;     // of a line whose end hasn't come yet
  ServerEvent current_;  // as far as its lines have come
  bool has_data_ = false;
  std::string last_id_;
};

}  // namespace berth::http
