// At most so many at once, first come first served.
#pragma once

#include "shared/base/result.hpp"
#include "shared/runtime/async.hpp"

#include <cstddef>
#include <list>
#include <string>
#include <utility>

namespace berth {

class Slots {
 public:
  // A place taken; given back when it is destroyed. Must not outlive its Slots.
  class Slot {
   public:
    explicit Slot(Slots& slots) : slots_(&slots) {}
    Slot(Slot&& other) noexcept : slots_(std::exchange(other.slots_, nullptr)) {}
    Slot& operator=(Slot&&) = delete;
    ~Slot() {
      if (slots_ != nullptr) slots_->release();
    }

   private:
    Slots* slots_;
  };

  // `of`: what is busy then, for the error.
  Slots(asio::any_io_executor executor, std::size_t count, std::string of)
      : executor_(std::move(executor)), free_(count), of_(std::move(of)) {}
  Slots(const Slots&) = delete;
  Slots& operator=(const Slots&) = delete;

  // timeout: none became free before the deadline.
  Task<Result<Slot>> acquire(Deadline deadline);

 private:
  struct Waiter;
  void release();

  asio::any_io_executor executor_;
  std::size_t free_;
  std::string of_;
  std::list<Waiter*> queue_;  // who waits, the longest first; empty while a place is free
};

}  // namespace berth
