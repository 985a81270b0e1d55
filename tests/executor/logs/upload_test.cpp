// Output on its way to the store: at once, in few calls, bounded, and never lost to an outage.
#include "executor/logs/upload.hpp"

#include "tests/executor/fixture.hpp"
#include "tests/support/manual_clock.hpp"

#include <gtest/gtest.h>

#include <string>

namespace berth {
namespace {

using test::ManualClock;
using test::World;

class LogUploadTest : public ::testing::Test, protected World {
 protected:
  void TearDown() override {
    tasks.cancel();
    loop.run(tasks.join());
  }
  Result<> write(LogStream stream, const std::string& bytes) { return loop.run(upload.write(stream, bytes)); }
  Result<> flush() { return loop.run(upload.flush()); }
  std::string stored() const {
    std::string bytes;
    for (const auto& piece : store.appended) bytes += piece.bytes;
    return bytes;
  }

  TaskGroup tasks{loop.executor()};
  LogUpload upload{loop.executor(), store, clock, tasks, {JobId{1}, 1}};
};

TEST_F(LogUploadTest, no_output_makes_no_call) {
  EXPECT_TRUE(flush());
  EXPECT_EQ(store.append_calls, 0);
}

TEST_F(LogUploadTest, a_line_leaves_at_once_without_a_flush) {
  ASSERT_TRUE(write(LogStream::out, "hello\n"));
  loop.run_until([&] { return stored() == "hello\n"; });
}

TEST_F(LogUploadTest, what_comes_during_a_call_goes_together_in_the_next) {
  const auto writing = [](LogUpload& to) -> Task<> {
    for (int i = 0; i < 1'000; ++i) co_await to.write(LogStream::out, "x");
  };
  loop.run(writing(upload));
  ASSERT_TRUE(flush());
  EXPECT_EQ(stored(), std::string(1'000, 'x'));
  EXPECT_LE(store.append_calls, 2);
}

TEST_F(LogUploadTest, a_write_waits_while_too_much_is_held_and_nothing_is_lost) {
  memory.break_down(unavailable("connection refused"));
  const std::string much(4 * limits::log_buffer, 'y');
  bool is_done = false;
  const auto writing = [](LogUpload& to, const std::string& bytes, bool& done) -> Task<> {
    const auto result = co_await to.write(LogStream::out, bytes);
    done = bool(result);
  };
  tasks.spawn("writer", writing(upload, much, is_done));
  loop.run_until([&] { return store.append_calls >= 2; });
  EXPECT_FALSE(is_done);
  EXPECT_LE(upload.taken(), 2 * limits::log_buffer);
  memory.repair();
  loop.run_until([&] { return is_done; });
  ASSERT_TRUE(flush());
  EXPECT_EQ(stored(), much);
}

// Berth's own queue was once full after two minutes of outage, called that a refusal, and output was thrown
// away.
TEST_F(LogUploadTest, a_refusal_after_a_long_outage_is_the_first_one) {
  ManualClock manual;
  LogUpload patient(loop.executor(), store, manual, tasks, {JobId{1}, 1});
  store.refuse_logs = unavailable("connection refused");
  ASSERT_TRUE(loop.run(patient.write(LogStream::out, "kept")));
  loop.run_until([&] { return store.append_calls >= 1; });
  manual.advance(10 * limits::log_refused_for);
  store.refuse_logs = Error{ErrorKind::refused, "out of memory"};
  loop.run_until([&] { return store.append_calls >= 2; });
  store.refuse_logs.reset();
  EXPECT_TRUE(loop.run(patient.flush()));
  EXPECT_EQ(stored(), "kept");
}

TEST_F(LogUploadTest, output_that_is_declined_for_long_is_given_up_and_counted) {
  ManualClock manual;
  LogUpload patient(loop.executor(), store, manual, tasks, {JobId{1}, 1});
  store.refuse_logs = Error{ErrorKind::refused, "out of memory"};
  ASSERT_TRUE(loop.run(patient.write(LogStream::out, "lost")));
  loop.run_until([&] { return store.append_calls >= 1; });
  manual.advance(limits::log_refused_for);
  const auto flushed = loop.run(patient.flush());
  ASSERT_FALSE(flushed);
  EXPECT_EQ(flushed.error().message, "4 bytes were declined by the store: out of memory");
  EXPECT_EQ(patient.output().bytes, 4u) << "it was written";
}

TEST_F(LogUploadTest, takes_up_where_an_earlier_process_stopped) {
  ASSERT_TRUE(write(LogStream::out, "before"));
  ASSERT_TRUE(write(LogStream::err, "oops"));
  ASSERT_TRUE(flush());
  LogUpload later(loop.executor(), store, clock, tasks, {JobId{1}, 1});
  ASSERT_TRUE(loop.run(later.resume()));
  EXPECT_EQ(later.taken(), 10u);
  ASSERT_TRUE(loop.run(later.write(LogStream::out, "after")));
  ASSERT_TRUE(loop.run(later.flush()));
  EXPECT_EQ(store.appended.back().stream_start, 6u);
  EXPECT_EQ(store.appended.back().end, 15u);
  EXPECT_EQ(later.output(), (AttemptOutput{15, sha256_hex("beforeoopsafter")}));
}

TEST_F(LogUploadTest, of_a_log_without_a_checksum_or_a_limit_only_the_end_is_read) {
  std::vector<LogPiece> pieces;
  for (std::uint64_t i = 1; i <= 100; ++i) {  // the first is missing
    LogPiece piece;
    piece.end = (i + 1) << 16;
    piece.stream = 1;
    piece.stream_start = i << 16;
    piece.bytes = std::string(limits::log_chunk, 'x');
    pieces.push_back(std::move(piece));
  }
  ASSERT_TRUE(loop.run(memory.append_log(JobId{1}, 1, pieces, {})));
  LogUpload later(loop.executor(), store, clock, tasks, {JobId{1}, 1}, no_log_limit);
  ASSERT_TRUE(loop.run(later.resume()));
  EXPECT_EQ(later.taken(), 101u << 16);
  EXPECT_EQ(store.log_reads, 3) << "a first page, the last piece, and nothing behind it";
  EXPECT_EQ(later.output(), (AttemptOutput{101u << 16, std::nullopt}));
}

// The runtime keeps what isn't.
TEST_F(LogUploadTest, tells_how_much_is_stored) {
  store.refuse_logs = unavailable("connection refused");
  ASSERT_TRUE(write(LogStream::out, "0123456789"));
  loop.run_until([&] { return store.append_calls >= 1; });
  EXPECT_EQ(upload.stored(), 0u);
  store.refuse_logs.reset();
  ASSERT_TRUE(flush());
  EXPECT_EQ(upload.stored(), 10u);
  LogUpload later(loop.executor(), store, clock, tasks, {JobId{1}, 1});
  ASSERT_TRUE(loop.run(later.resume()));
  EXPECT_EQ(later.stored(), 10u);
}

TEST_F(LogUploadTest, what_nobody_has_any_more_is_a_gap_and_leaves_no_checksum) {
  ASSERT_TRUE(write(LogStream::out, "out"));
  ASSERT_TRUE(flush());
  LogUpload later(loop.executor(), store, clock, tasks, {JobId{1}, 1});
  ASSERT_TRUE(loop.run(later.resume()));
  later.leave_out(10, 7);
  ASSERT_TRUE(loop.run(later.write(LogStream::err, "err")));
  ASSERT_TRUE(loop.run(later.flush()));
  EXPECT_EQ(store.appended.back().stream_start, 7u);
  EXPECT_EQ(store.appended.back().end, 20u);
  EXPECT_EQ(later.output(), (AttemptOutput{20, std::nullopt}));
}

TEST_F(LogUploadTest, a_store_that_does_not_tell_what_it_has_is_given_up_after_a_while) {
  ManualClock manual;
  LogUpload later(loop.executor(), store, manual, tasks, {JobId{1}, 1});
  store.refuse_log_reads = Error{ErrorKind::refused, "is in files"};
  EXPECT_FALSE(loop.run(later.resume()));
  EXPECT_FALSE(later.is_resume_hopeless());
  manual.advance(limits::log_refused_for);
  EXPECT_FALSE(loop.run(later.resume()));
  EXPECT_TRUE(later.is_resume_hopeless());
  store.refuse_log_reads = unavailable("connection refused");
  EXPECT_FALSE(loop.run(later.resume()));
  EXPECT_FALSE(later.is_resume_hopeless()) << "an outage is no refusal";
  store.refuse_log_reads.reset();
  EXPECT_TRUE(loop.run(later.resume()));
}

}  // namespace
}  // namespace berth
