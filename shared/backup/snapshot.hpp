// Reads a whole cluster, while it runs, into a backup whose records are all as they were at one instant.
//
// How: every change of a job is written in one step with its event. So records are first read page by page,
// while they change; then those that the events since the beginning name are read again, in rounds, until a
// round is short enough to be one call of a function: what it reads is as of one event, and whatever it
// doesn't read hasn't changed up to that event. A round may take twice as many events as the one before, so
// that this ends on the busiest cluster too. Output is read after that: of every attempt that had ended by
// then all of it is there, and it changes no more.
#pragma once

#include "shared/backup/file_io.hpp"
#include "shared/redis/redis_store.hpp"

#include <map>

namespace berth::backup {

class Snapshot {
 public:
  Snapshot(RedisStore& store, Writer& writer, const Clock& clock)
      : store_(store), writer_(writer), clock_(clock) {}

  // Writes all lines, first and last included. Errors: those of the writer and of the store; conflict: the
  // cluster changed faster than it could be read.
  Task<Result<End>> take(Header header);

 private:
  Task<Result<>> read_records();
  Task<Result<>> catch_up();
  Task<Result<bool>> take_last_changes(std::uint64_t most_events);
  Task<Result<>> follow_events(std::uint64_t most_events);
  Task<Result<>> read_events();
  Task<Result<>> read_requests();
  Task<Result<>> read_drains();
  Task<Result<>> read_output();
  Task<Result<>> read_output_of(JobId job, std::uint32_t attempt);
  Task<Result<>> drop_deleted(std::vector<JobId> ids);
  Task<Result<>> read_jobs(std::vector<JobId> ids);
  Result<> add_job(JobId id, const redis::Reply& record);

  RedisStore& store_;
  Writer& writer_;
  const Clock& clock_;
  End end_;
  std::map<JobId, std::uint32_t> attempts_;  // of the jobs that are in the backup: how many
};

}  // namespace berth::backup
