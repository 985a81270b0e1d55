#include "scheduler/loops/onlooker.hpp"

#include "scheduler/loops/view_source.hpp"
#include "shared/base/limits.hpp"

#include <optional>
#include <unordered_set>
#include <utility>

namespace berth {
namespace {

// Pages of events that one look takes in: enough to come from as far behind as is worth it, and some more.
// Where news keep coming faster than they are read, the look ends at some of them.
constexpr std::size_t pages_a_look = 2 * limits::events_scanned / limits::feed_read;

Error history_lost() { return unavailable("the store went back in time; ask again"); }

}  // namespace

// One who waits for the reader.
class Onlooker::Waiter {
 public:
  explicit Waiter(Onlooker& onlooker) : wakeup(onlooker.executor_), onlooker_(onlooker) {
    onlooker_.waiting_.insert(this);
  }
  ~Waiter() { onlooker_.waiting_.erase(this); }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  Wakeup wakeup;
  std::optional<Error> failure;  // the reader's

 private:
  Onlooker& onlooker_;
};

// Holds the right to read, however the reading ends.
class Onlooker::Reading {
 public:
  explicit Reading(Onlooker& onlooker) : onlooker_(onlooker) { onlooker_.is_reading_ = true; }
  ~Reading() {
    onlooker_.is_reading_ = false;
    for (auto* waiter : onlooker_.waiting_) waiter->wakeup.notify();
  }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

  void fail(const Error& error) {
    for (auto* waiter : onlooker_.waiting_) waiter->failure = error;
  }

 private:
  Onlooker& onlooker_;
};

Task<Result<Onlooker::Sight>> Onlooker::look() {
  if (const auto* view = dispatch_.leaders_view()) {
    if (!is_reading_ && std::exchange(is_read_, false)) view_ = ClusterView{};  // it isn't needed any more
    const Sight sight{view, true, clock_.wall()};
    co_return sight;
  }
  const auto waited = co_await wait_for_reader();
  if (!waited) co_return waited.error();
  {
    Reading reading(*this);
    const auto read = co_await catch_up();
    if (!read) {
      reading.fail(read.error());
      co_return read.error();
    }
  }
  take_in_executors(liveness_, view_);
  view_.tell_time({clock_.wall(), clock_.monotonic()});
  const Sight sight{&view_, false, clock_.wall()};
  co_return sight;
}

Task<Result<>> Onlooker::wait_for_reader() {
  while (is_reading_) {
    Waiter waiter(*this);
    co_await waiter.wakeup.wait();
    if (waiter.failure) co_return *waiter.failure;
  }
  co_return Result<>{};
}

// Until there is nothing new: what came while something else was read belongs to the same instant.
Task<Result<>> Onlooker::catch_up() {
  for (std::size_t page = 0; page < pages_a_look; ++page) {
    const bool is_far_behind = seq_ + limits::events_scanned < feed_.position();
    if (!is_read_ || is_far_behind) {
      const auto read = co_await read_all();
      if (!read) co_return read.error();
    }
    auto events = co_await next_events();
    if (!events && events.error().kind == ErrorKind::conflict) is_read_ = false;
    if (!is_read_) break;
    if (!events) co_return events.error();
    if (events->empty()) break;
    // Numbers have no holes: one that is missing was dropped from the stream's old end.
    const bool is_gap = events->back().seq != seq_ + events->size();
    if (is_gap) {
      is_read_ = false;
      continue;
    }
    const auto taken = co_await take_in(std::move(*events));
    if (!taken) co_return taken.error();
  }
  if (!is_read_) co_return history_lost();
  co_return Result<>{};
}

Task<Result<>> Onlooker::read_all() {
  is_read_ = false;
  is_history_lost_ = false;
  const auto history = store_.history();
  seq_ = feed_.position();  // what happens while it reads is taken in twice
  view_ = ClusterView{};
  const auto read = co_await read_live_jobs(store_, clock_, view_);
  if (!read) co_return read.error();
  if (is_history_lost_ || store_.history() != history) co_return history_lost();
  is_read_ = true;
  co_return Result<>{};
}

// Those that the feed doesn't remember any more are read from the store.
Task<Result<std::vector<Event>>> Onlooker::next_events() {
  if (auto recent = feed_.recent(seq_, limits::feed_read)) co_return std::move(*recent);
  auto events = co_await store_.read_events(seq_, limits::feed_read, deadline_in(Milliseconds{0}));
  co_return events;
}

Task<Result<>> Onlooker::take_in(std::vector<Event> events) {
  std::unordered_set<JobId> asked;
  for (const auto& event : events) {
    if (!view_.absorb(event)) asked.insert(*event.job);
  }
  if (!asked.empty()) {
    std::vector<JobId> ids(asked.begin(), asked.end());
    const auto read = co_await read_jobs(store_, clock_, view_, std::move(ids), ClusterView::Learned::found);
    if (!read) co_return read.error();  // the events are taken in once more then
  }
  seq_ = events.back().seq;
  co_return Result<>{};
}

}  // namespace berth
