#include "scheduler/api/last_lines.hpp"

#include "shared/base/limits.hpp"

#include <algorithm>
#include <limits>

namespace berth::api {

LastLines::LastLines(std::optional<std::uint8_t> stream, std::size_t lines)
    : stream_(stream),
      lines_(std::min<std::uint64_t>(lines, std::numeric_limits<std::uint64_t>::max() / 2)) {}

void LastLines::take(std::uint64_t after, const std::vector<LogPiece>& pieces) {
  if (pieces.empty()) return;
  Part part;
  part.after = after;
  part.end = pieces.back().end;
  for (const auto& piece : pieces) {
    if (!is_chosen(piece) || piece.bytes.empty()) continue;
    part.bytes += piece.bytes.size();
    part.newlines += static_cast<std::size_t>(std::count(piece.bytes.begin(), piece.bytes.end(), '\n'));
    has_last_newline_ = piece.bytes.back() == '\n';
  }
  if (part.bytes == 0) return;
  parts_.push_back(part);
  bytes_ += part.bytes;
  newlines_ += part.newlines;
  while (parts_.size() > 1) {
    const auto& front = parts_.front();
    is_full_ = is_full_ || bytes_ > limits::tail_window;
    if (bytes_ <= limits::tail_window && newlines_ - front.newlines <= lines_) break;
    bytes_ -= front.bytes;
    newlines_ -= front.newlines;
    parts_.pop_front();
  }
}

LastLines::Place LastLines::place() const {
  auto wanted = lines_ + (has_last_newline_ ? 1 : 0);
  for (auto part = parts_.rbegin(); part != parts_.rend(); ++part) {
    if (part->newlines >= wanted) return {part->after, part->end, wanted};
    wanted -= part->newlines;
  }
  return {parts_.front().after, parts_.front().end, 0};
}

std::optional<std::pair<std::size_t, std::size_t>> LastLines::find(
    const std::vector<LogPiece>& pieces) const {
  const auto where = place();
  std::optional<std::pair<std::size_t, std::size_t>> first;
  std::uint64_t seen = 0;
  for (auto p = pieces.size(); p > 0; --p) {
    const auto& piece = pieces[p - 1];
    if (!is_chosen(piece) || piece.end > where.end) continue;
    first = {p - 1, 0};
    for (auto i = piece.bytes.size(); i > 0 && where.newlines > 0; --i) {
      if (piece.bytes[i - 1] == '\n' && ++seen == where.newlines) return std::pair{p - 1, i};
    }
  }
  return first;
}

}  // namespace berth::api
