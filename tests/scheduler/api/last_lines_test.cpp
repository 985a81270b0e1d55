// Where the last lines begin: the same place, in whatever parts a log is read.
#include "scheduler/api/last_lines.hpp"

#include "shared/base/limits.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace berth::api {
namespace {

// The rest of `text` from the last lines on, where it was taken in parts of so many pieces of so many bytes.
std::string tail_of(const std::string& text, std::size_t lines, std::size_t part_size,
                    std::size_t piece_size) {
  std::vector<LogPiece> all;
  for (std::size_t at = 0; at < text.size(); at += piece_size) {
    LogPiece piece;
    piece.stream_start = at;
    piece.bytes = text.substr(at, piece_size);
    piece.end = at + piece.bytes.size();
    all.push_back(std::move(piece));
  }
  LastLines last(std::nullopt, lines);
  std::uint64_t after = 0;
  for (std::size_t at = 0; at < all.size(); at += part_size) {
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(at);
    const auto size = static_cast<std::ptrdiff_t>(std::min(part_size, all.size() - at));
    const std::vector<LogPiece> part(begin, begin + size);
    last.take(after, part);
    after = part.back().end;
  }
  const auto place = last.place();
  std::vector<LogPiece> again;
  for (const auto& piece : all) {
    if (piece.end > place.after) again.push_back(piece);  // and what came meanwhile
  }
  const auto found = last.find(again).value();
  return text.substr(again[found.first].stream_start + found.second);
}

TEST(TheLastLines, begin_at_the_same_place_however_they_are_read) {
  for (std::size_t part = 1; part <= 4; ++part) {
    for (std::size_t piece = 1; piece <= 5; ++piece) {
      EXPECT_EQ(tail_of("one\ntwo\n\nfour\n", 1, part, piece), "four\n");
      EXPECT_EQ(tail_of("one\ntwo\n\nfour\n", 2, part, piece), "\nfour\n");
      EXPECT_EQ(tail_of("one\ntwo\n\nfour\n", 3, part, piece), "two\n\nfour\n");
      EXPECT_EQ(tail_of("one\ntwo\n\nfour", 1, part, piece), "four") << "without its newline";
      EXPECT_EQ(tail_of("one\ntwo\n\nfour", 3, part, piece), "two\n\nfour");
      EXPECT_EQ(tail_of("one\ntwo\n", 2, part, piece), "one\ntwo\n");
      EXPECT_EQ(tail_of("one\ntwo\n", static_cast<std::size_t>(-1), part, piece), "one\ntwo\n");
    }
  }
}

TEST(TheLastLines, are_those_of_a_stream) {
  std::vector<LogPiece> pieces(3);
  pieces[0].bytes = "a\nb\n";
  pieces[1].bytes = "oh\n";
  pieces[1].stream = 2;
  pieces[2].bytes = "c\n";
  pieces[0].end = 4;
  pieces[1].end = 7;
  pieces[2].end = 9;
  LastLines last(std::uint8_t{1}, 2);
  EXPECT_TRUE(last.is_empty());
  last.take(0, pieces);
  EXPECT_TRUE(last.has_enough());
  EXPECT_EQ(last.find(pieces), (std::pair<std::size_t, std::size_t>{0, 2}));
  LastLines other(std::uint8_t{2}, 2);
  other.take(0, pieces);
  EXPECT_FALSE(other.has_enough());
  EXPECT_EQ(other.find(pieces), (std::pair<std::size_t, std::size_t>{1, 0}));
}

TEST(TheLastLines, are_not_looked_for_without_end) {
  LastLines last(std::nullopt, 1);
  std::vector<LogPiece> part(1);
  part[0].bytes.assign(limits::log_chunk, 'x');
  for (std::uint64_t at = 0; at <= limits::tail_window + limits::log_chunk; at += limits::log_chunk) {
    part[0].end = at + limits::log_chunk;
    last.take(at, part);
  }
  EXPECT_TRUE(last.has_enough());
  EXPECT_EQ(last.place().after, 2 * limits::log_chunk);
}

}  // namespace
}  // namespace berth::api
