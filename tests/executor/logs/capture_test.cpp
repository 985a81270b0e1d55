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

TEST(LogCapture, has_the_checksum_of_all_in_order_as_long_as_nothing_was_dropped) {
  LogCapture capture;
  EXPECT_EQ(capture.output(), (AttemptOutput{0, sha256_hex("")}));
  capture.add(1, "out", {});
  capture.add(2, "err", {});
  capture.add(1, "put", {});
  EXPECT_EQ(capture.output(), (AttemptOutput{9, sha256_hex("outerrput")}));
  capture.take();
  EXPECT_EQ(capture.output(), (AttemptOutput{9, sha256_hex("outerrput")}));
  for (int i = 0; i < 100; ++i) {
    capture.add(1, std::string(100'000, 'x'), {});
    capture.take();
  }
  EXPECT_EQ(capture.output(), (AttemptOutput{10'000'009, std::nullopt}));
}

TEST(LogCapture, a_checksum_outlives_the_process_if_all_is_stored) {
  LogCapture before;
  Stored stored;
  before.add(1, "one\n", {});
  before.add(2, "two\n", {});
  stored.apply(before.take());
  LogCapture after;
  after.resume(stored.all());
  after.add(1, "three\n", {});
  EXPECT_EQ(after.output(), (AttemptOutput{14, sha256_hex("one\ntwo\nthree\n")}));
  LogCapture without_its_start;
  auto rest = stored.all();
  rest.erase(rest.begin());
  without_its_start.resume(rest);
  EXPECT_EQ(without_its_start.output(), (AttemptOutput{8, std::nullopt}));
}

TEST(LogCapture, keeps_what_it_is_told_to) {
  LogCapture capture(limit_of(limits::min_log_limit));
  Stored stored;
  for (int i = 0; i < 100; ++i) {
    capture.add(1, std::string(10'000, 'x'), {});
    stored.apply(capture.take());
  }
  std::int64_t kept = 0;
  for (const auto& piece : stored.all()) kept += static_cast<std::int64_t>(piece.bytes.size());
  EXPECT_GE(kept, limits::min_log_limit.value);
  EXPECT_LT(kept, limits::min_log_limit.value + static_cast<std::int64_t>(limits::log_chunk));
  EXPECT_EQ(stored.all().back().end, 1'000'000u);
}

TEST(LogCapture, sheds_what_is_too_much_for_a_limit_that_was_lowered) {
  LogCapture before;
  Stored stored;
  for (int i = 0; i < 30; ++i) before.add(1, std::string(100'000, 'x'), {});
  stored.apply(before.take());
  LogCapture after(limit_of(limits::min_log_limit));
  after.resume(stored.all());
  after.add(1, "y", {});
  stored.apply(after.take());
  EXPECT_LT(stored.all().size(), 10u);
  EXPECT_EQ(stored.all().back().bytes, "y");
}

}  // namespace
}  // namespace berth
