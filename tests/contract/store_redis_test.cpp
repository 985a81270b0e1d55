// What only a real Redis can do to its client: die, hang, forget, fill up, refuse.
#include "tests/contract/store_fixture.hpp"
#include "tests/support/berth_process.hpp"

#include <gmock/gmock.h>

namespace berth::test {
namespace {

using ::testing::HasSubstr;

class RedisStoreTest : public ::testing::Test {
 protected:
  using Steps = Task<> (*)(RedisServer&, RedisStore&);

  void tell(RedisServer& server, Steps steps, std::string log_dir = {}) {
    auto options = options_for(server, "test");
    options.log_dir = std::move(log_dir);
    RedisStore store(io_.get_executor(), std::move(options), clock_);
    const std::function<Task<>(RedisStore&)> story = [&server, steps](RedisStore& s) {
      return steps(server, s);
    };
    run(io_, tell_with_redis(store, story));
  }

  // What start() answers.
  Result<> start(RedisOptions options) {
    RedisStore store(io_.get_executor(), std::move(options), clock_);
    std::optional<Result<>> answer;
    run(io_, try_to_start(store, answer));
    return *answer;
  }

  static Task<> try_to_start(RedisStore& store, std::optional<Result<>>& answer) {
    auto started = co_await store.start(deadline_in(500ms));
    answer = std::move(started);
    co_await store.close();
  }

