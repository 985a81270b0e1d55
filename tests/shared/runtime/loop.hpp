// A loop of its own for a test: runs a task to its end while everything spawned beside it goes on, too.
#pragma once

#include "shared/runtime/async.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <future>
#include <stdexcept>

namespace berth::test {

class Loop {
 public:
  asio::any_io_executor executor() { return io_.get_executor(); }

  // What the task returns or throws. A task that hangs fails the test instead of the whole run.
  template <class T>
  T run(Task<T> task) {
    std::future<T> outcome = asio::co_spawn(io_, std::move(task), asio::use_future);
    run_until([&] { return outcome.wait_for(std::chrono::seconds{0}) == std::future_status::ready; });
    return outcome.get();
  }

  // Runs the loop until the condition holds.
  template <class Condition>
  void run_until(Condition condition) {
    const auto limit = deadline_in(std::chrono::seconds{45});
    io_.restart();
    while (!condition()) {
      if (std::chrono::steady_clock::now() > limit)
        throw std::runtime_error("what the test waits for never came");
      io_.run_one_for(std::chrono::milliseconds{100});
      if (io_.stopped()) io_.restart();
    }
  }

  // Until nothing is left to do.
  void drain() {
    io_.restart();
    io_.run();
  }

 private:
  asio::io_context io_;
};

}  // namespace berth::test
