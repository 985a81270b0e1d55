#include "scheduler/api/log_reader.hpp"

#include "shared/http/multiplexed.hpp"
#include "shared/runtime/task_group.hpp"
#include "tests/shared/runtime/loop.hpp"
#include "tests/support/memory_store.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <list>

namespace berth::api {
namespace {

using namespace std::chrono_literals;

// What the client gets, frame by frame: "1:text", "2:", …
class Recorder final : public http::Responder {
 public:
  Task<Result<>> send(http::Response response) override {
    refusal = std::move(response);
    co_return Result<>{};
  }
  Task<Result<>> begin(http::Response head) override {
    length = http::find_header(head.headers, "Berth-Length").value_or("");
    sha256 = http::find_header(head.headers, "Berth-Sha256").value_or("");
    offset = http::find_header(head.headers, "Berth-Offset").value_or("");
    attempt = http::find_header(head.headers, "Berth-Attempt").value_or("");
    co_return Result<>{};
  }
  Task<Result<>> write(std::string_view bytes, Deadline) override {
    frames.push_back(std::to_string(bytes.at(0)) + ":" + std::string(bytes.substr(http::frame_header_size)));
    co_return Result<>{};
  }
  Task<Result<>> finish() override {
    is_finished = true;
    co_return Result<>{};
  }

  std::vector<std::string> frames;
  std::string offset;  // where the answer begins
  std::string attempt;
  std::string length;
  std::string sha256;
  http::Response refusal;
  bool is_finished = false;
};

// Takes nothing until it is told to.
class Deaf final : public http::Responder {
 public:
  explicit Deaf(const bool& is_held) : is_held_(is_held) {}
  Task<Result<>> send(http::Response) override { co_return Result<>{}; }
  Task<Result<>> begin(http::Response) override { co_return Result<>{}; }
  Task<Result<>> write(std::string_view bytes, Deadline) override {
    is_sent_something = true;
    while (is_held_) co_await sleep_until(deadline_in(1ms));
    got += bytes;
    co_return Result<>{};
  }
  Task<Result<>> finish() override {
    is_finished = true;
    co_return Result<>{};
  }

  std::string got;
  bool is_sent_something = false;
  bool is_finished = false;

 private:
  const bool& is_held_;
};

// A job in its first attempt, whose output the test writes.
class LogOfAJob : public testing::Test {
 protected:
  LogOfAJob() {
    std::vector<JobDefinition> definitions(1);
    definitions.front().image = "busybox";
    loop_.run(store_.admit(std::move(definitions), std::nullopt, "test")).value();
    become(JobStatus::running, Reason::executing);
    loop_.run(feed_.start());
    tasks_.spawn("feed", feed_.run());
  }
  ~LogOfAJob() override {
    tasks_.cancel();
    loop_.run(tasks_.join());
  }

  Job job() { return *loop_.run(store_.jobs({JobId{1}})).value().front(); }

  void become(JobStatus status, std::optional<Reason> reason) {
    auto before = job();
    auto after = before;
    after.status = status;
    after.reason = reason;
    after.attempt = 1;
    after.executor = "box";
    if (after.attempts.empty()) after.attempts.emplace_back().number = 1;
    after.attempts.back().output = written_;
    std::vector<Change> changes{{std::move(before), std::move(after), "job.changed", "test"}};
    loop_.run(store_.transition(std::move(changes), std::nullopt)).value();
  }

  void end() { become(JobStatus::succeeded, std::nullopt); }
  // And its executor told what it wrote.
  void end(AttemptOutput written) {
    written_ = std::move(written);
    end();
  }

  // The next bytes of one stream.
  LogPiece piece(std::uint8_t stream, std::string bytes) {
    LogPiece made;
    made.stream = stream;
    made.stream_start = sizes_[stream];
    sizes_[stream] += bytes.size();
    made.end = end_ += bytes.size();
    made.at = now_;
    made.bytes = std::move(bytes);
    return made;
  }
  void output(std::uint8_t stream, std::string bytes) { store({piece(stream, std::move(bytes))}, {}); }
  // Written by the job, but no longer kept.
  void lost_output(std::uint8_t stream, std::string bytes) { piece(stream, std::move(bytes)); }
  void store(std::vector<LogPiece> pieces, std::vector<LogPiece> drop) {
    loop_.run(store_.append_log(JobId{1}, 1, std::move(pieces), std::move(drop))).value();
  }

