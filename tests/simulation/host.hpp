// Where a simulated process runs: its handlers wait while it is paused, as with SIGSTOP, and its wall clock
// may step.
#pragma once

#include "tests/support/simulated_time.hpp"

#include <boost/asio/execution.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace berth::test {

// The machine's time, but for a wall clock of its own.
class SteppingClock final : public Clock {
 public:
  explicit SteppingClock(const SimulatedTime& time) : time_(time) {}

  void step(Milliseconds by) { ahead_ += by; }

  WallTime wall() const override { return time_.wall() + ahead_; }
  Monotonic monotonic() const override { return time_.monotonic(); }
  BootTime boot() const override { return time_.boot(); }

 private:
  const SimulatedTime& time_;
  Milliseconds ahead_{};
};

class Host {
 public:
  explicit Host(asio::io_context& io) : state_(std::make_shared<State>(io)) {}

  void pause() { state_->is_paused = true; }
  void resume() {
    state_->is_paused = false;
    for (auto& handler : std::exchange(state_->held, {})) asio::post(state_->io, std::move(handler));
  }

 private:
  struct State {
    explicit State(asio::io_context& context) : io(context) {}
    asio::io_context& io;
    bool is_paused = false;
    std::vector<std::function<void()>> held;
  };

 public:
  // Asio's executor of that process, which runs at once what may run at once, as that of an io_context does.
  // What is posted to it may outlive the Host.
  class Executor {
   public:
    explicit Executor(std::shared_ptr<State> state) : state_(std::move(state)) {}

    template <class Function>
    void execute(Function&& function) const {
      const bool may_run_now =
          !is_posting_ && !state_->is_paused && state_->io.get_executor().running_in_this_thread();
      if (may_run_now) {
        auto run = std::forward<Function>(function);
        std::move(run)();
        return;
      }
      // Copyable, so that it can be held.
      auto shared = std::make_shared<std::decay_t<Function>>(std::forward<Function>(function));
      std::function<void()> run = [shared] { std::move (*shared)(); };
      asio::post(state_->io, [state = state_, run = std::move(run)]() mutable {
        if (state->is_paused) {
          state->held.push_back(std::move(run));
        } else {
          run();
        }
      });
    }
    asio::execution_context& query(asio::execution::context_t) const noexcept { return state_->io; }
    asio::execution::blocking_t query(asio::execution::blocking_t) const noexcept {
      if (is_posting_) return asio::execution::blocking.never;
      return asio::execution::blocking.possibly;
    }
    Executor require(asio::execution::blocking_t::never_t) const { return with(true); }
    Executor require(asio::execution::blocking_t::possibly_t) const { return with(false); }
    bool operator==(const Executor& other) const noexcept {
      return state_ == other.state_ && is_posting_ == other.is_posting_;
    }
    bool operator!=(const Executor& other) const noexcept { return !(*this == other); }

   private:
    Executor with(bool is_posting) const {
      auto other = *this;
      other.is_posting_ = is_posting;
      return other;
    }

    std::shared_ptr<State> state_;
    bool is_posting_ = false;
  };
  Executor executor() const { return Executor(state_); }

 private:
  std::shared_ptr<State> state_;
};

}  // namespace berth::test
