// Output in files: what is acknowledged stays as it is, whatever was left by whom, and nothing leaves its
// place.
#include "shared/redis/log_directory.hpp"

#include "tests/shared/runtime/loop.hpp"
#include "tests/support/berth_process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace berth::redis {
namespace {

using ::testing::HasSubstr;

LogPiece piece_of(std::uint64_t start, std::uint8_t stream, std::uint64_t stream_start, std::string bytes) {
  LogPiece piece;
  piece.end = start + bytes.size();
  piece.stream = stream;
  piece.stream_start = stream_start;
  piece.at = WallTime{1'700'000'000'000};
  piece.bytes = std::move(bytes);
  return piece;
}

class LogDirectoryTest : public ::testing::Test {
 protected:
  Result<> write(std::uint64_t count, std::vector<LogPiece> pieces) {
    return loop_.run(files_.write(log_, count, std::move(pieces)));
  }
  Result<std::vector<LogPiece>> read(std::uint64_t count, std::uint64_t after) {
    return loop_.run(files_.read(log_, count, after));
  }
  std::string text(std::uint64_t count, std::uint64_t after = 0) {
    std::string all;
    const auto pieces = read(count, after);
    if (!pieces) return pieces.error().message;
    for (const auto& piece : *pieces) all += piece.bytes;
    return all;
  }
  std::filesystem::path file(const char* ending) const {
    return folder_.path() / "c" / "7" / (std::string("7001-2") + ending);
  }

