// All processes that were started here, reaped as they end. Everything is on the one thread.
#pragma once

#include "shared/runtime/async.hpp"

#include <boost/asio/signal_set.hpp>

#include <sys/types.h>

#include <functional>
#include <map>

namespace berth::chaos {

class Children {
 public:
  explicit Children(asio::any_io_executor executor);

  // Calls `on_end` once with the wait status. Children that nobody asked for are reaped, too.
  void watch(pid_t child, std::function<void(int status)> on_end) { watched_[child] = std::move(on_end); }

  // Reaps until that child has ended, without the loop: for what comes before and after it.
  void await(pid_t child);

 private:
  void listen();
  void take(pid_t child, int status);
  void reap();

  asio::signal_set ended_;
  std::map<pid_t, std::function<void(int)>> watched_;
};

}  // namespace berth::chaos
