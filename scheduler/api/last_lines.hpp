// Where the last lines of a log begin, found without holding it: of each part that was read only the number
// of its lines is kept. The part in which they begin is then read once more.
#pragma once

#include "shared/store/store.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

namespace berth::api {

class LastLines {
 public:
  // The last `lines` (at least 1) of a stream, or of both together. Of more than limits::tail_window bytes
  // what comes first is left out.
  LastLines(std::optional<std::uint8_t> stream, std::size_t lines);

  // The pieces that were read behind `after`, part by part, in order.
  void take(std::uint64_t after, const std::vector<LogPiece>& pieces);

  bool is_empty() const { return parts_.empty(); }
  // The lines begin in what was taken, whatever there was before.
  bool has_enough() const { return is_full_ || newlines_ > lines_; }

  struct Place {
    std::uint64_t after = 0;     // in a piece that ends behind this …
    std::uint64_t end = 0;       // … and not behind that,
    std::uint64_t newlines = 0;  // behind so many newlines, counted from there back; 0: at the first byte
  };
  // There is one unless it is empty.
  Place place() const;
  // Of the pieces of that part, read again, which one, and the byte in it. Nothing if the stream has none
  // there.
  std::optional<std::pair<std::size_t, std::size_t>> find(const std::vector<LogPiece>& pieces) const;

 private:
  struct Part {
    std::uint64_t after = 0;
    std::uint64_t end = 0;
    std::size_t bytes = 0;  // of the stream
    std::size_t newlines = 0;
  };
  bool is_chosen(const LogPiece& piece) const { return !stream_ || piece.stream == *stream_; }

  std::optional<std::uint8_t> stream_;
  std::uint64_t lines_;
  std::deque<Part> parts_;  // those that have something of the stream
  std::size_t newlines_ = 0;
  std::size_t bytes_ = 0;
  bool has_last_newline_ = false;  // it ends the last line, and begins none
  bool is_full_ = false;           // some were left out because they were too much
};

}  // namespace berth::api
