#include "scheduler/api/log_room.hpp"

#include <algorithm>

namespace berth::api {
namespace {

constexpr std::size_t slice = 16u << 10;  // of a piece, where many wait for their clients

std::size_t cost_of(const LogPiece& piece) { return piece.bytes.size() + limits::log_piece_cost; }

}  // namespace

// --- pages ---

LogRoom::Page::~Page() {
  drop();
  room_.sending_ -= sending_;
}

void LogRoom::Page::fill(std::vector<LogPiece> pieces) {
  if (pieces.empty()) return;
  for (auto& piece : pieces) {
    kept_ += cost_of(piece);
    pieces_.push_back(std::move(piece));
  }
  room_.kept_ += kept_;
  place_ = room_.pages_.insert(room_.pages_.end(), this);
  room_.make_room(*this);
}

std::optional<LogPiece> LogRoom::Page::next() {
  room_.sending_ -= std::exchange(sending_, 0);
  if (pieces_.empty()) return std::nullopt;
  const bool do_many_wait = room_.sending_ > room_.most_ / 2;
  auto piece = take_front(do_many_wait ? slice : limits::log_chunk);
  sending_ = cost_of(piece);
  room_.sending_ += sending_;
  if (pieces_.empty()) {
    leave_line();
    size_ = std::min(2 * size_, limits::log_page);
  }
  return piece;
}

LogPiece LogRoom::Page::take_front(std::size_t size) {
  auto& front = pieces_.front();
  if (front.bytes.size() <= size) {
    auto piece = std::move(front);
    pieces_.pop_front();
    kept_ -= cost_of(piece);
    room_.kept_ -= cost_of(piece);
    return piece;
  }
  LogPiece part;
  part.end = front.end - front.bytes.size() + size;
  part.stream = front.stream;
  part.stream_start = front.stream_start;
  part.at = front.at;
  part.bytes = front.bytes.substr(0, size);
  front.stream_start += size;
  front.bytes.erase(0, size);
  kept_ -= size;
  room_.kept_ -= size;
  return part;
}

void LogRoom::Page::drop() {
  if (pieces_.empty()) return;
  pieces_.clear();
  room_.kept_ -= std::exchange(kept_, 0);
  leave_line();
  size_ = limits::log_chunk;
}

void LogRoom::Page::leave_line() { room_.pages_.erase(place_); }

// What was read last is for a client that takes something at present.
void LogRoom::make_room(const Page& newest) {
  while (held() > most_ && pages_.front() != &newest) pages_.front()->drop();
}

}  // namespace berth::api
