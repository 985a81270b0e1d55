// Reads a job's output from the store and writes it to a client: from an offset, or the last lines, once or
// following the job to its end.
//
// An offset counts what the job wrote of the chosen stream (of both together when none is chosen) in one
// attempt, kept or not; one behind all that was written is refused with 416, unless the attempt is followed
// and may still come to it. The answer's headers Berth-Attempt and Berth-Offset say where it begins; of an
// attempt that has ended, Berth-Length says how much it wrote, and Berth-Sha256 has the checksum of the whole
// if all of it was kept (both streams, which a choice of one hasn't). In frames, where output is missing
// stands one of stream 3, {"offset": N, "left_out": M}: M bytes are gone, the next stands at N. So whoever
// lost the connection knows the offset to go on from. With `timestamps` another of stream 3 stands before
// what was written at another instant: {"offset": N, "at": "2026-…"}.
#pragma once

#include "scheduler/api/log_room.hpp"
#include "scheduler/job_manager.hpp"
#include "scheduler/loops/event_feed.hpp"
#include "shared/http/server.hpp"
#include "shared/store/store.hpp"

#include <optional>
#include <vector>

namespace berth::api {

struct LogRequest {
  JobId job;
  std::optional<std::uint8_t> stream;    // 1 stdout, 2 stderr; absent: both
  std::optional<std::uint32_t> attempt;  // absent: the last, and those that follow
  std::uint64_t offset = 0;              // where to begin
  std::optional<std::size_t> tail;       // only the last lines
  std::optional<WallTime> since;         // only what was read from the container then or later
  bool follow = false;
  bool framed = false;      // Docker's multiplexed framing instead of plain bytes
  bool timestamps = false;  // in frames: when
  // Following in frames, an empty one after so long without output: the client then knows that the silence is
  // the job's, not a dead connection's.
  Milliseconds keep_alive = std::chrono::seconds{15};
};

class LastLines;

class LogReader {
 public:
  LogReader(JobManager& jobs, Store& store, EventFeed& feed, LogRoom& room, http::Responder& responder,
            LogRequest request)
      : jobs_(jobs),
        store_(store),
        feed_(feed),
        room_(room),
        responder_(responder),
        request_(std::move(request)) {}

  // Writes the whole answer. Returns early when the client has gone.
  Task<Result<>> run(Job job);

 private:
  Task<Result<>> check_offset(std::uint32_t attempt);
  Task<> refuse_offset(std::uint32_t attempt, std::uint64_t end);
  http::Response head_of(const Job& job, std::uint32_t attempt) const;
  void note_length(const Job& job, std::uint32_t attempt);
  Task<Result<>> find_start(std::uint32_t attempt);
  Task<Result<std::uint64_t>> seek(std::uint32_t attempt);
  Task<Result<>> find_instant(std::uint32_t attempt);
  Task<Result<>> find_last_lines(std::uint32_t attempt);
  Task<Result<>> begin_with(std::uint32_t attempt, const LastLines& last);
  void begin_at(const LogPiece& piece, std::size_t byte);
  void begin_behind(const LogSize& size);
  Task<Result<std::vector<LogPiece>>> read(std::uint32_t attempt, std::uint64_t after, std::size_t most);
  Task<Result<>> read_ahead(std::uint32_t attempt);
  Task<Result<>> copy_attempt(std::uint32_t attempt);
  Task<Result<>> copy_all(std::uint32_t attempt);
  Task<Result<>> follow_attempt(std::uint32_t attempt);
  Task<Result<bool>> copy_new(std::uint32_t attempt);
  Task<Result<>> write_piece(LogPiece piece);
  Task<Result<>> write_notice(std::uint64_t left_out);
  Task<Result<>> write_time(WallTime at);
  Task<Result<>> write_bytes(std::uint8_t stream, std::string bytes);
  Task<Result<>> write_sign_of_life();
  Task<Result<bool>> is_over(std::uint32_t attempt);

  JobManager& jobs_;
  Store& store_;
  EventFeed& feed_;
  LogRoom& room_;
  http::Responder& responder_;
  LogRequest request_;
  Monotonic written_at_ = deadline_in(Milliseconds{0});  // when the client was last sent something
  bool is_all_earlier_ = false;  // all that was seen is from before `since`: the first that isn't will begin
  // Of the current attempt:
  std::uint64_t end_ = 0;                  // of what was read, in both streams together
  std::uint64_t at_ = 0;                   // the offset of what the client gets next, as far as it knows
  std::uint64_t from_ = 0;                 // the offset before which nothing is wanted
  std::optional<WallTime> told_at_{};      // the last instant that the client was told
  std::optional<std::uint64_t> length_{};  // of all that it wrote, once that is known
  LogRoom::Page page_{room_};              // what was read of it and not sent
  bool is_ahead_ = false;                  // that was read before the answer began
  std::uint64_t gone_ = 0;  // bytes that were missing since the last piece of the chosen stream, of either
};

}  // namespace berth::api
