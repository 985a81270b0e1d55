#include "shared/runtime/shutdown.hpp"

#include <csignal>

namespace berth {

Signals::Signals(asio::any_io_executor executor)
    : set_(std::make_shared<asio::signal_set>(std::move(executor), SIGINT, SIGTERM)) {}

Task<int> Signals::next(Deadline deadline) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  if (deadline != no_deadline) {
    timer.expires_at(deadline);
    auto on_fire = [set = set_](const boost::system::error_code& error) {
      if (!error) set->cancel();
    };
    timer.async_wait(std::move(on_fire));
  }
  while (true) {
    const auto [error, number] = co_await set_->async_wait(use_tuple);
    if (!error) co_return number;
    co_await throw_if_cancelled();
    // A timer of an earlier call can fire so late that it ends this one's wait.
    if (std::chrono::steady_clock::now() >= deadline) co_return 0;
  }
}

Task<int> wait_for_signal() {
  Signals signals(co_await asio::this_coro::executor);
  const auto number = co_await signals.next();
  co_return number;
}

}  // namespace berth