  asio::io_context io_;
  SystemClock clock_;
};

Task<> damaged_leader(RedisServer& server, RedisStore& store) {
  server.ask("HSET {berth:test}:leader beat 85");
  auto found = co_await store.leader();
  EXPECT_FALSE(must(std::move(found)).has_value());
  auto taken = co_await store.take_leadership("s1", std::nullopt);
  EXPECT_EQ(must(std::move(taken)), Epoch{1});
}
TEST_F(RedisStoreTest, ARecordOfALeaderWithoutItsEpochKeepsNobodyFromLeading) {
  RedisServer server;
  tell(server, damaged_leader);
}

Task<> restart_meanwhile(RedisServer& server, Wakeup& down) {
  co_await down.wait();
  server.start();
}

Task<> dies_and_comes_back(RedisServer& server, RedisStore& store) {
  const auto executor = co_await asio::this_coro::executor;
  const auto ids = co_await admit(store, 50);
  co_await assign(store, 1, "m1");
  server.kill();

  // Nobody there: a call that doesn't want to wait says where and why.
  std::vector<JobId> first{{1}};
  auto failed = co_await store.jobs(std::move(first));
  EXPECT_EQ(kind_of(failed), ErrorKind::unavailable);
  EXPECT_THAT(failed.error().message, HasSubstr("Redis at unix://"));

  // A call that is made before it is back waits for it.
  Wakeup down(executor);
  TaskGroup others(executor);
  others.spawn("the operator", restart_meanwhile(server, down));
  down.notify();
  auto counts = co_await store.count_jobs();
  EXPECT_EQ(must(std::move(counts))[0], 50u);
  co_await others.join();

  const Job job = co_await read(store, {1});
  EXPECT_EQ(job.executor, "m1");
  co_await begin(store, 1);
  auto events = co_await store.read_events(50, 10, deadline_in(0ms));
  EXPECT_EQ(must(std::move(events)).size(), 2u);
}
TEST_F(RedisStoreTest, WhatWasAcknowledgedSurvivesKillNineAndCallsWaitForTheServer) {
  RedisServer server;
  tell(server, dies_and_comes_back);
}

Task<> kill_when_waiting(RedisServer& server, RedisStore& store) {
  auto counted = co_await store.count_jobs();  // the reader has sent its question by now
  must(std::move(counted));
  server.kill();
  server.start();
  for (;;) {  // the first call may have left before the end of the old connection was seen
    std::vector<JobDefinition> definitions(1, definition());
    auto admitted = co_await store.admit(std::move(definitions), std::nullopt, actor);
    if (admitted) break;
    EXPECT_EQ(admitted.error().kind, ErrorKind::unavailable);
  }
}

Task<> a_reader_survives_a_restart(RedisServer& server, RedisStore& store) {
  TaskGroup others(co_await asio::this_coro::executor);
  others.spawn("the operator", kill_when_waiting(server, store));
  std::vector<Event> events;
  while (events.empty()) {
    auto answer = co_await store.read_events(0, 10, deadline_in(10s));
    if (answer) {
      events = std::move(*answer);
    } else {
      EXPECT_EQ(answer.error().kind, ErrorKind::unavailable);
    }
  }
  EXPECT_EQ(events.at(0).job, JobId{1});
  co_await others.join();
}
TEST_F(RedisStoreTest, AReaderThatWaitsWhileTheServerDiesCanAskAgain) {
  RedisServer server;
  tell(server, a_reader_survives_a_restart);
}

Task<> functions_are_loaded_again(RedisServer& server, RedisStore& store) {
  co_await admit(store, 1);
  EXPECT_THAT(server.ask("FUNCTION FLUSH"), HasSubstr("OK"));
  const Job job = co_await assign(store, 1, "m1");
  EXPECT_EQ(job.version, 2u);
}
TEST_F(RedisStoreTest, FunctionsThatRedisHasLostAreLoadedAgain) {
  RedisServer server;
  tell(server, functions_are_loaded_again);
}

Task<> finishing_goes_on(RedisServer& server, RedisStore& store) {
  co_await admit(store, 1);
  co_await assign(store, 1, "m1");
  EXPECT_THAT(server.ask("CONFIG SET maxmemory 1"), HasSubstr("OK"));
  std::vector<JobDefinition> definitions(1, definition());
  auto refused = co_await store.admit(std::move(definitions), std::nullopt, actor);
  EXPECT_EQ(kind_of(refused), ErrorKind::refused);
  EXPECT_THAT(refused.error().message, HasSubstr("out of memory"));
  co_await begin(store, 1);
  const Job ended = co_await finish(store, 1, 0);
  EXPECT_EQ(ended.status, JobStatus::succeeded);
}
TEST_F(RedisStoreTest, OutOfMemoryRefusesNewJobsWhileOldOnesFinish) {
  RedisServer server;
  tell(server, finishing_goes_on);
}

Task<bool> admits(RedisStore& store) {
  std::vector<JobDefinition> definitions(20, definition());
  auto admitted = co_await store.admit(std::move(definitions), std::nullopt, actor);
  if (admitted) co_return true;
  EXPECT_EQ(admitted.error().kind, ErrorKind::unavailable) << admitted.error().message;
  co_return false;
}

// Redis ends itself rather than acknowledge what it couldn't write.
Task<> acknowledged_jobs_survive_a_full_disk(RedisServer& server, RedisStore& store) {
  server.limit_file_size(100'000);
  std::uint64_t acknowledged = 0;
  for (;;) {
    const bool is_admitted = co_await admits(store);
    if (!is_admitted) break;
    acknowledged += 20;
  }
  EXPECT_GT(acknowledged, 0u);
  server.await_end();
  server.start();
  auto counted = co_await store.count_jobs();
  const auto pending = must(std::move(counted))[0];
  EXPECT_TRUE(pending == acknowledged || pending == acknowledged + 20)
      << pending << " of " << acknowledged << "; the one without an answer may have come through";
  const bool is_admitted = co_await admits(store);
  EXPECT_TRUE(is_admitted);
}
TEST_F(RedisStoreTest, AFullDiskEndsRedisAndTakesNothingThatWasAcknowledged) {
  RedisServer server;
  tell(server, acknowledged_jobs_survive_a_full_disk);
}

Task<> a_long_script_is_waited_out(RedisServer& server, RedisStore& store) {
  co_await admit(store, 1);
  EXPECT_THAT(server.ask("CONFIG SET busy-reply-threshold 20"), HasSubstr("OK"));
  server.tell("EVAL \"while true do end\" 0");
  for (;;) {  // until it counts as long
    auto counted = co_await store.count_jobs();
    if (counted) continue;
    EXPECT_EQ(counted.error().kind, ErrorKind::unavailable) << "it passes";
    EXPECT_THAT(counted.error().message, HasSubstr("is busy with a long script"));
    break;
  }
  EXPECT_THAT(server.ask("SCRIPT KILL"), HasSubstr("OK"));
  for (;;) {
    auto counted = co_await store.count_jobs();
    if (!counted) continue;  // it ends a moment later
    EXPECT_EQ((*counted)[0], 1u);
    break;
  }
}
TEST_F(RedisStoreTest, ALongScriptOfSomebodyElseIsSaidAndWaitedOut) {
  RedisServer server;
  tell(server, a_long_script_is_waited_out);
}

Task<> write_hello(Store& store) {
  std::vector<LogPiece> pieces{piece(5, 1, 0, "hello")};
  auto appended = co_await store.append_log({1}, 1, std::move(pieces), {});
  must(std::move(appended));
}

// What a server does to a subscriber that reads too slowly.
Task<> a_subscription_that_was_cut(RedisServer& server, RedisStore& store) {
  const auto watch = store.watch_log({1});
  co_await watch->wait(deadline_in(10s));  // subscribed
  EXPECT_EQ(server.ask("CLIENT KILL TYPE pubsub"), ":1\r\n");
  co_await write_hello(store);
  co_await watch->wait(deadline_in(20s));
  auto found = co_await store.read_log({1}, 1, 0);
  EXPECT_EQ(must(std::move(found)).size(), 1u);
}
TEST_F(RedisStoreTest, AFollowerWhoseSubscriptionWasCutIsToldAgain) {
  RedisServer server;
  const auto began = std::chrono::steady_clock::now();
  tell(server, a_subscription_that_was_cut);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 10s) << "it was told, and not by a deadline";
}

Task<std::string> whole_log(RedisStore& store) {
  auto pieces = co_await store.read_log({1}, 1, 0);
  std::string text;
  for (const LogPiece& stored : must(std::move(pieces))) text += stored.bytes;
  co_return text;
}

Task<std::vector<std::string>> fields_of_last_piece(RedisStore& store) {
  redis::Command last("XREVRANGE", store.keys().log({1}, 1), "+", "-", "COUNT", 1);
  auto reply = co_await store.send(std::move(last));
  std::vector<std::string> fields;
  const auto entries = must(std::move(reply));
  const auto& words = entries.items().at(0).items().at(1).items();
  for (std::size_t i = 0; i < words.size(); i += 2) fields.emplace_back(words[i].text());
  co_return fields;
}

Task<> output_is_compressed_for_who_understands_it(RedisServer& server, RedisStore& store) {
  const std::vector<std::string> plain{"start", "at", "bytes"};
  const std::vector<std::string> packed{"start", "at", "zstd", "size"};
  const std::string text(1'000, 'x');
  std::vector<LogPiece> first{piece(1'000, 1, 0, text)};
  std::vector<LogPiece> second{piece(2'000, 1, 1'000, text)};
  std::vector<LogPiece> third{piece(3'000, 2, 0, text)};
  std::vector<LogPiece> fourth{piece(4'000, 1, 2'000, text)};
  auto appended = co_await store.append_log({1}, 1, first, {});
  must(std::move(appended));
  auto fields = co_await fields_of_last_piece(store);
  EXPECT_EQ(fields, plain) << "nobody leads";
  auto led = co_await store.take_leadership("one", std::nullopt);
  must(std::move(led));
  auto seen = co_await store.leader();
  must(std::move(seen));
  appended = co_await store.append_log({1}, 1, second, {});
  must(std::move(appended));
  fields = co_await fields_of_last_piece(store);
  EXPECT_EQ(fields, packed);
  server.ask("HSET {berth:test}:leader wire 1");
  appended = co_await store.append_log({1}, 1, third, {});  // it hears so with this one's answer
  must(std::move(appended));
  appended = co_await store.append_log({1}, 1, fourth, {});
  must(std::move(appended));
  fields = co_await fields_of_last_piece(store);
  EXPECT_EQ(fields, plain);
  const std::string all = co_await whole_log(store);
  EXPECT_EQ(all, std::string(4'000, 'x'));
  auto size = co_await store.log_size({1}, 1);
  const LogSize expected{4'000, 3'000, 1'000};
  EXPECT_EQ(must(std::move(size)), expected);
}
TEST_F(RedisStoreTest, OutputIsCompressedWhileTheLeaderUnderstandsIt) {
  RedisServer server;
  tell(server, output_is_compressed_for_who_understands_it);
}

Task<> write_to_files(RedisStore& store) {
  std::vector<LogPiece> first{piece(3, 1, 0, "out"), piece(8, 2, 0, "error")};
  std::vector<LogPiece> second{piece(8, 2, 0, "error"), piece(10, 1, 3, "mo")};
  auto appended = co_await store.append_log({1}, 1, first, {});
  must(std::move(appended));
  appended = co_await store.append_log({1}, 1, second, {});
  must(std::move(appended));
  appended = co_await store.append_log({1}, 1, second, {});  // its answer was lost
  must(std::move(appended));
}

Task<> output_is_in_files(RedisServer& server, RedisStore& store) {
  co_await write_to_files(store);
  EXPECT_EQ(server.ask("XLEN {berth:test}:log:1:1"), ":1\r\n") << "one entry, whatever its length";
  const std::string all = co_await whole_log(store);
  EXPECT_EQ(all, "outerrormo");
  auto size = co_await store.log_size({1}, 1);
  const LogSize expected{10, 5, 5};
  EXPECT_EQ(must(std::move(size)), expected);
  auto tail = co_await store.read_log({1}, 1, 8);
  const auto rest = must(std::move(tail));
  EXPECT_EQ(rest.size(), 1u);
  EXPECT_EQ(rest.at(0).stream_start, 3u);
  LogStart start;
  start.stream = 1;
  start.offset = 4;
  auto near = co_await store.seek_log({1}, 1, start);
  EXPECT_EQ(must(std::move(near)), 8u) << "straight to its piece";
}

// The next process, or another machine's: it goes on where the files end, as Redis has it.
Task<> another_goes_on(RedisServer&, RedisStore& store) {
  std::vector<LogPiece> known{piece(10, 1, 3, "mo")};
  std::vector<LogPiece> more{piece(12, 2, 5, "re")};
  auto appended = co_await store.append_log({1}, 1, known, {});
  must(std::move(appended));
  appended = co_await store.append_log({1}, 1, more, {});
  must(std::move(appended));
  const std::string all = co_await whole_log(store);
  EXPECT_EQ(all, "outerrormore");
}

Task<> one_without_the_directory_says_so(RedisServer&, RedisStore& store) {
  auto found = co_await store.read_log({1}, 1, 0);
  EXPECT_EQ(kind_of(found), ErrorKind::refused);
  EXPECT_THAT(found.error().message, HasSubstr("--log-dir"));
  auto size = co_await store.log_size({1}, 1);
  EXPECT_EQ(must(std::move(size)).both, 12u);
}

TEST_F(RedisStoreTest, OutputInFilesCountsAsFarAsRedisSays) {
  RedisServer server;
  TemporaryFolder folder;
  tell(server, output_is_in_files, folder.path().string());
  tell(server, another_goes_on, folder.path().string());
  tell(server, one_without_the_directory_says_so);
}

Task<> retention_deletes_files(RedisServer& server, RedisStore& store) {
  auto led = co_await store.take_leadership("one", std::nullopt);
  const Epoch epoch = must(std::move(led));
  const auto ids = co_await admit(store, 2);
  std::vector<Job> jobs;
  for (const JobId id : ids) {
    Job job = co_await read(store, id);
    std::vector<Change> changes{{job, job, "job.succeeded", actor}};
    changes[0].after.status = JobStatus::succeeded;
    changes[0].after.reason = std::nullopt;
    changes[0].after.attempt = 1;
    auto written = co_await store.transition(std::move(changes), std::nullopt);
    must(std::move(written));
    job = co_await read(store, id);
    jobs.push_back(std::move(job));
    std::vector<LogPiece> pieces{piece(3, 1, 0, "out")};
    auto appended = co_await store.append_log(id, 1, std::move(pieces), {});
    must(std::move(appended));
  }
  jobs[1].version -= 1;  // it has changed since it was read
  auto forgotten = co_await store.forget_jobs(std::move(jobs), epoch);
  EXPECT_EQ(must(std::move(forgotten)), 1u);
  EXPECT_EQ(server.ask("EXISTS {berth:test}:log:1:1"), ":0\r\n");
  auto kept = co_await store.read_log({2}, 1, 0);
  EXPECT_EQ(must(std::move(kept)).size(), 1u);
}

TEST_F(RedisStoreTest, FilesGoWithTheirJobs) {
  RedisServer server;
  TemporaryFolder folder;
  tell(server, retention_deletes_files, folder.path().string());
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "test" / "0" / "1-1.log"));
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "test" / "0" / "2-1.log"));
}

Task<> files_without_a_job_are_swept(RedisServer& server, RedisStore& store) {
  co_await admit(store, 2);
  for (JobId id{1}; id.value <= 3; ++id.value) {
    std::vector<LogPiece> pieces{piece(3, 1, 0, "out")};
    auto appended = co_await store.append_log(id, 1, std::move(pieces), {});
    must(std::move(appended));
  }
  // Whoever forgot job 1 died before it came to its files. Job 3 wasn't given yet: a backup may have it.
  server.ask("DEL {berth:test}:job:1");
  auto swept = co_await store.sweep_log_dir();
  EXPECT_EQ(must(std::move(swept)), 1u);
  server.ask("DEL {berth:test}:job:2");
  server.ask("DEL {berth:test}:last_job");  // another Redis, or one into which a backup is being put back
  swept = co_await store.sweep_log_dir();
  EXPECT_EQ(must(std::move(swept)), 0u);
}

TEST_F(RedisStoreTest, FilesOfJobsThatAreGoneAreSwept) {
  RedisServer server;
  TemporaryFolder folder;
  tell(server, files_without_a_job_are_swept, folder.path().string());
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "test" / "0" / "1-1.log"));
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "test" / "0" / "1-1.pieces"));
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "test" / "0" / "2-1.log"));
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "test" / "0" / "3-1.log"));
}

