// Puts a backup back into an empty cluster.
//
// Nobody sees a part of it: with the first step the cluster is closed (the field `restoring` of the leader's
// record; functions then refuse to elect, register and admit, and services don't start), and the last step
// opens it. One that was cut off is simply repeated: the next begins by removing what it had written, and one
// that goes on all the same is refused from then on.
#pragma once

#include "shared/backup/file_io.hpp"
#include "shared/redis/redis_store.hpp"

namespace berth::backup {

// A record as it is restored, from one that was as `job` at the instant `at`. An attempt that was live has
// ended then with EXECUTOR_LOST: the job waits in the queue again, or has ended if it may not run twice
// (at_most_once), was to be aborted, or has lost its machine too often. The attempts keep their numbers, so
// the next has a larger one.
Job restored(Job job, WallTime at);

class Restoration {
 public:
  // Ids go on above the backup's and above `ids_above`.
  Restoration(RedisStore& store, Reader& reader, std::uint64_t ids_above)
      : store_(store), reader_(reader), ids_above_(ids_above) {}

  // `contents` are what reader.check() came to. Errors: conflict (the cluster isn't empty; or another restore
  // has taken over), those of reader and store.
  Task<Result<>> put_back(Contents contents);

  // Of those that were put back: how many had a live attempt, and how many can't be read.
  std::uint64_t interrupted() const { return interrupted_; }

 private:
  Task<Result<>> begin();
  Task<Result<bool>> is_unfinished();
  Task<Result<std::uint64_t>> sweep(bool remove);
  Task<Result<>> write_lines();
  Task<Result<>> end();
  void add(const Line& line);
  void add_job(const JobRecord& record);
  void add_command(std::string_view name, const std::string& key, const Words& words);
  Task<Result<>> flush();

  RedisStore& store_;
  Reader& reader_;
  std::uint64_t ids_above_;
  Contents contents_;
  std::string token_;
  std::uint64_t interrupted_ = 0;
  // The next call of write_restored.
  std::vector<std::string> keys_;
  redis::Command commands_;
  std::size_t command_count_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace berth::backup
