// What readers of logs hold in memory together: the slowest give up theirs first, and few read at once.
#include "scheduler/api/log_room.hpp"

#include "shared/runtime/task_group.hpp"
#include "tests/shared/runtime/loop.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace berth::api {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t cost = limits::log_piece_cost;

// So many pieces of stdout, from an offset on.
std::vector<LogPiece> pieces_from(std::uint64_t start, std::size_t count, std::size_t size) {
  std::vector<LogPiece> pieces;
  for (std::size_t i = 0; i < count; ++i) {
    LogPiece piece;
    piece.stream_start = start + i * size;
    piece.end = piece.stream_start + size;
    piece.bytes.assign(size, 'x');
    pieces.push_back(std::move(piece));
  }
  return pieces;
}

class InALogRoom : public ::testing::Test {
 protected:
  Task<> read(std::size_t& had_turn) {
    const auto slot = co_await room.reads().acquire(no_deadline);
    EXPECT_TRUE(slot);
    ++had_turn;
    while (is_held) co_await sleep_until(deadline_in(1ms));
  }

  test::Loop loop;
  LogRoom room{loop.executor(), 1'000};
  bool is_held = false;
};

TEST_F(InALogRoom, who_waits_longest_gives_up_what_it_has_not_sent) {
  LogRoom::Page slow(room);
  LogRoom::Page later(room);
  LogRoom::Page quick(room);
  slow.fill(pieces_from(0, 4, 36));
  later.fill(pieces_from(0, 4, 36));
  ASSERT_TRUE(slow.next());
  EXPECT_EQ(room.held(), 8 * (36 + cost));
  quick.fill(pieces_from(0, 4, 36));
  EXPECT_FALSE(slow.next());
  EXPECT_EQ(slow.size(), limits::log_chunk) << "less the next time";
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(later.next()) << i;
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(quick.next()) << i;
  EXPECT_FALSE(later.next());
  EXPECT_FALSE(quick.next());
  EXPECT_EQ(room.held(), 0u);
  slow.fill(pieces_from(36, 1, 36));
  EXPECT_TRUE(slow.next());
  EXPECT_EQ(slow.size(), 2 * limits::log_chunk) << "more again";
}

TEST_F(InALogRoom, a_page_that_is_too_much_alone_is_sent_all_the_same) {
  LogRoom::Page page(room);
  page.fill(pieces_from(0, 4, 1'000));
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(page.next()) << i;
  EXPECT_FALSE(page.next());
}

TEST_F(InALogRoom, where_many_wait_pieces_are_sent_in_slices) {
  LogRoom::Page stuck(room);
  LogRoom::Page page(room);
  stuck.fill(pieces_from(0, 1, 600));
  ASSERT_TRUE(stuck.next());
  page.fill(pieces_from(7, 1, 40'000));
  std::uint64_t at = 7;
  std::vector<std::size_t> sizes;
  for (auto part = page.next(); part; part = page.next()) {
    EXPECT_EQ(part->stream_start, at);
    at += part->bytes.size();
    EXPECT_EQ(part->end, at);
    sizes.push_back(part->bytes.size());
  }
  EXPECT_EQ(sizes, (std::vector<std::size_t>{16'384, 16'384, 7'232}));
  EXPECT_EQ(room.held(), 600 + cost);
}

TEST_F(InALogRoom, some_read_and_the_others_come_next) {
  is_held = true;
  std::size_t had_turn = 0;
  TaskGroup gone(loop.executor());
  TaskGroup tasks(loop.executor());
  for (std::size_t i = 0; i < LogRoom::most_reading; ++i) tasks.spawn("reader", read(had_turn));
  gone.spawn("reader", read(had_turn));
  for (int i = 0; i < 3; ++i) tasks.spawn("reader", read(had_turn));
  loop.run_until([&] { return had_turn == LogRoom::most_reading; });
  loop.run(sleep_until(deadline_in(20ms)));
  EXPECT_EQ(had_turn, LogRoom::most_reading);
  gone.cancel();
  loop.run(gone.join());
  is_held = false;
  loop.run(tasks.join());
  EXPECT_EQ(had_turn, LogRoom::most_reading + 3);
}

}  // namespace
}  // namespace berth::api
