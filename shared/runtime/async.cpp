#include "shared/runtime/async.hpp"

#include <boost/system/system_error.hpp>

namespace berth {
namespace {

TimeSource* time_source = nullptr;  // the machine's clock

}  // namespace

void take_time_from(TimeSource* source) { time_source = source; }

Monotonic loop_now() {
  return time_source == nullptr ? std::chrono::steady_clock::now() : time_source->now();
}

Task<> Timer::wait(Monotonic instant) {
  if (time_source == nullptr) {
    if (!timer_) timer_.emplace(executor_);
    timer_->expires_at(instant);
    co_await timer_->async_wait(use_tuple);
    co_return;
  }
  const auto alarm = std::make_shared<Alarm>(executor_, 1);
  alarm_ = alarm;
  std::function<void()> ring = [weak = std::weak_ptr(alarm)] {
    if (const auto waiting = weak.lock()) waiting->try_send(boost::system::error_code());
  };
  if (instant != no_deadline) time_source->call_at(instant, std::move(ring));
  co_await alarm->async_receive(use_tuple);
}

void Timer::cancel() {
  if (timer_) timer_->cancel();
  if (alarm_) alarm_->try_send(boost::system::error_code());
}

Task<> throw_if_cancelled() {
  const auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) {
    throw boost::system::system_error(asio::error::operation_aborted);
  }
}

Task<> sleep_until(Deadline deadline) {
  Timer timer(co_await asio::this_coro::executor);
  co_await timer.wait(deadline);
  co_await throw_if_cancelled();
}

Task<bool> Wakeup::wait(Deadline deadline) {
  while (!pending_ && loop_now() < deadline) {
    co_await timer_.wait(deadline);
    co_await throw_if_cancelled();
  }
  co_return std::exchange(pending_, false);
}

}  // namespace berth
