#include "cli/watched_jobs.hpp"

#include "cli/event_copy.hpp"
#include "cli/formatters/terminal.hpp"
#include "shared/http/event_stream.hpp"

#include <algorithm>
#include <utility>

namespace berth::cli {
namespace {

constexpr Milliseconds least_between_lists{500};
constexpr Milliseconds most_between_lists{10'000};

// Where few jobs match, the server reads through many others: whoever looks on takes little of it.
Milliseconds pause_after(Milliseconds list_took) {
  return std::clamp(10 * list_took, least_between_lists, most_between_lists);
}

}  // namespace

WatchedJobs::WatchedJobs(asio::any_io_executor executor, Session session, Fetch fetch,
                         std::optional<std::size_t> limit, ScreenPorts ports)
    : session_(session),
      fetch_(std::move(fetch)),
      limit_(limit),
      news_(executor),
      screen_(
          executor, [this](const ScreenSize& size) { return lines(size); }, std::move(ports)) {}

std::vector<std::string> WatchedJobs::lines(const ScreenSize& size) {
  page_.trouble = list_trouble_.empty() ? events_trouble_ : list_trouble_;
  return watch_lines(page_, SystemClock{}.wall(), size, wants_colour(standard_output));
}

std::size_t WatchedJobs::wanted() const {
  const auto fitting = std::min(watched_jobs(screen_.size()), limits::max_page);
  return limit_ ? std::min(*limit_, fitting) : fitting;
}

Task<int> WatchedJobs::run(JobPage first) {
  take(std::move(first));
  screen_.on_resize([this] { news_.notify(); });
  screen_.spawn("events", follow_events());
  screen_.spawn("list", follow_list());
  const int code = co_await screen_.run();
  co_return code;
}

Task<> WatchedJobs::follow_events() {
  for (;;) {
    const auto copied = co_await copy_hints();
    if (!copied) events_trouble_ = explain(copied.error(), session_.context.url);
    screen_.redraw();
    co_await sleep_until(deadline_in(retry_pause));
  }
}

// What happened before the stream began, or while there was none, is in the list that is asked for then.
Task<Result<>> WatchedJobs::copy_hints() {
  EventQuery everything;
  auto stream = co_await session_.client.events(std::move(everything), seen_);
  if (!stream) co_return stream.error();
  events_trouble_.clear();
  news_.notify();
  http::EventParser parser;
  for (;;) {
    const auto piece = co_await (*stream)->read(deadline_in(EventCopy::silence));
    if (!piece) co_return piece.error();
    if (piece->empty()) co_return unavailable("the server ended the stream");
    const auto events = parser.take(*piece);
    if (!events) co_return events.error();
    if (!events->empty()) news_.notify();
    if (!parser.last_id().empty()) seen_ = parser.last_id();
  }
}

Task<> WatchedJobs::follow_list() {
  for (;;) {
    co_await news_.wait();
    const auto asked = loop_now();
    auto page = co_await fetch_(wanted());
    const auto took = std::chrono::duration_cast<Milliseconds>(loop_now() - asked);
    const bool is_lost = !page;
    take(std::move(page));
    screen_.redraw();
    if (is_lost) news_.notify();
    co_await sleep_until(deadline_in(is_lost ? retry_pause : pause_after(took)));
  }
}

// The last list stays, whatever became of the next.
void WatchedJobs::take(Result<JobPage> page) {
  if (!page) {
    list_trouble_ = explain(page.error(), session_.context.url);
    return;
  }
  list_trouble_.clear();
  page_.jobs.clear();
  for (auto& record : page->jobs) page_.jobs.push_back(std::move(record.job));
  page_.has_more = page->next.has_value();
}

}  // namespace berth::cli
