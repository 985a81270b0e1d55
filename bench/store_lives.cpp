// store_lives REDIS-URL JOBS ROUNDS: the limit of whole_life: the four writes of a job's life (admit, assign,
// start, finish) made through the store alone, many jobs a call and several calls in flight. Nothing places,
// nothing runs and nobody watches. Prints whole lives a second, one number a round.
#include "bench/run_task.hpp"
#include "shared/base/ids.hpp"
#include "shared/model/job_lifecycle.hpp"
#include "shared/redis/redis_store.hpp"
#include "shared/runtime/task_group.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace berth::bench {
namespace {

constexpr std::size_t lanes = 4;
constexpr const char* actor = "bench";

struct Round {
  std::size_t left = 0;  // jobs that no lane has taken yet
  std::optional<Error> failure;
};

Result<std::vector<Change>> changes_of(const std::vector<Job>& jobs, const lifecycle::Event& event,
                                       WallTime now) {
  std::vector<Change> changes;
  changes.reserve(jobs.size());
  for (const auto& job : jobs) {
    auto after = lifecycle::apply(job, event, now);
    if (!after) return after.error();
    auto type = lifecycle::feed_type(event, *after);
    changes.push_back({job, std::move(*after), std::move(type), actor});
  }
  return changes;
}

// Moves every job one step on: `jobs` are then the new records.
Task<Result<>> step(Store& store, std::vector<Job>& jobs, lifecycle::Event event, WallTime now) {
  auto changes = changes_of(jobs, event, now);
  if (!changes) co_return changes.error();
  for (std::size_t i = 0; i < jobs.size(); ++i) jobs[i] = (*changes)[i].after;
  const auto changed = co_await store.transition(std::move(*changes), std::nullopt);
  if (!changed) co_return changed.error();
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if ((*changed)[i].outcome != Changed::Outcome::done) co_return internal_error("a change met a conflict");
    jobs[i].version = (*changed)[i].version;
  }
  co_return Result<>{};
}

Task<Result<>> live(Store& store, const Clock& clock, std::size_t count) {
  JobDefinition definition;
  definition.image = "simulated";
  std::vector<JobDefinition> definitions(count, definition);
  const auto admitted = co_await store.admit(std::move(definitions), std::nullopt, actor);
  if (!admitted) co_return admitted.error();
  std::vector<Job> jobs(count);
  for (std::size_t i = 0; i < count; ++i) {
    jobs[i].id = admitted->ids[i];
    jobs[i].definition = definition;
    jobs[i].reason = Reason::queued;
    jobs[i].version = 1;
  }

  lifecycle::Assigned assigned{"machine"};
  lifecycle::Started started{clock.wall()};
  lifecycle::AttemptEnded ended{};
  ended.outcome.cause = Cause::exit;
  ended.outcome.exit_code = 0;
  ended.outcome.finished_at = clock.wall();
  const std::vector<lifecycle::Event> events{assigned, started, ended};
  for (const auto& event : events) {
    const auto done = co_await step(store, jobs, event, clock.wall());
    if (!done) co_return done.error();
  }
  co_return Result<>{};
}

Task<> lane(Store& store, const Clock& clock, Round& round) {
  while (round.left > 0 && !round.failure) {
    const auto count = std::min(limits::max_batch, round.left);
    round.left -= count;
    const auto lived = co_await live(store, clock, count);
    if (!lived) round.failure = lived.error();
  }
}

Task<Result<>> rounds(RedisStore& store, const Clock& clock, std::size_t jobs, std::size_t count) {
  const auto executor = co_await asio::this_coro::executor;
  const auto started = co_await store.start(deadline_in(std::chrono::seconds{30}));
  if (!started) co_return started.error();
  for (std::size_t i = 0; i < count; ++i) {
    Round round{jobs, std::nullopt};
    TaskGroup group(executor);
    const auto began = std::chrono::steady_clock::now();
    for (std::size_t l = 0; l < lanes; ++l) group.spawn("lane", lane(store, clock, round));
    co_await group.join();
    if (round.failure) co_return *round.failure;
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    std::printf("%.0f\n", static_cast<double>(jobs) / took.count());
  }
  co_return Result<>{};
}

Task<Result<>> measure(RedisUrl url, std::size_t jobs, std::size_t count) {
  const auto executor = co_await asio::this_coro::executor;
  const SystemClock clock;
  RedisOptions options;
  options.url = std::move(url);
  RedisStore store(executor, std::move(options), clock);
  const auto measured = co_await rounds(store, clock, jobs, count);
  co_await store.close();
  co_return measured;
}

int usage() {
  std::fputs("usage: store_lives REDIS-URL JOBS ROUNDS\n", stderr);
  return 2;
}

}  // namespace
}  // namespace berth::bench

int main(int argc, char** argv) {
  using namespace berth;
  if (argc != 4) return bench::usage();
  auto url = parse_redis_url(argv[1]);
  const auto jobs = parse_integer<std::size_t>(argv[2]);
  const auto rounds = parse_integer<std::size_t>(argv[3]);
  if (!url || !jobs || !rounds) return bench::usage();
  asio::io_context io{1};
  return bench::run_task(io, bench::measure(std::move(*url), *jobs, *rounds));
}
