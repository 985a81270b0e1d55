// The Redis that `berth up` starts for itself: a child process on a Unix socket, set up to keep what it
// acknowledges.
#pragma once

#include "berth/data_directory.hpp"
#include "shared/base/result.hpp"
#include "shared/runtime/async.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <string>

namespace berth {

class PrivateRedis {
 public:
  PrivateRedis(asio::any_io_executor executor, const DataDirectory& data)
      : executor_(std::move(executor)), data_(data) {}

  // Starts redis-server. It may take a moment until it answers: whoever connects waits for that. Errors:
  // unavailable (it isn't installed, or an earlier one on the same files doesn't end).
  Task<Result<>> start();

  // Starts it again whenever it ends by itself, until cancelled.
  Task<> supervise();

  // Ends it in order: SIGTERM, and SIGKILL if that takes too long. Call it after supervise() has ended.
  Task<> stop();

  std::string url() const { return "unix://" + data_.socket().string(); }

 private:
  Task<Result<FileDescriptor>> take_lock();
  Result<> spawn(int lock);
  Task<> wait_for_end(Deadline deadline);
  std::string reap();

  asio::any_io_executor executor_;
  const DataDirectory& data_;
  int pid_ = -1;            // while it runs
  FileDescriptor process_;  // its pidfd: readable once it has ended
};

}  // namespace berth