TEST_F(RedisStoreTest, ALogDirectoryThatIsNotThereIsSaidAtTheStart) {
  RedisServer server;
  auto options = options_for(server, "test");
  options.log_dir = "/nowhere/logs";
  const auto started = start(std::move(options));
  EXPECT_EQ(kind_of(started), ErrorKind::refused);
  EXPECT_THAT(started.error().message, HasSubstr("/nowhere/logs"));
}

Task<> a_piece_that_isnt_what_it_says(RedisServer& server, RedisStore& store) {
  server.ask("XADD {berth:test}:log:1:1 5-1 start 0 at 1 zstd hello size 1099511627776");
  auto found = co_await store.read_log({1}, 1, 0);
  EXPECT_EQ(kind_of(found), ErrorKind::internal);
}
TEST_F(RedisStoreTest, APieceThatIsNotWhatItSaysIsAnError) {
  RedisServer server;
  tell(server, a_piece_that_isnt_what_it_says);
}

// A piece that was declined and a later one that was taken would be a hole that nobody marked.
Task<> output_is_declined_as_a_whole(RedisServer& server, RedisStore& store) {
  std::vector<LogPiece> first{piece(1, 1, 0, "a"), piece(2, 1, 1, "b")};
  auto stored = co_await store.append_log({1}, 1, first, {});
  must(std::move(stored));
  EXPECT_THAT(server.ask("CONFIG SET maxmemory 1"), HasSubstr("OK"));
  std::vector<LogPiece> more{piece(3, 1, 2, "c"), piece(4, 1, 3, "d")};
  std::vector<LogPiece> dropped{first[1]};
  auto declined = co_await store.append_log({1}, 1, more, dropped);
  EXPECT_EQ(kind_of(declined), ErrorKind::refused);
  const std::string unchanged = co_await whole_log(store);
  EXPECT_EQ(unchanged, "ab");
  EXPECT_THAT(server.ask("CONFIG SET maxmemory 0"), HasSubstr("OK"));
  auto repeated = co_await store.append_log({1}, 1, more, dropped);
  must(std::move(repeated));
  const std::string all = co_await whole_log(store);
  EXPECT_EQ(all, "acd");
}
TEST_F(RedisStoreTest, OutputIsTakenOrDeclinedAsAWhole) {
  RedisServer server;
  tell(server, output_is_declined_as_a_whole);
}

