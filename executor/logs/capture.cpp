#include "executor/logs/capture.hpp"

#include <algorithm>
#include <utility>

namespace berth {

void LogCapture::resume(const std::vector<LogPiece>& stored) {
  for (const auto& piece : stored) keep(piece);
  if (stored.empty()) return;
  const auto& last = stored.back();
  end_ = last.end;
  // Older pieces may be gone, but the other stream's offset is what is left of the sum.
  stream_end(last.stream) = last.stream_start + last.bytes.size();
  stream_end(last.stream == 1 ? 2 : 1) = end_ - stream_end(last.stream);
}

void LogCapture::add(std::uint8_t stream, std::string_view bytes, WallTime at) {
  while (!bytes.empty()) {
    const bool is_new = pending_.empty() || pending_.back().stream != stream ||
                        pending_.back().bytes.size() >= limits::log_chunk || end_ == limits::log_head;
    if (is_new) pending_.push_back({end_, stream, stream_end(stream), at, {}});
    auto& piece = pending_.back();
    auto room = limits::log_chunk - piece.bytes.size();
    // A piece lies in the head or behind it, never across.
    if (end_ < limits::log_head) room = std::min(room, static_cast<std::size_t>(limits::log_head - end_));
    const auto part = bytes.substr(0, room);
    piece.bytes.append(part);
    end_ += part.size();
    piece.end = end_;
    stream_end(stream) += part.size();
    pending_bytes_ += part.size();
    bytes.remove_prefix(part.size());
  }
}

LogCapture::Batch LogCapture::take() {
  Batch batch;
  batch.pieces = std::exchange(pending_, {});
  pending_bytes_ = 0;
  for (const auto& piece : batch.pieces) keep(piece);
  batch.drop = shed();
  return batch;
}

void LogCapture::keep(const LogPiece& piece) {
  if (piece.end <= limits::log_head) return;
  tail_.push_back({piece.end, piece.stream, piece.bytes.size()});
  tail_bytes_ += piece.bytes.size();
}

std::vector<LogPiece> LogCapture::shed() {
  std::vector<LogPiece> drop;
  while (!tail_.empty() && tail_bytes_ - tail_.front().size >= limits::log_tail) {
    LogPiece name;
    name.end = tail_.front().end;
    name.stream = tail_.front().stream;
    drop.push_back(std::move(name));
    tail_bytes_ -= tail_.front().size;
    tail_.pop_front();
  }
  return drop;
}

}  // namespace berth
