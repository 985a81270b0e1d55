// How output is cut into pieces, and which of them stay.
#include "executor/logs/capture.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace berth {
namespace {

// What a store holds after the batches.
struct Stored {
  std::map<std::uint64_t, LogPiece> pieces;
  void apply(LogCapture::Batch batch) {
    for (auto& piece : batch.pieces) pieces[piece.end] = std::move(piece);
    for (const auto& piece : batch.drop) EXPECT_EQ(pieces.erase(piece.end), 1u);
  }
  std::vector<LogPiece> all() const {
    std::vector<LogPiece> list;
    for (const auto& [end, piece] : pieces) list.push_back(piece);
    return list;
  }
};

TEST(LogCapture, numbers_bytes_in_each_stream_and_in_both) {
  LogCapture capture;
  capture.add(1, "out", {});
  capture.add(2, "error", {});
  capture.add(1, "more", {});
  const auto batch = capture.take();
  ASSERT_EQ(batch.pieces.size(), 3u);
  EXPECT_EQ(batch.pieces[1].end, 8u);
  EXPECT_EQ(batch.pieces[1].stream_start, 0u);
  EXPECT_EQ(batch.pieces[2].end, 12u);
  EXPECT_EQ(batch.pieces[2].stream_start, 3u);
  EXPECT_EQ(capture.pending(), 0u);
}

TEST(LogCapture, joins_what_one_stream_wrote_up_to_the_largest_piece) {
  LogCapture capture;
  for (int i = 0; i < 10; ++i) capture.add(1, "line\n", {});
  EXPECT_EQ(capture.take().pieces.size(), 1u);
  capture.add(1, std::string(limits::log_chunk * 2 + 1, 'x'), {});
  const auto batch = capture.take();
  ASSERT_EQ(batch.pieces.size(), 3u);
  for (const auto& piece : batch.pieces) EXPECT_LE(piece.bytes.size(), limits::log_chunk);
}

// moby#18057: a line that never ends.
TEST(LogCapture, keeps_the_head_and_a_rolling_tail_of_a_gigabyte_line) {
  LogCapture capture;
  Stored stored;
  const std::string block(100'000, 'x');
  std::uint64_t written = 0;
  std::size_t most = 0;
  while (written < 100u << 20) {
    capture.add(1, block, {});
    written += block.size();
    stored.apply(capture.take());
    most = std::max(most, stored.pieces.size());
  }
  std::uint64_t head = 0;
  std::uint64_t tail = 0;
  for (const auto& piece : stored.all()) {
    (piece.end <= limits::log_head ? head : tail) += piece.bytes.size();
  }
  EXPECT_EQ(head, limits::log_head);
  EXPECT_GE(tail, limits::log_tail);
  EXPECT_LT(tail, limits::log_tail + limits::log_chunk);
  EXPECT_EQ(stored.all().back().end, written);
  EXPECT_LT(most, 200u);
}

TEST(LogCapture, goes_on_behind_what_an_earlier_process_stored) {
  LogCapture before;
  Stored stored;
  before.add(2, std::string(1000, 'e'), {});
  for (int i = 0; i < 60; ++i) before.add(1, std::string(100'000, 'o'), {});
  stored.apply(before.take());
  LogCapture after;
  after.resume(stored.all());
  EXPECT_EQ(after.end(), before.end());
  after.add(2, "late", {});
  const auto batch = after.take();
  EXPECT_EQ(batch.pieces.front().stream_start, 1000u);
  EXPECT_EQ(batch.pieces.front().end, before.end() + 4);
  EXPECT_TRUE(batch.drop.empty()) << "four bytes push nothing out";
  after.add(1, std::string(limits::log_chunk, 'o'), {});
  EXPECT_FALSE(after.take().drop.empty()) << "it knows the tail it took over";
}

}  // namespace
}  // namespace berth
