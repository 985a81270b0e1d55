// Child tasks with an owner that joins them: nothing that was spawned outlives the object that spawned it.
#pragma once

#include "shared/runtime/async.hpp"

#include <boost/asio/cancellation_signal.hpp>

#include <exception>
#include <list>
#include <string>

namespace berth {

// A task that is cancelled while it awaits two things at once ends by what both of them threw, in one: of
// these the first, and any other exception as it is.
std::exception_ptr unwrapped(std::exception_ptr failure);

class TaskGroup {
 public:
  explicit TaskGroup(asio::any_io_executor executor) : executor_(std::move(executor)), ended_(executor_) {}
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  // Runs `task` until it returns. A task that ends by an exception other than cancellation is a bug: the
  // exception is rethrown from the io_context's run(), with `name` in its message.
  void spawn(std::string name, Task<> task);

  // Asks every task to end: its current co_await throws operation_aborted.
  void cancel();

  // Returns when no task is left. May be awaited by one task outside the group.
  Task<> join();

  std::size_t size() const { return children_.size(); }

 private:
  struct Child {
    std::string name;
    asio::cancellation_signal cancel;
  };
  struct OnEnd;
  void on_end(std::list<Child>::iterator child, std::exception_ptr failure);

  asio::any_io_executor executor_;
  std::list<Child> children_;
  Wakeup ended_;
};

}  // namespace berth
