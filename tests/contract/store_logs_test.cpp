// How output is kept and read.
#include "tests/contract/store_contract.hpp"

namespace berth::test {
namespace {

// --- logs ---

Task<> output_is_kept_exactly(Store& store) {
  const std::string odd("no newline, \0 and \xff\r\n", 21);
  std::vector<LogPiece> pieces{piece(3, 1, 0, "out"), piece(3 + odd.size(), 2, 0, odd)};
  auto appended = co_await store.append_log({1}, 1, pieces, {});
  must(std::move(appended));
  auto all = co_await store.read_log({1}, 1, 0);
  const auto stored = must(std::move(all));
  EXPECT_EQ(stored.size(), 2u);
  EXPECT_EQ(stored.at(0).bytes, "out");
  EXPECT_EQ(stored.at(1).bytes, odd);
  EXPECT_EQ(stored.at(1).stream, 2);
  EXPECT_EQ(stored.at(1).end, 3 + odd.size());
  EXPECT_EQ(stored.at(1).at, pieces[1].at);
  auto tail = co_await store.read_log({1}, 1, 3);
  EXPECT_EQ(must(std::move(tail)).size(), 1u);
  auto other_attempt = co_await store.read_log({1}, 2, 0);
  EXPECT_TRUE(must(std::move(other_attempt)).empty());
}
TEST_P(StoreContract, OutputIsKeptByteByByteForEachAttempt) { tell(output_is_kept_exactly); }

Task<> its_size_is_known(Store& store) {
  auto before = co_await store.log_size({1}, 1);
  EXPECT_EQ(must(std::move(before)), LogSize{});
  std::vector<LogPiece> pieces{piece(3, 1, 0, "out"), piece(8, 2, 0, "error"), piece(10, 1, 3, "mo")};
  std::vector<LogPiece> dropped{pieces[0], pieces[1]};
  auto appended = co_await store.append_log({1}, 1, pieces, dropped);
  must(std::move(appended));
  auto size = co_await store.log_size({1}, 1);
  const LogSize expected{10, 5, 5};
  EXPECT_EQ(must(std::move(size)), expected) << "also of what isn't kept";
}
TEST_P(StoreContract, HowMuchWasPutOutIsKnownOfEachStream) { tell(its_size_is_known); }

Task<> reading_begins_near_what_is_wanted(Store& store) {
  std::vector<LogPiece> pieces{piece(3, 1, 0, "out"), piece(8, 2, 0, "error"), piece(10, 1, 3, "mo")};
  auto appended = co_await store.append_log({1}, 1, pieces, {});
  must(std::move(appended));
  auto few = co_await store.read_log_page({1}, 1, 0, 1);
  EXPECT_EQ(must(std::move(few)).size(), 1u) << "one at least";
  LogStart start;
  start.stream = 1;
  for (start.offset = 0; start.offset <= 9; ++start.offset) {
    auto near = co_await store.seek_log({1}, 1, start);
    auto rest = co_await store.read_log({1}, 1, must(std::move(near)));
    const auto found = must(std::move(rest));
    EXPECT_FALSE(found.empty());
    EXPECT_LE(found.front().stream == 1 ? found.front().stream_start : 0u, start.offset);
    EXPECT_EQ(found.back().bytes, "mo");
  }
  auto nothing = co_await store.seek_log({2}, 1, start);
  EXPECT_EQ(must(std::move(nothing)), 0u);
}
TEST_P(StoreContract, ReadingBeginsNearWhatIsWanted) { tell(reading_begins_near_what_is_wanted); }

Task<> appending_twice_is_appending_once(Store& store) {
  std::vector<LogPiece> first{piece(1, 1, 0, "a"), piece(2, 1, 1, "b")};
  std::vector<LogPiece> second{piece(1, 1, 0, "a"), piece(2, 1, 1, "b"), piece(3, 1, 2, "c")};
  std::vector<LogPiece> dropped{piece(2, 1, 1, "")};
  auto once = co_await store.append_log({1}, 1, first, {});
  auto twice = co_await store.append_log({1}, 1, second, dropped);
  auto thrice = co_await store.append_log({1}, 1, second, dropped);
  must(std::move(once));
  must(std::move(twice));
  must(std::move(thrice));
  auto all = co_await store.read_log({1}, 1, 0);
  std::string text;
  for (const auto& stored : must(std::move(all))) text += stored.bytes;
  EXPECT_EQ(text, "ac");
}
TEST_P(StoreContract, AppendingAgainIsHarmlessAndWhatWasDroppedStaysDropped) {
  tell(appending_twice_is_appending_once);
}

Task<> long_output_comes_in_parts(Store& store) {
  std::vector<LogPiece> pieces;
  for (std::uint64_t i = 0; i < 40; ++i)
    pieces.push_back(piece((i + 1) << 16, 1, i << 16, std::string(1u << 16, 'x')));
  for (std::uint64_t i = 1; i <= 100; ++i)
    pieces.push_back(piece((40u << 16) + i, 1, (40u << 16) + i - 1, "y"));
  auto appended = co_await store.append_log({1}, 1, std::move(pieces), {});
  must(std::move(appended));
  std::uint64_t after = 0;
  std::size_t parts = 0;
  for (;;) {
    auto answer = co_await store.read_log({1}, 1, after);
    const auto part = must(std::move(answer));
    if (part.empty()) break;
    std::size_t size = 0;
    for (const auto& stored : part) {
      size += stored.bytes.size();
      EXPECT_EQ(stored.end - stored.bytes.size(), after);
      after = stored.end;
    }
    EXPECT_LE(size, (1u << 20) + limits::log_chunk);
    ++parts;
  }
  EXPECT_EQ(after, (40u << 16) + 100);
  EXPECT_EQ(parts, 3u);
}
TEST_P(StoreContract, LongOutputComesInPartsOfAboutAMebibyte) { tell(long_output_comes_in_parts); }

Task<> append_hello(Store& store) {
  std::vector<LogPiece> pieces{piece(5, 1, 0, "hello")};
  auto appended = co_await store.append_log({1}, 1, std::move(pieces), {});
  must(std::move(appended));
}

Task<> a_follower_is_woken(Store& store) {
  const auto watch = store.watch_log({1});
  const auto second_watch = store.watch_log({1});
  TaskGroup others(co_await asio::this_coro::executor);
  const auto began = std::chrono::steady_clock::now();
  others.spawn("an executor", append_hello(store));
  for (;;) {  // a hint may come for nothing
    auto found = co_await store.read_log({1}, 1, 0);
    if (!must(std::move(found)).empty()) break;
    co_await watch->wait(deadline_in(10s));
  }
  co_await others.join();
  // It came while the second one was not waiting, and is remembered.
  co_await second_watch->wait(deadline_in(10s));
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
}
TEST_P(StoreContract, EveryFollowerOfALogIsWokenByANewPiece) { tell(a_follower_is_woken); }

}  // namespace
}  // namespace berth::test
