// Lets what takes long be worked out one at a time, in the order in which it was asked for, and leaves the
// loop to everybody else in between, for as long as the one before took: a leader renews its leadership and
// places jobs in the same thread.
#pragma once

#include "shared/runtime/async.hpp"

#include <list>
#include <optional>
#include <utility>

namespace berth::api {

class Turnstile {
 public:
  static constexpr Milliseconds longest_pause{100};

  explicit Turnstile(asio::any_io_executor executor) : executor_(std::move(executor)) {}
  Turnstile(const Turnstile&) = delete;
  Turnstile& operator=(const Turnstile&) = delete;

  // A place in the line, until it goes. The turnstile outlives it.
  class Place {
   public:
    explicit Place(Turnstile& turnstile);
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    // Returns when it has its turn, which it has from then on.
    Task<> turn();

   private:
    Turnstile& turnstile_;
    Wakeup wakeup_;
    std::optional<Monotonic> began_;
  };

 private:
  asio::any_io_executor executor_;
  std::list<Place*> line_;  // the first has its turn
  Monotonic pause_ends_{};
};

}  // namespace berth::api
