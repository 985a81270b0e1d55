// Cuts a container's output into the pieces that are stored, and decides which of them stay. Pure.
//
// Output is numbered by the byte, in each stream and in both together. The first LogLimit::head bytes stay;
// of what comes after, the last LogLimit::tail do, and older pieces are dropped: a reader sees the gap in the
// offsets. As long as nothing was dropped, all of it has a checksum.
#pragma once

#include "shared/base/limits.hpp"
#include "shared/base/sha256.hpp"
#include "shared/store/store.hpp"

#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

namespace berth {

// How many bytes of an attempt's output stay, from its start and from its end. Each at least a piece.
struct LogLimit {
  std::uint64_t head = limits::log_head;
  std::uint64_t tail = limits::log_tail;
};
inline constexpr LogLimit no_log_limit{~std::uint64_t{0}, ~std::uint64_t{0}};
// Both halves of `all`.
LogLimit limit_of(Bytes all);

class LogCapture {
 public:
  explicit LogCapture(LogLimit limit = {}) : limit_(limit) {}

  // Bytes of both streams together that were ever added (or known from before).
  std::uint64_t end() const { return end_; }
  // Bytes added and not yet taken.
  std::size_t pending() const { return pending_bytes_; }

  // What was added and known from before; the checksum is absent once some of it was dropped.
  AttemptOutput output() const;

  // Takes up where stored pieces, in order, end; the limit may have been another. More may follow; only
  // before the first add(). Behind limits::log_summed_again bytes the checksum is given up.
  void resume(const std::vector<LogPiece>& stored);

  // Of what is stored, the last piece is enough for resume(): there is no checksum any more, and nothing is
  // ever dropped.
  bool needs_only_the_end() const { return is_cut_ && limit_.head == no_log_limit.head; }

  // What comes before these places of the two streams, and wasn't added, is missing; only before the first
  // add().
  void leave_out(std::uint64_t out, std::uint64_t err);

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

  LogLimit limit_;
  Sha256 digest_;        // of all bytes in order, as long as none is missing
  bool is_cut_ = false;  // or there is no checksum any more
  std::uint64_t end_ = 0;
  std::uint64_t out_end_ = 0;  // end_ is always the sum of the two
  std::uint64_t err_end_ = 0;
  std::vector<LogPiece> pending_;
  std::size_t pending_bytes_ = 0;
  std::deque<Kept> tail_;  // stored pieces behind the head, oldest first
  std::uint64_t tail_bytes_ = 0;
};

}  // namespace berth
