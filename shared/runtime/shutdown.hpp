// The two signals that ask a process to end, as something to await.
#pragma once

#include "shared/base/result.hpp"
#include "shared/runtime/async.hpp"

#include <boost/asio/signal_set.hpp>

#include <memory>

namespace berth {

// SIGINT and SIGTERM, from construction to destruction; outside of that they end the process as usual.
class Signals {
 public:
  explicit Signals(asio::any_io_executor executor);

  // What `work` came to; refused, and the work cancelled, if a signal came first.
  Task<Result<>> unless_asked_to_end(Task<Result<>> work);

  // The number of the next signal, or 0 when the deadline came first. Those that came between two calls are
  // remembered.
  Task<int> next(Deadline deadline = no_deadline);

 private:
  std::shared_ptr<asio::signal_set> set_;  // shared with the timer that ends a wait
};

}  // namespace berth
