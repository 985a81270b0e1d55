#include "shared/runtime/shutdown.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>

#include <csignal>
#include <string>
#include <variant>

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

Task<Result<>> Signals::unless_asked_to_end(Task<Result<>> work) {
  using namespace asio::experimental::awaitable_operators;
  auto signal = next();
  const auto first = co_await (std::move(work) || std::move(signal));
  if (const auto* done = std::get_if<0>(&first)) co_return *done;
  co_return Error{ErrorKind::refused, "stopped by signal " + std::to_string(std::get<1>(first)) +
                                          " before everything had started"};
}

}  // namespace berth
