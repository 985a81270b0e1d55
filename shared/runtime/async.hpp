// The few names through which Berth uses Asio's coroutines. One io_context on one thread a process: between
// two co_awaits a coroutine's state is its own, and nothing here is thread-safe.
//
// gcc 12 miscompiles some temporaries in a full expression that holds a co_await: give lambdas, brace lists
// and aggregates a name on the line before, and spawn named coroutine functions with by-value parameters.
#pragma once

#include "shared/base/time.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace berth {

namespace asio = boost::asio;

template <class T = void>
using Task = asio::awaitable<T>;

// Completion token: the operation's error code is returned, never thrown.
inline constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);

// Where the loops' time comes from when it isn't the machine's: a simulation's, which goes on by leaps.
class TimeSource {
 public:
  virtual ~TimeSource() = default;
  virtual Monotonic now() const = 0;
  virtual void call_at(Monotonic instant, std::function<void()> callback) = 0;
};
// From now on; nullptr for the machine's time. Of the whole process: for programs that do nothing but
// simulate.
void take_time_from(TimeSource* source);

// The clock by which all loops live.
Monotonic loop_now();

// One task waits for an instant, or until it is called.
class Timer {
 public:
  explicit Timer(asio::any_io_executor executor) : executor_(std::move(executor)) {}

  // Returns at the instant, when it is cancelled, or when the task is asked to end: who waits looks which.
  Task<> wait(Monotonic instant);
  void cancel();

 private:
  using Alarm = asio::experimental::channel<void(boost::system::error_code)>;

  asio::any_io_executor executor_;
  std::optional<asio::steady_timer> timer_;  // the machine's, made by the first wait …
  std::shared_ptr<Alarm> alarm_;             // … or of a simulation, which has no use for the kernel
};

// A deadline is an instant, not a span: a budget that survives retries.
using Deadline = Monotonic;
inline Deadline deadline_in(Milliseconds span) { return loop_now() + span; }
inline constexpr Deadline no_deadline = Deadline::max();

// Throws operation_aborted if this task was asked to end. (Every co_await on an operation does so by itself;
// this is for loops around operations that return their error code.)
Task<> throw_if_cancelled();

// Sleeps until the deadline. Throws operation_aborted when the task is cancelled, as every co_await does
// then.
Task<> sleep_until(Deadline deadline);

// "Something changed, look again": remembered until the one consumer waits, so that no change is missed.
class Wakeup {
 public:
  explicit Wakeup(asio::any_io_executor executor) : timer_(std::move(executor)) {}

  void notify() {
    pending_ = true;
    timer_.cancel();
  }

  // Returns true once notified (and forgets it), false when the deadline came first.
  Task<bool> wait(Deadline deadline = no_deadline);

 private:
  Timer timer_;
  bool pending_ = false;
};

// A value that one party sets once and another awaits, with a deadline. Shared by both through a shared_ptr.
template <class T>
class OneShot {
 public:
  explicit OneShot(asio::any_io_executor executor) : timer_(std::move(executor)) {}

  bool is_set() const { return value_.has_value(); }

  void set(T value) {
    if (value_) return;
    value_.emplace(std::move(value));
    timer_.cancel();
  }

  // The value, or nothing when the deadline came first. One waiter.
  Task<std::optional<T>> wait(Deadline deadline) {
    while (!value_ && loop_now() < deadline) {
      co_await timer_.wait(deadline);
      co_await throw_if_cancelled();
    }
    co_return std::move(value_);
  }

 private:
  Timer timer_;
  std::optional<T> value_;
};

}  // namespace berth
