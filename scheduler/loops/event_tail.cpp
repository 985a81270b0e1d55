#include "scheduler/loops/event_tail.hpp"

#include "shared/base/limits.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace berth {

Task<std::vector<Event>> EventTail::next() {
  for (;;) {
    auto events = feed_.recent(position_, limits::feed_read);
    if (events && events->empty()) {
      co_await follower_.wait();
      continue;
    }
    if (!events) events = co_await stored();
    if (!events) continue;
    const auto first = events->front().seq;
    missed_ = position_ == 0 ? 0 : first - position_ - 1;
    if (missed_ > 0) {
      spdlog::warn("{}: events {} to {} aren't kept any more, and are passed over", name_, position_ + 1,
                   first - 1);
    }
    position_ = events->back().seq;
    co_return std::move(*events);
  }
}

Task<std::optional<std::vector<Event>>> EventTail::stored() {
  auto events = co_await store_.read_events(position_, limits::feed_read, deadline_in(Milliseconds{0}));
  if (events && !events->empty()) co_return std::move(*events);
  co_await sleep_until(deadline_in(std::chrono::seconds{1}));
  co_return std::nullopt;
}

}  // namespace berth