Task<> thousands_of_pieces(RedisServer&, RedisStore& store) {
  std::vector<LogPiece> pieces;
  for (std::uint64_t i = 0; i < 20'000; ++i) pieces.push_back(piece(i + 1, 1, i, "x"));
  auto stored = co_await store.append_log({1}, 1, pieces, {});
  must(std::move(stored));
  auto dropped = co_await store.append_log({1}, 1, {}, pieces);
  must(std::move(dropped));
  const std::string rest = co_await whole_log(store);
  EXPECT_EQ(rest, "");
}
TEST_F(RedisStoreTest, ThousandsOfPiecesFitIntoOneCall) {
  RedisServer server;
  tell(server, thousands_of_pieces);
}

Task<> answers_keep_to_their_calls(RedisServer& server, redis::Connection& connection) {
  redis::Command set("SET", "a", "1");
  auto stored = co_await connection.call(std::move(set), deadline_in(5s));
  must(std::move(stored));
  server.freeze();
  redis::Command get_a("GET", "a");
  const auto began = std::chrono::steady_clock::now();
  auto late = co_await connection.call(std::move(get_a), deadline_in(100ms));
  EXPECT_EQ(kind_of(late), ErrorKind::timeout);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 2s);
  server.thaw();
  redis::Command echo("ECHO", "b");
  auto echoed = co_await connection.call(std::move(echo), deadline_in(5s));
  EXPECT_EQ(must(std::move(echoed)).text(), "b");
}

