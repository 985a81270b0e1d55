#include "shared/http/event_stream.hpp"

#include <utility>

namespace berth::http {

std::string encode_event(const ServerEvent& event) {
  std::string text;
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) text.append(name).append(": ").append(value).append("\n");
  };
  add("id", event.id);
  add("event", event.type);
  add("data", event.data);
  return text + "\n";
}

Result<std::vector<ServerEvent>> EventParser::take(std::string_view bytes) {
  std::vector<ServerEvent> done;
  for (;;) {
    const auto end = bytes.find('\n');
    rest_ += bytes.substr(0, end);
    if (rest_.size() + current_.data.size() > max_event) {
      return internal_error("the server sent an event of more than " + std::to_string(max_event) + " bytes");
    }
    if (end == std::string_view::npos) return done;
    if (rest_.ends_with('\r')) rest_.pop_back();
    take_line(rest_, done);
    rest_.clear();
    bytes.remove_prefix(end + 1);
  }
}

void EventParser::take_line(std::string_view line, std::vector<ServerEvent>& done) {
  if (line.empty()) {
    auto event = std::exchange(current_, {});
    if (!event.id.empty()) last_id_ = event.id;
    if (std::exchange(has_data_, false)) done.push_back(std::move(event));
    return;
  }
  const auto colon = line.find(':');
  const auto name = line.substr(0, colon);
  auto value = colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (name == "id") {
    current_.id = value;
  } else if (name == "event") {
    current_.type = value;
  } else if (name == "data") {
    if (has_data_) current_.data += '\n';
    current_.data += value;
    has_data_ = true;
  }  // others, and comments (nothing before the colon), say nothing to Berth
}

}  // namespace berth::http