  test::Loop loop_;
  test::TemporaryFolder folder_;
  LogDirectory files_{loop_.executor(), folder_.path(), "c"};
  const LogDirectory::Log log_{JobId{7'001}, 2};
};

TEST_F(LogDirectoryTest, KeepsPiecesInTwoFilesForItsOwnerAlone) {
  const std::vector<LogPiece> pieces{piece_of(0, 1, 0, "out\n"), piece_of(4, 2, 0, std::string("\0\xff", 2))};
  ASSERT_TRUE(write(0, pieces));
  ASSERT_TRUE(write(2, {piece_of(6, 1, 4, "more\n")}));
  const auto read_back = read(3, 0);
  ASSERT_TRUE(read_back);
  ASSERT_EQ(read_back->size(), 3u);
  EXPECT_EQ(read_back->at(1).bytes, pieces[1].bytes);
  EXPECT_EQ(read_back->at(1).stream, 2);
  EXPECT_EQ(read_back->at(2).end, 11u);
  EXPECT_EQ(read_back->at(2).stream_start, 4u);
  EXPECT_EQ(read_back->at(2).at, pieces[0].at);
  EXPECT_EQ(text(3, 6), "more\n");
  EXPECT_EQ(text(3, 11), "");
  EXPECT_EQ(text(2, 6), "") << "the third doesn't count yet";
  EXPECT_EQ(std::filesystem::file_size(file(".log")), 11u) << "byte for byte what was written";
  using std::filesystem::perms;
  const auto owners = perms::owner_read | perms::owner_write;
  EXPECT_EQ(std::filesystem::status(file(".log")).permissions(), owners);
  EXPECT_EQ(std::filesystem::status(file(".pieces")).permissions(), owners);
  EXPECT_EQ(std::filesystem::status(folder_.path() / "c").permissions(), perms::owner_all);
}

TEST_F(LogDirectoryTest, WhatWasNeverAcknowledgedIsWrittenOver) {
  ASSERT_TRUE(write(0, {piece_of(0, 1, 0, "one\n")}));
  ASSERT_TRUE(write(1, {piece_of(4, 1, 4, "died before it was told\n")}));
  ASSERT_TRUE(write(1, {piece_of(4, 2, 0, "two\n"), piece_of(8, 1, 4, "three\n")}));
  EXPECT_EQ(text(3), "one\ntwo\nthree\n");
  ASSERT_TRUE(write(1, {piece_of(4, 2, 0, "two\n"), piece_of(8, 1, 4, "three\n")})) << "again";
  EXPECT_EQ(text(3), "one\ntwo\nthree\n");
}

TEST_F(LogDirectoryTest, ALogThatBeginsHasNothingOfAnEarlierOneOfItsNumber) {
  ASSERT_TRUE(write(0, {piece_of(0, 1, 0, "of a cluster that was lost")}));
  ASSERT_TRUE(write(0, {piece_of(0, 1, 0, "new")}));
  EXPECT_EQ(text(1), "new");
  EXPECT_EQ(std::filesystem::file_size(file(".log")), 3u);
}

TEST_F(LogDirectoryTest, ReadsAMebibyteAtATime) {
  std::vector<LogPiece> pieces;
  for (std::uint64_t i = 0; i < 40; ++i)
    pieces.push_back(piece_of(i << 16, 1, i << 16, std::string(1u << 16, 'x')));
  ASSERT_TRUE(write(0, std::move(pieces)));
  std::uint64_t after = 0;
  for (int part = 0; part < 3; ++part) {
    const auto some = read(40, after);
    ASSERT_TRUE(some && !some->empty());
    EXPECT_EQ(some->front().end - some->front().bytes.size(), after);
    EXPECT_LE(some->size(), 16u);
    after = some->back().end;
  }
  EXPECT_EQ(after, 40u << 16);
}

TEST_F(LogDirectoryTest, FindsWhereAStreamsOffsetAndAnInstantAre) {
  std::vector<LogPiece> pieces;
  std::uint64_t end = 0;
  for (std::uint64_t i = 0; i < 50; ++i) {  // ten bytes of stdout, then three of stderr
    pieces.push_back(piece_of(end, 1, 10 * i, "0123456789"));
    pieces.push_back(piece_of(end + 10, 2, 3 * i, "abc"));
    end += 13;
    pieces.rbegin()[0].at = pieces.rbegin()[1].at = WallTime{static_cast<std::int64_t>(1'000 * i)};
  }
  ASSERT_TRUE(write(0, pieces));
  const auto seek = [&](std::optional<std::uint8_t> stream, std::uint64_t offset,
                        std::optional<WallTime> since) {
    LogStart start;
    start.stream = stream;
    start.offset = offset;
    start.since = since;
    return loop_.run(files_.seek(log_, 100, start)).value();
  };
  EXPECT_EQ(seek(1, 0, {}), 0u);
  EXPECT_EQ(seek(1, 5, {}), 0u);
  EXPECT_EQ(seek(1, 10, {}), 0u) << "what is missing behind it is told, too";
  EXPECT_EQ(seek(1, 11, {}), 13u);
  EXPECT_EQ(seek(2, 4, {}), 23u);
  EXPECT_EQ(seek(2, 150, {}), 647u);
  EXPECT_EQ(seek(1, 9'999, {}), 647u) << "the last piece at least";
  EXPECT_EQ(seek({}, 0, WallTime{0}), 0u);
  EXPECT_EQ(seek({}, 0, WallTime{1'500}), 26u);
  EXPECT_EQ(seek({}, 0, WallTime{9'000'000}), 647u);
}

TEST_F(LogDirectoryTest, ReadsNotTooManyPiecesAtATime) {
  std::vector<LogPiece> pieces;
  for (std::uint64_t i = 0; i < 20'000; ++i) pieces.push_back(piece_of(i, 1, i, "x"));
  ASSERT_TRUE(write(0, std::move(pieces)));
  const auto some = read(20'000, 0);
  ASSERT_TRUE(some);
  EXPECT_LT(some->size(), 20'000u);
  EXPECT_EQ(text(20'000, some->back().end).size(), 20'000 - some->size());
}

TEST_F(LogDirectoryTest, SaysWhatIsWrong) {
  const auto absent = read(1, 0);
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().kind, ErrorKind::refused);
  EXPECT_THAT(absent.error().message, HasSubstr("7001-2.log: No such file or directory"));
  ASSERT_TRUE(write(0, {piece_of(0, 1, 0, "one\n")}));
  std::filesystem::resize_file(file(".log"), 2);
  const auto damaged = read(1, 0);
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().kind, ErrorKind::internal);
  ASSERT_TRUE(write(0, {piece_of(4, 1, 4, "two\n"), piece_of(0, 1, 0, "one\n")}));
  const auto backwards = read(2, 0);
  ASSERT_FALSE(backwards);
  EXPECT_EQ(backwards.error().kind, ErrorKind::internal);
  LogDirectory nowhere(loop_.executor(), folder_.path() / "nowhere", "c");
  const auto checked = loop_.run(nowhere.check());
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().message, HasSubstr("nowhere: No such file or directory (--log-dir)"));
  EXPECT_TRUE(loop_.run(files_.check()));
}

TEST_F(LogDirectoryTest, NoNameLeavesTheDirectoryAndNoLinkIsFollowed) {
  const auto root = folder_.path() / "root";
  std::filesystem::create_directory(root);
  LogDirectory odd(loop_.executor(), root, "../../etc");
  ASSERT_TRUE(loop_.run(odd.write(log_, 0, {piece_of(0, 1, 0, "one\n")})));
  EXPECT_TRUE(std::filesystem::exists(root / "%2E%2E%2F%2E%2E%2Fetc" / "7" / "7001-2.log"));
  const auto elsewhere = folder_.path() / "elsewhere";
  std::filesystem::create_directory(elsewhere);
  std::filesystem::create_directory_symlink(elsewhere, root / "linked");
  LogDirectory linked(loop_.executor(), root, "linked");
  EXPECT_FALSE(loop_.run(linked.write(log_, 0, {piece_of(0, 1, 0, "one\n")})));
  EXPECT_TRUE(std::filesystem::is_empty(elsewhere));
}

TEST_F(LogDirectoryTest, RemovesBothFilesAndMindsNoneThatIsGone) {
  ASSERT_TRUE(write(0, {piece_of(0, 1, 0, "one\n")}));
  const std::vector<LogDirectory::Log> logs{log_, {JobId{7'002}, 1}, {JobId{9'000'000}, 1}};
  ASSERT_TRUE(loop_.run(files_.remove(logs)));
  EXPECT_FALSE(std::filesystem::exists(file(".log")));
  EXPECT_FALSE(std::filesystem::exists(file(".pieces")));
  EXPECT_TRUE(loop_.run(files_.remove(logs)));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "c" / "7")) << "nothing is in it any more";
  ASSERT_TRUE(write(0, {piece_of(0, 1, 0, "one\n")}));
}

TEST_F(LogDirectoryTest, ListsTheLogsThatHaveAFile) {
  const auto nothing = loop_.run(files_.folders());
  ASSERT_TRUE(nothing);
  EXPECT_TRUE(nothing->empty());
  ASSERT_TRUE(write(0, {piece_of(0, 1, 0, "one\n")}));
  ASSERT_TRUE(loop_.run(files_.write({JobId{7'001}, 1}, 0, {piece_of(0, 1, 0, "one\n")})));
  ASSERT_TRUE(loop_.run(files_.write({JobId{12'000}, 1}, 0, {piece_of(0, 1, 0, "one\n")})));
  for (const char* odd : {"notes.txt", "8000-1.log", "7002-x.log", "7002-1.log.bak", "0-1.log"})
    std::ofstream(folder_.path() / "c" / "7" / odd) << "somebody's";
  std::filesystem::create_directory(folder_.path() / "c" / "lost+found");
  std::filesystem::remove(file(".log"));
  auto folders = loop_.run(files_.folders());
  ASSERT_TRUE(folders);
  std::sort(folders->begin(), folders->end());
  EXPECT_EQ(*folders, (std::vector<std::uint64_t>{7, 12}));
  const auto logs = loop_.run(files_.logs_in(7));
  ASSERT_TRUE(logs);
  EXPECT_EQ(*logs, (std::vector<LogDirectory::Log>{{JobId{7'001}, 1}, log_})) << "one has lost a file";
  const auto none = loop_.run(files_.logs_in(99));
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->empty());
}

TEST_F(LogDirectoryTest, ManyReadersTakeTurns) {
  ASSERT_TRUE(write(0, {piece_of(0, 1, 0, "one\n")}));
  int good = 0;
  const auto reading = [](LogDirectory& files, LogDirectory::Log log, int& count) -> Task<> {
    const auto pieces = co_await files.read(log, 1, 0);
    if (pieces && pieces->size() == 1) ++count;
  };
  for (int i = 0; i < 100; ++i) asio::co_spawn(loop_.executor(), reading(files_, log_, good), asio::detached);
  loop_.run_until([&] { return good == 100; });
}

}  // namespace
}  // namespace berth::redis
