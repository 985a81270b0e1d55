#include "scheduler/loops/onlooker.hpp"

#include "scheduler/loops/view_source.hpp"
#include "shared/base/limits.hpp"

#include <unordered_set>
#include <utility>

namespace berth {
namespace {

// Holds the right to read, however the reading ends.
class Reading {
 public:
  Reading(bool& is_reading, std::set<Wakeup*>& waiting) : is_reading_(is_reading), waiting_(waiting) {
    is_reading_ = true;
  }
  ~Reading() {
    is_reading_ = false;
    for (auto* wakeup : waiting_) wakeup->notify();
  }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

 private:
  bool& is_reading_;
  std::set<Wakeup*>& waiting_;
};

class Waiter {
 public:
  Waiter(asio::any_io_executor executor, std::set<Wakeup*>& waiting)
      : wakeup(std::move(executor)), waiting_(waiting) {
    waiting_.insert(&wakeup);
  }
  ~Waiter() { waiting_.erase(&wakeup); }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  Wakeup wakeup;

 private:
  std::set<Wakeup*>& waiting_;
};

}  // namespace

Task<Result<Onlooker::Sight>> Onlooker::look() {
  if (const auto* view = dispatch_.leaders_view()) {
    if (!is_reading_ && std::exchange(is_read_, false)) view_ = ClusterView{};  // it isn't needed any more
    const Sight sight{view, true, clock_.wall()};
    co_return sight;
  }
  co_await wait_for_reader();
  {
    const Reading reading(is_reading_, waiting_);
    auto read = co_await catch_up();
    if (!read) co_return read.error();
  }
  take_in_executors(liveness_, view_);
  view_.tell_time({clock_.wall(), clock_.monotonic()});
  const Sight sight{&view_, false, clock_.wall()};
  co_return sight;
}

Task<> Onlooker::wait_for_reader() {
  while (is_reading_) {
    Waiter waiter(executor_, waiting_);
    co_await waiter.wakeup.wait();
  }
}

Task<Result<>> Onlooker::catch_up() {
  auto events = is_read_ ? feed_.recent(seq_, limits::events_remembered) : std::nullopt;
  if (!events) {
    const auto read = co_await read_all();
    co_return read;
  }
  std::unordered_set<JobId> asked;
  for (const auto& event : *events) {
    if (!view_.absorb(event)) asked.insert(*event.job);
  }
  if (!asked.empty()) {
    std::vector<JobId> ids(asked.begin(), asked.end());
    const auto read = co_await read_jobs(store_, clock_, view_, std::move(ids), ClusterView::Learned::found);
    if (!read) co_return read.error();  // the events are taken in once more then
  }
  if (!events->empty()) seq_ = events->back().seq;
  co_return Result<>{};
}

Task<Result<>> Onlooker::read_all() {
  is_read_ = false;
  const auto history = store_.history();
  seq_ = feed_.position();  // what happens while it reads is taken in twice
  view_ = ClusterView{};
  const auto read = co_await read_live_jobs(store_, clock_, view_);
  if (!read) co_return read.error();
  if (store_.history() != history) co_return unavailable("the store went back in time; ask again");
  is_read_ = true;
  co_return Result<>{};
}

}  // namespace berth
