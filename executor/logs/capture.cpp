#include "executor/logs/capture.hpp"

#include <algorithm>
#include <utility>

namespace berth {

LogLimit limit_of(Bytes all) {
  const auto half = static_cast<std::uint64_t>(all.value) / 2;
  return {half, half};
}

AttemptOutput LogCapture::output() const {
  AttemptOutput output;
  output.bytes = end_;
  if (!is_cut_) output.sha256 = digest_.hex();
  return output;
}

void LogCapture::resume(const std::vector<LogPiece>& stored) {
  for (const auto& piece : stored) {
    is_cut_ = is_cut_ || piece.end - piece.bytes.size() != end_;
    end_ = piece.end;
    is_cut_ = is_cut_ || end_ > limits::log_summed_again;
    if (!is_cut_) digest_.add(piece.bytes);
    keep(piece);
  }
  if (stored.empty()) return;
  // Older pieces may be gone; the last one's offsets tell.
  const auto size = size_up_to(stored.back());
  end_ = size.both;
  out_end_ = size.out;
  err_end_ = size.err;
}

void LogCapture::leave_out(std::uint64_t out, std::uint64_t err) {
  out_end_ = out;
  err_end_ = err;
  end_ = out + err;
  is_cut_ = true;
}

void LogCapture::add(std::uint8_t stream, std::string_view bytes, WallTime at) {
  if (!is_cut_) digest_.add(bytes);
  while (!bytes.empty()) {
    const bool is_new = pending_.empty() || pending_.back().stream != stream ||
                        pending_.back().bytes.size() >= limits::log_chunk || end_ == limit_.head;
    if (is_new) pending_.push_back({end_, stream, stream_end(stream), at, {}});
    auto& piece = pending_.back();
    auto room = limits::log_chunk - piece.bytes.size();
    // A piece lies in the head or behind it, never across.
    if (end_ < limit_.head) room = std::min(room, static_cast<std::size_t>(limit_.head - end_));
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
  if (piece.end <= limit_.head) return;
  tail_.push_back({piece.end, piece.stream, piece.bytes.size()});
  tail_bytes_ += piece.bytes.size();
}

std::vector<LogPiece> LogCapture::shed() {
  std::vector<LogPiece> drop;
  while (!tail_.empty() && tail_bytes_ - tail_.front().size >= limit_.tail) {
    LogPiece name;
    name.end = tail_.front().end;
    name.stream = tail_.front().stream;
    drop.push_back(std::move(name));
    tail_bytes_ -= tail_.front().size;
    tail_.pop_front();
  }
  is_cut_ = is_cut_ || !drop.empty();
  return drop;
}

}  // namespace berth
