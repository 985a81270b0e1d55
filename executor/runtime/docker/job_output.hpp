// The output of one attempt on its way from the job to a sink: two named pipes that the job's process gets as
// its stdout and stderr, and the spool into which they are emptied. The pipes have names so that an executor
// that comes back finds them; berth-init holds them open meanwhile, and doesn't end before they are empty, or
// the lease is over. So a job waits, while it has filled a pipe, for an executor that is away, or whose spool
// is full because the store is.
//
// All of it lies in a directory of its own on the host, which no container sees.
#pragma once

#include "executor/runtime/container_runtime.hpp"
#include "executor/runtime/docker/init_link.hpp"
#include "executor/runtime/docker/spool.hpp"
#include "shared/base/file_descriptor.hpp"
#include "shared/runtime/async.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace berth::docker {

class JobOutput : public std::enable_shared_from_this<JobOutput> {
 public:
  // Makes what isn't there, and goes on with what is. What lies there since before the machine was booted was
  // never sure to reach the disk, and is dropped. Error unavailable: it can't be made, or read.
  static Result<std::shared_ptr<JobOutput>> open(asio::any_io_executor executor,
                                                 std::filesystem::path directory);

  // Adds the ends that init gets, before begin(). Error unavailable: they can't be opened.
  Result<> open_ends(Given& given);

  // Empties the pipes from now on, until nobody can write to them any more, or close(). To be called when
  // somebody has them open for writing, or had.
  void begin();
  void close();

  // Copies to the sink, from byte `skip` of both streams together on; returns success when nothing more can
  // come and all has been delivered. timeout: the pipes don't close, and nothing comes for `patience`.
  // refused: what a boot of the machine, or the store, has lost is missing. One at a time.
  Task<Result<>> copy(std::uint64_t skip, LogSink& sink, std::optional<Milliseconds> patience);

  // Whether it was there while somebody could still write: then nothing can have been lost.
  bool has_seen_writers() const { return out_.has_seen_writers && err_.has_seen_writers; }

 private:
  struct Side {
    Side(asio::any_io_executor executor, LogStream which, int pipe)
        : stream(which), end(executor, pipe), room(executor) {}
    LogStream stream;
    asio::posix::stream_descriptor end;
    Wakeup room;  // in the spool
    bool has_seen_writers = false;
    bool is_over = false;
  };

  JobOutput(asio::any_io_executor executor, std::filesystem::path directory, int out, int err, Spool spool);

  static Task<> empty(std::shared_ptr<JobOutput> self, Side& side);
  Task<> await_change(Side& side, const Result<Spool::Taken>& taken);
  void say_missing(std::string why);
  void free_up_to(std::uint64_t stored);
  bool is_over() const { return out_.is_over && err_.is_over; }

  asio::any_io_executor executor_;
  std::filesystem::path directory_;
  Spool spool_;
  Side out_;
  Side err_;
  Wakeup news_;
  bool has_begun_ = false;
  bool is_closed_ = false;
  bool is_in_trouble_ = false;
  std::optional<Error> missing_;
};

}  // namespace berth::docker