Task<> with_connection(RedisServer& server, Task<> (*story)(RedisServer&, redis::Connection&)) {
  const auto executor = co_await asio::this_coro::executor;
  redis::Connection connection(executor, *parse_redis_url(server.url()), "test");
  TaskGroup tasks(executor);
  tasks.spawn("connection", connection.run());
  co_await story(server, connection);
  connection.close();
  tasks.cancel();
  co_await tasks.join();
}

TEST_F(RedisStoreTest, AStalledServerMeetsTheDeadlineAndItsLateAnswerIsNotTakenForAnother) {
  RedisServer server;
  run(io_, with_connection(server, answers_keep_to_their_calls));
}

Task<> a_silent_connection_is_replaced(RedisServer& server, redis::Connection& connection) {
  redis::Command ping("PING");
  auto answered = co_await connection.call(ping, deadline_in(5s));
  must(std::move(answered));
  server.freeze();
  auto late = co_await connection.call(ping, deadline_in(2100ms));
  EXPECT_EQ(kind_of(late), ErrorKind::timeout);
  auto unsent = co_await connection.call(ping, deadline_in(100ms));
  EXPECT_EQ(kind_of(unsent), ErrorKind::unavailable);  // it waited for a new connection
  server.thaw();
  auto again = co_await connection.call(ping, deadline_in(10s));
  EXPECT_TRUE(again.has_value());
}
TEST_F(RedisStoreTest, AConnectionThatFellSilentIsReplaced) {
  RedisServer server;
  run(io_, with_connection(server, a_silent_connection_is_replaced));
}

