#include "shared/runtime/task_group.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/multiple_exceptions.hpp>
#include <boost/system/system_error.hpp>

#include <memory>
#include <stdexcept>
#include <utility>

namespace berth {
namespace {

// How far a task is, and the way to cancel it once it has begun. Boost 1.81 lets the exception escape from
// run() when a task is cancelled that has not begun.
struct Course {
  void cancel(asio::cancellation_type type) {
    if (has_begun) {
      signal.emit(type);
    } else {
      is_cancelled = true;
    }
  }

  bool has_begun = false;
  bool is_cancelled = false;
  asio::cancellation_signal signal;
};

Task<> run(std::shared_ptr<Course> course, Task<> task) {
  course->has_begun = true;
  if (course->is_cancelled) co_return;
  co_await std::move(task);
}

}  // namespace

std::exception_ptr unwrapped(std::exception_ptr failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const asio::multiple_exceptions& several) {
    return several.first_exception();
  } catch (...) {
    return failure;
  }
}

// Says itself where its cancellation comes from. With bind_cancellation_slot() Boost 1.81 posts the
// cancellation instead, and keeps it in what is freed when the task ends first.
struct TaskGroup::OnEnd {
  using cancellation_slot_type = asio::cancellation_slot;
  cancellation_slot_type get_cancellation_slot() const noexcept { return course->signal.slot(); }
  void operator()(std::exception_ptr failure) const { group->on_end(child, failure); }

  TaskGroup* group;
  std::list<Child>::iterator child;
  std::shared_ptr<Course> course;
};

void TaskGroup::spawn(std::string name, Task<> task) {
  children_.emplace_back();  // a signal can't be moved, so the child is made in place
  const auto child = std::prev(children_.end());
  child->name = std::move(name);
  const auto course = std::make_shared<Course>();
  child->cancel.slot().assign([course](asio::cancellation_type type) {
    const auto kept = course;  // the end of the task takes this handler along
    kept->cancel(type);
  });
  asio::co_spawn(executor_, run(course, std::move(task)), OnEnd{this, child, course});
}

void TaskGroup::on_end(std::list<Child>::iterator child, std::exception_ptr failure) {
  const std::string name = std::move(child->name);
  children_.erase(child);
  ended_.notify();
  if (!failure) return;
  try {
    std::rethrow_exception(unwrapped(failure));
  } catch (const boost::system::system_error& error) {
    if (error.code() != asio::error::operation_aborted) {
      throw std::runtime_error("task " + name + " failed: " + error.what());
    }
  } catch (const std::exception& error) {
    throw std::runtime_error("task " + name + " failed: " + error.what());
  }
}

void TaskGroup::cancel() {
  // A task may end, and so leave the list, while its signal is emitted.
  for (auto child = children_.begin(); child != children_.end();) {
    const auto current = child++;
    current->cancel.emit(asio::cancellation_type::all);
  }
}

Task<> TaskGroup::join() {
  while (!children_.empty()) co_await ended_.wait();
}

}  // namespace berth
