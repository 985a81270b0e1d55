// What was taken out of a job's pipes and isn't stored yet: files of one directory, in which every byte lies
// from the moment at which its pipe no longer has it. So a kill of the executor loses none. Nothing is
// synced: a machine that dies takes the job with it.
//
// Each file is a segment, named "<out>-<err>" by the bytes of either stream that came before it. It holds
// frames: in four bytes each their size and the stream, in the machine's order, then the bytes. The last
// frame of the last segment may have the size 0, and reaches to the file's end. Segments of which all is
// stored are deleted.
#pragma once

#include "executor/runtime/container_runtime.hpp"
#include "shared/base/file_descriptor.hpp"
#include "shared/base/limits.hpp"
#include "shared/base/result.hpp"
#include "shared/store/store.hpp"

#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>

namespace berth::docker {

class Spool {
 public:
  // Goes on behind what an earlier process left in the directory, which exists. `segment`: so many bytes, and
  // the next segment is begun; `segments`: so many may lie there. Error unavailable: it can't be read.
  static Result<Spool> open(std::filesystem::path directory, std::uint64_t segment = limits::spool_segment,
                            std::size_t segments = limits::spool_segments);

  enum class Taken {
    some,     // there may be more
    nothing,  // now, but the pipe has writers
    nothing_ever,
  };
  // Moves what the pipe holds here. Error unavailable: it can't be written, and stays in the pipe.
  Result<Taken> take(int pipe, LogStream stream);
  // Then something should be freed before more is taken.
  bool is_full() const;

  // How much was taken.
  LogSize end() const { return end_; }
  // What came before the oldest byte that still lies here.
  LogSize begin() const { return segments_.empty() ? end_ : segments_.front().begin; }
  // So many bytes of both streams together aren't needed any more.
  void free_up_to(std::uint64_t stored);

  // Goes through what was taken, in order. Only as long as the spool is there.
  class Reader {
   public:
    // `place`: so many bytes of both streams together are left out; not less than begin(). What lies behind
    // that which was read mustn't be freed.
    Reader(const Spool& spool, std::uint64_t place) : spool_(spool), place_(place) {}

    struct Piece {
      LogStream stream = LogStream::out;
      std::string bytes;
    };
    // What comes next; nothing when there is no more yet. Error unavailable: it can't be read.
    Result<std::optional<Piece>> next();

   private:
    Result<> open_segment();

    const Spool& spool_;
    std::uint64_t place_;
    FileDescriptor file_;
    // All in bytes of both streams together, but for the last: where in the file.
    std::uint64_t segment_ = 0;
    std::uint64_t before_frame_ = 0;
    std::uint64_t frame_ = 0;
  };

 private:
  struct Segment {
    LogSize begin;
    std::uint64_t size = 0;  // of the file
  };

  Spool(std::filesystem::path directory, std::uint64_t segment, std::size_t segments)
      : directory_(std::move(directory)), most_bytes_(segment), most_segments_(segments) {}

  Result<> recover();
  Result<> begin_segment();
  Result<> begin_frame(LogStream stream);
  Result<> end_frame();
  std::filesystem::path path_of(const Segment& segment) const;

  std::filesystem::path directory_;
  std::uint64_t most_bytes_;
  std::size_t most_segments_;
  std::deque<Segment> segments_;
  LogSize end_;
  FileDescriptor file_;  // of the last segment, once this process has begun it
  // The frame that grows: its stream, where it is in that file, and how much it has.
  std::optional<LogStream> stream_;
  std::uint64_t frame_ = 0;
  std::uint64_t frame_size_ = 0;
};

}  // namespace berth::docker