  static LogRequest all_of_it() {
    LogRequest request;
    request.job = JobId{1};
    request.attempt = 1;
    request.framed = true;
    return request;
  }

  Recorder read(LogRequest request) {
    Recorder client;
    LogReader reader(jobs_, store_, feed_, room_, client, std::move(request));
    loop_.run(reader.run(job())).value();
    return client;
  }

  Recorder refused(LogRequest request) {
    Recorder client;
    LogReader reader(jobs_, store_, feed_, room_, client, std::move(request));
    EXPECT_FALSE(loop_.run(reader.run(job())));
    return client;
  }

  // "abc" on stdout, "ERR" on stderr, then five bytes that are gone, then "xyz" on stdout.
  void output_with_a_gap() {
    output(1, "abc");
    output(2, "ERR");
    lost_output(1, "12");
    lost_output(2, "345");
    output(1, "xyz");
  }

  test::Loop loop_;
  SystemClock clock_;
  test::MemoryStore store_{loop_.executor(), clock_};
  JobManager jobs_{store_, clock_};
  EventFeed feed_{loop_.executor(), store_};
  LogRoom room_{loop_.executor(), limits::log_readers_hold};
  TaskGroup tasks_{loop_.executor()};
  std::map<std::uint8_t, std::uint64_t> sizes_;
  std::uint64_t end_ = 0;
  WallTime now_{1'000};
  std::optional<AttemptOutput> written_{};
};

using Frames = std::vector<std::string>;

Task<> keep(Result<>& result, Task<Result<>> task) { result = co_await std::move(task); }

TEST_F(LogOfAJob, ShowsThatASilentJobsConnectionIsAlive) {
  auto request = all_of_it();
  request.follow = true;
  request.keep_alive = 20ms;
  Recorder client;
  LogReader reader(jobs_, store_, feed_, room_, client, request);
  output(1, "one\n");
  Result<> result = internal_error("not yet");
  tasks_.spawn("reader", keep(result, reader.run(job())));
  loop_.run_until([&] { return client.frames.size() >= 3; });
  EXPECT_EQ(client.frames, (Frames{"1:one\n", "1:", "1:"}));
  end();
  loop_.run_until([&] { return client.is_finished; });
  EXPECT_TRUE(result);
}

TEST_F(LogOfAJob, ManyWhoTakeNothingHoldLittleAndMissNothingLater) {
  std::string all;
  for (int i = 0; i < 40; ++i) {
    std::string bytes(limits::log_chunk - 7, static_cast<char>('a' + i % 26));
    bytes += std::to_string(i) + "\n";
    all += bytes;
    output(1, std::move(bytes));
  }
  end();
  LogRoom small(loop_.executor(), 1u << 20);
  bool is_held = true;
  std::list<Deaf> clients;
  std::list<LogReader> readers;
  std::list<Result<>> results;
  auto request = all_of_it();
  request.framed = false;
  for (int i = 0; i < 24; ++i) {
    auto& client = clients.emplace_back(is_held);
    auto& reader = readers.emplace_back(jobs_, store_, feed_, small, client, request);
    auto& result = results.emplace_back(internal_error("not yet"));
    tasks_.spawn("reader", keep(result, reader.run(job())));
  }
  const auto is_stuck = [](const Deaf& client) { return client.is_sent_something; };
  loop_.run_until([&] { return std::all_of(clients.begin(), clients.end(), is_stuck); });
  EXPECT_LE(small.held(), 2u << 20) << "not a page of each";
  is_held = false;
  const auto is_done = [](const Result<>& result) { return result.has_value(); };
  loop_.run_until([&] { return std::all_of(results.begin(), results.end(), is_done); });
  for (const auto& client : clients) EXPECT_TRUE(client.is_finished && client.got == all);
  readers.clear();
  EXPECT_EQ(small.held(), 0u);
}

TEST_F(LogOfAJob, SaysWhatIsGoneAndWhereItGoesOn) {
  output_with_a_gap();
  const auto whole = read(all_of_it());
  EXPECT_EQ(whole.offset, "0");
  EXPECT_EQ(whole.attempt, "1");
  EXPECT_EQ(whole.frames, (Frames{"1:abc", "2:ERR", R"(3:{"offset":11,"left_out":5})", "1:xyz"}));
  auto plain = all_of_it();
  plain.stream = 1;
  EXPECT_EQ(read(plain).frames, (Frames{"1:abc", R"(3:{"offset":5,"left_out":2})", "1:xyz"}));
  plain.stream = 2;
  EXPECT_EQ(read(plain).frames, (Frames{"2:ERR", R"(3:{"offset":3,"left_out":5})"}))
      << "some of what is gone may have been its";
}

// A client that lost the connection asks for what comes after the offset that it has reached.
TEST_F(LogOfAJob, GoesOnExactlyWhereverTheConnectionBroke) {
  output_with_a_gap();
  auto rest = all_of_it();
  for (const auto& [offset, frames] : std::map<std::uint64_t, Frames>{
           {2, {"1:c", "2:ERR", R"(3:{"offset":11,"left_out":5})", "1:xyz"}},
           {6, {R"(3:{"offset":11,"left_out":5})", "1:xyz"}},
           {8, {R"(3:{"offset":11,"left_out":3})", "1:xyz"}},  // it had read some of what is gone now
           {11, {"1:xyz"}},
           {13, {"1:z"}},
           {14, {}}}) {
    rest.offset = offset;
    const auto got = read(rest);
    EXPECT_EQ(got.frames, frames) << offset;
    EXPECT_EQ(got.offset, std::to_string(offset));
  }
  rest.stream = 1;
  rest.offset = 6;
  EXPECT_EQ(read(rest).frames, (Frames{"1:yz"}));
}

TEST_F(LogOfAJob, SaysWhereTheLastLinesBegin) {
  output(1, "one\ntwo\n");
  output(2, "oh\n");
  output(1, "three\n");
  auto tail = all_of_it();
  tail.tail = 2;
  auto got = read(tail);
  EXPECT_EQ(got.frames, (Frames{"2:oh\n", "1:three\n"}));
  EXPECT_EQ(got.offset, "8");
  tail.stream = 1;
  got = read(tail);
  EXPECT_EQ(got.frames, (Frames{"1:two\n", "1:three\n"}));
  EXPECT_EQ(got.offset, "4") << "of stdout alone";
  tail.tail = 0;
  got = read(tail);
  EXPECT_EQ(got.frames, Frames{});
  EXPECT_EQ(got.offset, "14");
  tail.tail = 99;
  EXPECT_EQ(read(tail).offset, "0");
}

TEST_F(LogOfAJob, FindsLinesThatBeginFarBack) {
  output(1, "one\n");
  for (int i = 0; i < 12; ++i) output(1, std::string(limits::log_chunk, 'x'));
  for (int i = 0; i < 100; ++i) output(2, "oh\n");
  const auto end = std::to_string(4 + 12 * limits::log_chunk + 300);
  auto tail = all_of_it();
  tail.tail = 1;
  EXPECT_EQ(read(tail).frames, Frames{"2:oh\n"});
  tail.tail = 0;
  EXPECT_EQ(read(tail).offset, end);
  tail.tail = 100;
  EXPECT_EQ(read(tail).offset, "4");
  tail.tail = 101;
  EXPECT_EQ(read(tail).offset, "0");
  tail.stream = 1;
  tail.tail = 1;
  EXPECT_EQ(read(tail).offset, "4") << "a line that isn't near the end";
}

TEST_F(LogOfAJob, RefusesAnOffsetBehindTheEndAndSaysWhereThatIs) {
  output_with_a_gap();
  auto request = all_of_it();
  request.offset = 15;
  auto client = refused(request);
  EXPECT_EQ(client.refusal.status, 416u);
  EXPECT_EQ(http::find_header(client.refusal.headers, "Content-Range"), "bytes */14");
  EXPECT_NE(client.refusal.body.find("has put out 14 bytes: nothing is at offset 15"), std::string::npos)
      << client.refusal.body;
  request.stream = 2;
  request.offset = 6;
  EXPECT_EQ(read(request).frames, Frames{R"(3:{"offset":6,"left_out":5})"}) << "that is the end";
  request.offset = 7;
  client = refused(request);
  EXPECT_NE(client.refusal.body.find("has put out 6 bytes on stderr"), std::string::npos)
      << client.refusal.body;
  end();
  request.follow = true;
  EXPECT_EQ(refused(request).refusal.status, 416u) << "nothing will come any more";
}

TEST_F(LogOfAJob, FollowsFromAnOffsetThatIsYetToCome) {
  output(1, "one\n");
  auto request = all_of_it();
  request.follow = true;
  request.offset = 6;
  Recorder client;
  LogReader reader(jobs_, store_, feed_, room_, client, request);
  Result<> result = internal_error("not yet");
  tasks_.spawn("reader", keep(result, reader.run(job())));
  output(1, "two\n");
  loop_.run_until([&] { return !client.frames.empty(); });
  EXPECT_EQ(client.frames, Frames{"1:o\n"});
  end();
  loop_.run_until([&] { return client.is_finished; });
  EXPECT_TRUE(result);
}

TEST_F(LogOfAJob, HasTheChecksumOfAllOnceItHasEnded) {
  output(1, "abc");
  EXPECT_EQ(read(all_of_it()).length, "") << "it may write more";
  end({3, "1234"});
  auto request = all_of_it();
  auto client = read(request);
  EXPECT_EQ(client.length, "3");
  EXPECT_EQ(client.sha256, "1234");
  request.stream = 1;
  EXPECT_EQ(read(request).sha256, "") << "it is that of both";
}

TEST_F(LogOfAJob, SaysThatItsEndIsMissing) {
  output(1, "abc");
  end({5, std::nullopt});
  auto request = all_of_it();
  const auto client = read(request);
  EXPECT_EQ(client.frames, (Frames{"1:abc", R"(3:{"offset":5,"left_out":2})"}));
  EXPECT_EQ(client.sha256, "");
  request.offset = 5;
  EXPECT_EQ(read(request).frames, Frames{}) << "that is its end, though it isn't kept";
}

TEST_F(LogOfAJob, SaysWhenAndBeginsThen) {
  output(1, "one\n");
  output(2, "oh\n");
  now_ = WallTime{2'500};
  output(1, "two\n");
  auto request = all_of_it();
  request.timestamps = true;
  EXPECT_EQ(read(request).frames,
            (Frames{R"(3:{"offset":0,"at":"1970-01-01T00:00:01.000Z"})", "1:one\n", "2:oh\n",
                    R"(3:{"offset":7,"at":"1970-01-01T00:00:02.500Z"})", "1:two\n"}));
  request.timestamps = false;
  request.since = WallTime{1'001};
  auto got = read(request);
  EXPECT_EQ(got.frames, Frames{"1:two\n"});
  EXPECT_EQ(got.offset, "7");
  request.stream = 1;
  EXPECT_EQ(read(request).offset, "4") << "of stdout alone";
  request.stream = 2;
  got = read(request);
  EXPECT_EQ(got.frames, Frames{}) << "it was all before";
  EXPECT_EQ(got.offset, "3");
  request.stream.reset();
  request.tail = 2;
  EXPECT_EQ(read(request).frames, Frames{"1:two\n"}) << "no line from before, though two were asked for";
}

TEST_F(LogOfAJob, BeginsAtAnInstantThatIsYetToCome) {
  auto request = all_of_it();
  request.follow = true;
  request.since = WallTime{5'000};
  for (const bool has_begun : {false, true}) {
    if (has_begun) output(1, "old\n");
    Recorder client;
    LogReader reader(jobs_, store_, feed_, room_, client, request);
    Result<> result = internal_error("not yet");
    TaskGroup reading(loop_.executor());
    reading.spawn("reader", keep(result, reader.run(job())));
    loop_.run_until([&] { return !client.offset.empty(); });
    now_ = WallTime{2'000};
    output(1, "still too early\n");
    loop_.run(sleep_until(deadline_in(20ms)));
    lost_output(1, "gone\n");
    now_ = has_begun ? WallTime{6'000} : now_;
    output(1, "new\n");
    if (has_begun) loop_.run_until([&] { return client.frames.size() == 2; });
    if (has_begun) {
      EXPECT_EQ(client.frames, (Frames{R"(3:{"offset":50,"left_out":5})", "1:new\n"}));
    } else {
      EXPECT_EQ(client.frames, Frames{});
    }
    reading.cancel();
    loop_.run(reading.join());
  }
}

}  // namespace
}  // namespace berth::api
