#include "shared/runtime/slots.hpp"

namespace berth {

// In the queue for as long as it lives or until it was given a place. One that is cancelled after that hands
// it on.
struct Slots::Waiter {
  explicit Waiter(Slots& slots) : slots(slots), wakeup(slots.executor_) { slots.queue_.push_back(this); }
  ~Waiter() {
    if (!has_place) {
      slots.queue_.remove(this);
    } else if (!has_taken) {
      slots.release();
    }
  }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  Slots& slots;
  Wakeup wakeup;
  bool has_place = false;
  bool has_taken = false;
};

Task<Result<Slots::Slot>> Slots::acquire(Deadline deadline) {
  if (free_ > 0) {
    --free_;
    co_return Slot(*this);
  }
  Waiter waiter(*this);
  while (!waiter.has_place) {
    const bool is_notified = co_await waiter.wakeup.wait(deadline);
    if (!is_notified && !waiter.has_place) {
      co_return Error{ErrorKind::timeout, of_ + " is busy: the calls before this one don't come to an end"};
    }
  }
  waiter.has_taken = true;
  co_return Slot(*this);
}

void Slots::release() {
  if (queue_.empty()) {
    ++free_;
    return;
  }
  Waiter* next = queue_.front();
  queue_.pop_front();
  next->has_place = true;
  next->wakeup.notify();
}

}  // namespace berth
