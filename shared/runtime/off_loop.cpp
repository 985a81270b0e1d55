#include "shared/runtime/off_loop.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <system_error>
#include <thread>
#include <utility>

namespace berth {

struct OffLoop::Call {
  explicit Call(std::function<void()> to_do) : work(std::move(to_do)), signal(::eventfd(0, EFD_CLOEXEC)) {}
  ~Call() {
    if (signal >= 0) ::close(signal);
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  void carry_out() {
    work();
    is_done.store(true, std::memory_order_release);
    ::eventfd_write(signal, 1);
  }
  bool has_returned() const { return is_done.load(std::memory_order_acquire); }

  std::function<void()> work;
  std::atomic<bool> is_done = false;
  int signal;  // an eventfd, readable once the call has returned
};

OffLoop::~OffLoop() { leave(std::chrono::steady_clock::now() + std::chrono::seconds{1}); }

void OffLoop::leave(Deadline deadline) {
  const auto call = std::exchange(call_, nullptr);
  if (!call || call->has_returned()) return;
  const auto left = std::chrono::ceil<Milliseconds>(deadline - std::chrono::steady_clock::now());
  pollfd ready{call->signal, POLLIN, 0};
  ::poll(&ready, 1, static_cast<int>(std::max<Milliseconds::rep>(left.count(), 0)));
}

bool OffLoop::is_free() const { return !call_ || call_->has_returned(); }

Task<bool> OffLoop::run(std::function<void()> work, Deadline deadline) {
  using boost::asio::experimental::awaitable_operators::operator||;
  if (!is_free()) co_return false;
  auto call = std::make_shared<Call>(std::move(work));
  const int signal = ::dup(call->signal);
  if (signal < 0) co_return false;
  asio::posix::stream_descriptor returned(co_await asio::this_coro::executor, signal);
  try {
    std::thread([call] { call->carry_out(); }).detach();
  } catch (const std::system_error&) {
    co_return false;  // no more threads
  }
  call_ = call;
  co_await (returned.async_wait(asio::posix::stream_descriptor::wait_read, use_tuple) ||
            sleep_until(deadline));
  co_await throw_if_cancelled();
  co_return call->has_returned();
}

}  // namespace berth
