// Cuts a container's output into the pieces that are stored, and decides which of them stay. Pure.
//
// Output is numbered by the byte, in each stream and in both together. The first limits::log_head bytes stay;
// of what comes after, the last limits::log_tail do, and older pieces are dropped: a reader sees the gap in
// the offsets.
#pragma once

#include "shared/base/limits.hpp"
#include "shared/store/store.hpp"

#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

namespace berth {

class LogCapture {
 public:
  // Bytes of both streams together that were ever added (or known from before).
  std::uint64_t end() const { return end_; }
  // Bytes added and not yet taken.
  std::size_t pending() const { return pending_bytes_; }

  // Takes up where stored pieces, in order, end. Only before the first add().
  void resume(const std::vector<LogPiece>& stored);

  void add(std::uint8_t stream, std::string_view bytes, WallTime at);

  struct Batch {
    std::vector<LogPiece> pieces;  // to append
    std::vector<LogPiece> drop;    // to remove: stored earlier, no longer in the tail
  };
  // Everything pending.
  Batch take();

 private:
  struct Kept {
    std::uint64_t end = 0;
    std::uint8_t stream = 1;
    std::uint64_t size = 0;
  };
  void keep(const LogPiece& piece);
  std::vector<LogPiece> shed();
  std::uint64_t& stream_end(std::uint8_t stream) { return stream == 1 ? out_end_ : err_end_; }

  std::uint64_t end_ = 0;
  std::uint64_t out_end_ = 0;  // end_ is always the sum of the two
  std::uint64_t err_end_ = 0;
  std::vector<LogPiece> pending_;
  std::size_t pending_bytes_ = 0;
  std::deque<Kept> tail_;  // stored pieces behind the head, oldest first
  std::uint64_t tail_bytes_ = 0;
};

}  // namespace berth