// During an outage whoever gives up must leave nothing behind, or the calls that were given up fill the
// queue.
Task<> calls_given_up_leave_nothing(RedisServer& server, redis::Connection& connection) {
  redis::Command ping("PING");
  auto answered = co_await connection.call(ping, deadline_in(5s));
  must(std::move(answered));
  server.kill();
  auto unsent = co_await connection.call(ping, deadline_in(100ms));  // the connection is known to be gone
  EXPECT_EQ(kind_of(unsent), ErrorKind::unavailable);
  for (int i = 0; i < 20'000; ++i) {
    auto given_up = co_await connection.call(ping, deadline_in(0ms));
    if (kind_of(given_up) != ErrorKind::unavailable) break;
  }
  const redis::Command large("ECHO", std::string(1u << 20, 'x'));
  for (int i = 0; i < 300; ++i) {
    auto given_up = co_await connection.call(large, deadline_in(0ms));
    if (kind_of(given_up) != ErrorKind::unavailable) break;
  }
  server.start();
  auto again = co_await connection.call(ping, deadline_in(10s));
  EXPECT_TRUE(again.has_value()) << again.error().message;
}
TEST_F(RedisStoreTest, CallsThatWereGivenUpInAnOutageLeaveNothingBehind) {
  RedisServer server;
  run(io_, with_connection(server, calls_given_up_leave_nothing));
}

