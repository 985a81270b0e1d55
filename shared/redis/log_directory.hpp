// Output in files (--log-dir), for logs without a limit. An attempt has two, below ROOT/CLUSTER/BUCKET:
//
//   JOB-ATTEMPT.log     the bytes of both streams in order: where a byte stands there is its offset
//   JOB-ATTEMPT.pieces  32 bytes for each piece, in order: its end, its offset in its own stream, the instant
//                       (ms), its size and its stream, as 64, 64, 64, 32 and 32 bits, the lowest byte first
//
// How many of the pieces count stands in Redis (store_logs.cpp): what lies behind those was left by somebody
// who died while writing, and is written over. So nothing that was acknowledged is ever touched again.
//
// The directory may be a network's, and hang: its calls run beside the loop, a few at once, with a deadline.
// Nothing of what it is called is anybody's free text: numbers, and the cluster's name with odd characters
// replaced. Folders are made for their owner alone, and no link is followed below the root.
#pragma once

#include "shared/base/limits.hpp"
#include "shared/base/result.hpp"
#include "shared/runtime/async.hpp"
#include "shared/runtime/off_loop.hpp"
#include "shared/store/store.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace berth::redis {

class LogDirectory {
 public:
  // Which log: its job and attempt.
  using Log = std::pair<JobId, std::uint32_t>;

  LogDirectory(asio::any_io_executor executor, std::filesystem::path root, std::string_view cluster);

  // Errors of all functions: refused, naming the file and why; timeout, when the file system doesn't answer.
  // Whether the root is there, and may be written to: output that can't be kept is lost after a while.
  Task<Result<>> check();
  // Writes pieces behind the first `count` of a log. On disk when it returns; to be repeated after an error.
  // While an earlier write of the log hangs none is begun: it may still do something when it comes back.
  Task<Result<>> write(Log log, std::uint64_t count, std::vector<LogPiece> pieces);
  // Of the first `count` pieces those with `end` > after, oldest first, of about `most` bytes. Error
  // internal: damaged.
  Task<Result<std::vector<LogPiece>>> read(Log log, std::uint64_t count, std::uint64_t after,
                                           std::size_t most = limits::log_page);
  // Of the first `count` pieces (one at least) the end of the one before what is wanted: Store::seek_log.
  Task<Result<std::uint64_t>> seek(Log log, std::uint64_t count, LogStart start);
  // Those that aren't there are no error.
  Task<Result<>> remove(std::vector<Log> logs);
  // The folders (BUCKET) that there are, and the logs of which one of them has a file, in order: for who
  // looks for those that nobody needs any more.
  Task<Result<std::vector<std::uint64_t>>> folders();
  Task<Result<std::vector<Log>>> logs_in(std::uint64_t folder);

 private:
  struct Lane {
    OffLoop calls{};
    bool is_taken = false;
  };
  // So many calls at once; the others wait for their turn.
  struct Lanes {
    std::array<Lane, 4> all;
    std::deque<std::shared_ptr<OneShot<bool>>> waiting;
  };
  class Taken;
  static Lane* free_lane(Lanes& lanes);
  static void pass_on(Lanes& lanes);
  // True once it has returned; as OffLoop::run. `lanes` is one of this object's.
  Task<bool> run(Lanes& lanes, std::function<void()> work, Deadline deadline);

  asio::any_io_executor executor_;
  std::filesystem::path root_;
  std::string cluster_;  // as a folder's name
  enum class Writing { not_begun, running, returned, given_up };
  std::map<Log, std::shared_ptr<std::atomic<Writing>>> writing_;  // the last write of each log that has one
  // Apart, so that no number of readers, nor a file that can't be read, holds up what a job writes.
  Lanes for_writing_;
  Lanes for_reading_;  // and all else
};

}  // namespace berth::redis
