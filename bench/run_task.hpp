// Runs one task on an io_context of its own, for programs that do one thing after the other.
#pragma once

#include "shared/base/result.hpp"
#include "shared/runtime/async.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdio>
#include <exception>
#include <utility>

namespace berth::bench {

// What main() returns: 0, or 1 after the error was printed.
inline int run_task(asio::io_context& io, Task<Result<>> task) {
  int code = 1;
  const auto on_end = [&](std::exception_ptr failure, Result<> result) {
    if (failure) std::rethrow_exception(failure);
    if (result) {
      code = 0;
    } else {
      std::fprintf(stderr, "error: %s\n", result.error().message.c_str());
    }
    io.stop();
  };
  asio::co_spawn(io, std::move(task), on_end);
  io.run();
  return code;
}

}  // namespace berth::bench