Task<> too_many_are_turned_away(RedisServer& server, redis::Connection& connection) {
  struct Patient {
    static Task<> wait(redis::Connection& connection) {
      redis::Command ping("PING");
      co_await connection.call(ping, no_deadline);
    }
  };
  server.kill();
  TaskGroup patients(co_await asio::this_coro::executor);
  for (int i = 0; i < 10'000; ++i) patients.spawn("patient", Patient::wait(connection));
  redis::Command ping("PING");
  auto one_more = co_await connection.call(ping, no_deadline);
  EXPECT_EQ(kind_of(one_more), ErrorKind::unavailable) << "it passes: no word against the call itself";
  EXPECT_THAT(one_more.error().message, HasSubstr("Too many calls wait"));
  connection.close();
  co_await patients.join();
}
TEST_F(RedisStoreTest, TooManyCallsAtOnceAreTurnedAwayForNow) {
  RedisServer server;
  run(io_, with_connection(server, too_many_are_turned_away));
}

// --- start ---

TEST_F(RedisStoreTest, NobodyThereIsSaidWithAddressAndReason) {
  RedisOptions options;
  options.url = *parse_redis_url("unix:///tmp/berth-no-such.sock");
  const auto answer = start(options);
  EXPECT_EQ(kind_of(answer), ErrorKind::unavailable);
  EXPECT_EQ(answer.error().message,
            "Redis at unix:///tmp/berth-no-such.sock doesn't answer: no such file or directory.");
}

TEST_F(RedisStoreTest, AWrongPasswordIsSaidAtOnceWithoutShowingIt) {
  RedisServer server({"--requirepass", "right"});
  RedisOptions options = options_for(server, "test");
  const auto without = start(options);
  EXPECT_EQ(kind_of(without), ErrorKind::refused);
  EXPECT_THAT(without.error().message, HasSubstr("put it into the Redis URL"));
  options.url.password = "wrong";
  const auto wrong = start(options);
  EXPECT_EQ(kind_of(wrong), ErrorKind::refused);
  EXPECT_THAT(wrong.error().message, HasSubstr("refused the user or password"));
  EXPECT_THAT(wrong.error().message, ::testing::Not(HasSubstr("wrong ")));
  options.url.password = "right";
  EXPECT_TRUE(start(options).has_value());
}

TEST_F(RedisStoreTest, ARedisThatMayForgetIsRefusedWithTheLinesToChange) {
  RedisServer server({"--appendfsync", "everysec", "--maxmemory-policy", "allkeys-lru"});
  RedisOptions options = options_for(server, "test");
  const auto refused = start(options);
  EXPECT_EQ(kind_of(refused), ErrorKind::refused);
  EXPECT_THAT(refused.error().message, HasSubstr("\n  appendfsync always   # now: everysec"));
  EXPECT_THAT(refused.error().message, HasSubstr("\n  maxmemory-policy noeviction   # now: allkeys-lru"));
  EXPECT_THAT(refused.error().message, ::testing::Not(HasSubstr("appendonly")));
  options.accept_unsafe = true;
  EXPECT_TRUE(start(options).has_value());
}

// Nothing of Berth's writes such things; should it happen, one job's trouble mustn't become everybody's.
Task<> an_unreadable_record_is_stepped_over(RedisServer& server, RedisStore& store) {
  const auto ids = co_await admit(store, 2);
  server.ask("HSET {berth:test}:job:1 attempt many created_at never status ODD");
  std::vector<JobId> both{{1}, {2}};
  auto read = co_await store.jobs(std::move(both));
  const auto jobs = must(std::move(read));
  EXPECT_EQ(jobs.at(1)->status, JobStatus::pending);
  EXPECT_EQ(jobs.at(1)->reason, Reason::queued);
  EXPECT_EQ(jobs.at(0)->reason, Reason::held) << "it is never placed";
  EXPECT_THAT(jobs.at(0)->message, HasSubstr("can't be read: "));
  std::vector<Change> abort{change_of(*jobs.at(0), lifecycle::AbortRequested{"it is never placed"})};
  auto answer = co_await store.transition(std::move(abort), std::nullopt);
  EXPECT_EQ(must(std::move(answer)).at(0).outcome, Changed::Outcome::done);
  server.ask("XADD {berth:test}:events 1000-0 e nonsense");
  auto fed = co_await store.read_events(0, 10, no_deadline);
  const auto events = must(std::move(fed));
  EXPECT_EQ(events.back().type, "unreadable");
  EXPECT_EQ(events.back().seq, 1000u) << "so that a reader goes on behind it";
}
TEST_F(RedisStoreTest, ARecordThatCannotBeReadHoldsUpNoOther) {
  RedisServer server;
  tell(server, an_unreadable_record_is_stepped_over);
}

Task<> close_while_reading(RedisServer&, RedisStore& store) {
  TaskGroup readers(co_await asio::this_coro::executor);
  struct Reader {
    static Task<> read(RedisStore& from, std::optional<ErrorKind>& ended) {
      auto answer = co_await from.read_events(0, 10, no_deadline);
      ended = kind_of(answer);
    }
  };
  std::optional<ErrorKind> ended;
  readers.spawn("reader", Reader::read(store, ended));
  auto counted = co_await store.count_jobs();
  must(std::move(counted));
  co_await store.close();
  co_await readers.join();
  EXPECT_EQ(ended, ErrorKind::cancelled);
}
TEST_F(RedisStoreTest, ClosingEndsAReadThatWaits) {
  RedisServer server;
  tell(server, close_while_reading);
}

}  // namespace
}  // namespace berth::test
