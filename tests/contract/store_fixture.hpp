// What the tests of the store share: a loop to tell a story on, the two stores that must tell it alike, and
// builders.
#pragma once

#include "shared/model/job_lifecycle.hpp"
#include "shared/redis/redis_store.hpp"
#include "tests/support/memory_store.hpp"
#include "tests/support/redis_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace berth::test {

using namespace std::chrono_literals;

constexpr const char* actor = "test";

// The value of a result that the story can't go on without.
template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error("unexpected error: " + result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

template <class T>
ErrorKind kind_of(const Result<T>& result) {
  EXPECT_TRUE(result.has_error());
  return result ? ErrorKind::internal : result.error().kind;
}

// Runs a task to its end; what it throws fails the test.
inline void run(asio::io_context& io, Task<> task) {
  std::exception_ptr failure;
  const auto on_end = [&failure](std::exception_ptr thrown) { failure = thrown; };
  asio::co_spawn(io, std::move(task), on_end);
  io.restart();
  io.run();
  if (failure) std::rethrow_exception(failure);
}

// A story that is told with a store; it is a plain function, so that nothing is captured over a suspension.
using Story = Task<> (*)(Store&);

inline RedisOptions options_for(const RedisServer& server, std::string cluster) {
  RedisOptions options;
  options.url = *parse_redis_url(server.url());
  options.cluster = std::move(cluster);
  return options;
}

// Starts the store, tells the story, and closes the store however the story ended.
inline Task<> tell_with_redis(RedisStore& store, std::function<Task<>(RedisStore&)> story) {
  std::exception_ptr failure;
  try {
    auto started = co_await store.start(deadline_in(10s));
    must(std::move(started));
    co_await story(store);
  } catch (...) {
    failure = std::current_exception();
  }
  co_await store.close();
  if (failure) std::rethrow_exception(failure);
}

// --- builders ---
inline JobDefinition definition(std::string name = "") {
  JobDefinition made;
  if (!name.empty()) made.name = std::move(name);
  made.image = "busybox";
  made.command = {"echo", "hello"};
  return made;
}

inline ExecutorInfo executor(std::string name) {
  ExecutorInfo info;
  info.name = std::move(name);
  info.capacity.cpu = Millicores{4000};
  info.capacity.memory = 8_GiB;
  info.runtime.name = "simulated";
  info.region = "eu";
  return info;
}

inline LogPiece piece(std::uint64_t end, std::uint8_t stream, std::uint64_t start, std::string bytes) {
  return {end, stream, start, WallTime{1'700'000'000'000}, std::move(bytes)};
}

// --- steps ---
inline Task<std::vector<JobId>> admit(Store& store, std::size_t count) {
  std::vector<JobDefinition> definitions(count, definition());
  auto admitted = co_await store.admit(std::move(definitions), std::nullopt, actor);
  co_return must(std::move(admitted)).ids;
}

inline Task<Job> read(Store& store, JobId id) {
  std::vector<JobId> ids{id};
  auto found = co_await store.jobs(std::move(ids));
  auto job = std::move(must(std::move(found)).at(0));
  if (!job) throw std::runtime_error("job " + to_string(id) + " is gone");
  co_return std::move(*job);
}

inline Change change_of(const Job& job, const lifecycle::Event& event) {
  auto after = must(lifecycle::apply(job, event, WallTime{1'700'000'001'000}));
  auto type = lifecycle::feed_type(event, after);
  return {job, std::move(after), std::move(type), actor};
}

inline Task<Changed> change(Store& store, Job job, lifecycle::Event event) {
  std::vector<Change> changes;
  changes.push_back(change_of(job, event));
  auto changed = co_await store.transition(std::move(changes), std::nullopt);
  co_return must(std::move(changed)).at(0);
}

// Takes a job as it is, and applies the event; returns the new record.
inline Task<Job> advance(Store& store, JobId id, lifecycle::Event event) {
  Job job = co_await read(store, id);
  const Changed changed = co_await change(store, std::move(job), std::move(event));
  EXPECT_EQ(changed.outcome, Changed::Outcome::done);
  Job after = co_await read(store, id);
  EXPECT_EQ(after.version, changed.version);
  co_return after;
}

// These are plain functions, so that no event is a temporary in an expression that awaits.
inline Task<Job> assign(Store& store, std::uint64_t id, const char* to) {
  return advance(store, JobId{id}, lifecycle::Assigned{to});
}
inline Task<Changed> assign_as_seen(Store& store, const Job& seen, const char* to) {
  return change(store, seen, lifecycle::Assigned{to});
}
inline Task<Job> prepare(Store& store, std::uint64_t id) {
  return advance(store, JobId{id}, lifecycle::Starting{});
}
inline Task<Job> begin(Store& store, std::uint64_t id) {
  return advance(store, JobId{id}, lifecycle::Started{WallTime{1'700'000'001'500}});
}
inline Task<Job> ask_to_end(Store& store, std::uint64_t id) {
  return advance(store, JobId{id}, lifecycle::AbortRequested{"enough"});
}
inline Task<Job> finish(Store& store, std::uint64_t id, int code) {
  lifecycle::AttemptEnded ended;
  ended.outcome.cause = Cause::exit;
  ended.outcome.exit_code = code;
  ended.outcome.finished_at = WallTime{1'700'000'002'000};
  return advance(store, JobId{id}, ended);
}

}  // namespace berth::test
