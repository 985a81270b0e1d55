#include "shared/runtime/async.hpp"

#include <boost/system/system_error.hpp>

namespace berth {

Task<> throw_if_cancelled() {
  const auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) {
    throw boost::system::system_error(asio::error::operation_aborted);
  }
}

Task<> sleep_until(Deadline deadline) {
  asio::steady_timer timer(co_await asio::this_coro::executor, deadline);
  co_await timer.async_wait(use_tuple);
  co_await throw_if_cancelled();
}

Task<bool> Wakeup::wait(Deadline deadline) {
  while (!pending_ && std::chrono::steady_clock::now() < deadline) {
    timer_.expires_at(deadline);
    co_await timer_.async_wait(use_tuple);
    co_await throw_if_cancelled();
  }
  co_return std::exchange(pending_, false);
}

}  // namespace berth
