#include "cli/event_copy.hpp"

#include "cli/answers.hpp"
#include "cli/formatters/event_text.hpp"
#include "cli/formatters/terminal.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <utility>

namespace berth::cli {

Result<> EventCopy::print(const json::value& event) {
  auto parsed = from_json<Event>(event);
  if (!parsed) return strange(parsed.error().message);
  std::string line;
  if (context_.json) {
    line = json::serialize(event);
  } else if (context_.quiet) {
    line = std::to_string(parsed->seq);
  } else {
    line = event_line(*parsed, style_of(standard_output));
  }
  if (write_all(standard_output, line + "\n")) return {};
  return Error{ErrorKind::refused, "can't write the events to stdout: is the disk full?"};
}

Task<Result<>> EventCopy::print_pages() {
  do {
    const auto page = co_await client_.event_page(query_);
    if (!page) co_return page.error();
    if (page->gap && !context_.quiet) say_error(*page->gap);
    for (const auto& event : page->events) {
      if (auto printed = print(event); !printed) co_return printed;
    }
    query_.since.reset();
    query_.after = page->next;
  } while (query_.after);
  co_return Result<>{};
}

Task<Result<>> EventCopy::follow() {
  give_up_ = deadline_in(patience);
  for (;;) {
    const auto copied = co_await copy_stream();
    const bool is_over = !copied && !is_transient(copied.error());
    if (is_over || std::chrono::steady_clock::now() >= give_up_) co_return copied;
    co_await sleep_until(deadline_in(pause_));
    pause_ = std::min(2 * pause_, longest_pause);
  }
}

Task<Result<>> EventCopy::copy_stream() {
  auto stream = co_await client_.events(query_, seen_);
  if (!stream) co_return stream.error();
  http::EventParser parser;
  for (;;) {
    give_up_ = deadline_in(patience);
    const auto piece = co_await (*stream)->read(deadline_in(silence));
    if (!piece) co_return piece.error();
    if (piece->empty()) co_return unavailable("the server ended the stream");
    const auto events = parser.take(*piece);
    if (!events) co_return events.error();
    pause_ = shortest_pause;
    for (const auto& event : *events) {
      const auto data = parse_json(event.data);
      if (!data) co_return strange(data.error().message);
      if (event.type == "gap") {
        if (!context_.quiet) say_error(say_gap(*data));
        continue;
      }
      if (auto printed = print(*data); !printed) co_return printed;
    }
    if (!parser.last_id().empty()) seen_ = parser.last_id();
  }
}

}  // namespace berth::cli
