// whole_life URL JOBS BATCH ROUNDS: how many whole lives (submit, place, start, finish) a second a running
// Berth does. Submits JOBS jobs that do nothing, BATCH a request, and waits until every one has ended as it
// should: prints one number a round, JOBS divided by the seconds from the first request to the moment at
// which the last job is known to have ended. For a server with `--runtime simulated`.
#include "bench/run_task.hpp"
#include "cli/client.hpp"
#include "shared/base/ids.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace berth::bench {
namespace {

struct Plan {
  std::size_t jobs = 0;
  std::size_t batch = 0;
  std::size_t rounds = 0;
};

constexpr Milliseconds round_time = std::chrono::minutes{10};

JobDefinition no_op() {
  JobDefinition definition;
  definition.image = "simulated";
  definition.resources.cpu = limits::min_cpu;
  definition.resources.memory = limits::min_memory;
  return definition;
}

Task<Result<>> wait_for_end(cli::Client& client, JobId id, Deadline deadline) {
  auto record = co_await client.job(id);
  while (record && !is_terminal(record->job.status)) {
    if (std::chrono::steady_clock::now() > deadline) {
      co_return Error{ErrorKind::timeout, "job " + to_string(id) + " doesn't end"};
    }
    record = co_await client.job_after(id, record->job.version, deadline);
  }
  if (!record) co_return record.error();
  co_return Result<>{};
}

// Waits for the newest job that hasn't ended, until there is none: jobs end nearly in the order of their ids.
Task<Result<>> wait_for_all(cli::Client& client, Deadline deadline) {
  cli::JobFilter live;
  live.statuses = {"PENDING", "RUNNING"};
  while (true) {
    const auto page = co_await client.jobs(live, 1, std::nullopt);
    if (!page) co_return page.error();
    if (page->jobs.empty()) co_return Result<>{};
    const auto ended = co_await wait_for_end(client, page->jobs.front().job.id, deadline);
    if (!ended) co_return ended.error();
  }
}

// Not timed: that the jobs from `first` on really are what they should be.
Task<Result<>> check(cli::Client& client, JobId first, std::size_t wanted) {
  cli::JobFilter succeeded;
  succeeded.statuses = {"SUCCEEDED"};
  std::size_t found = 0;
  std::optional<std::string> cursor;
  do {
    const auto page = co_await client.jobs(succeeded, limits::max_page, cursor);
    if (!page) co_return page.error();
    for (const auto& record : page->jobs) found += record.job.id >= first ? 1 : 0;
    cursor = page->next;
  } while (cursor && found < wanted);
  if (found == wanted) co_return Result<>{};
  co_return internal_error(std::to_string(found) + " of " + std::to_string(wanted) + " jobs succeeded");
}

Task<Result<>> one_round(cli::Client& client, Plan plan) {
  const auto began = std::chrono::steady_clock::now();
  std::optional<JobId> first;
  for (std::size_t done = 0; done < plan.jobs;) {
    const auto count = std::min(plan.batch, plan.jobs - done);
    std::vector<JobDefinition> definitions(count, no_op());
    const auto ids = co_await client.submit_all(std::move(definitions));
    if (!ids) co_return ids.error();
    if (!first) first = ids->front();
    done += count;
  }
  const auto waited = co_await wait_for_all(client, deadline_in(round_time));
  if (!waited) co_return waited.error();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  const auto right = co_await check(client, *first, plan.jobs);
  if (!right) co_return right.error();
  std::printf("%.0f\n", static_cast<double>(plan.jobs) / took.count());
  std::fflush(stdout);
  co_return Result<>{};
}

Task<Result<>> measure(http::Address address, Plan plan) {
  const auto executor = co_await asio::this_coro::executor;
  std::vector<http::Address> servers{std::move(address)};
  cli::Client client(executor, std::move(servers));
  for (std::size_t round = 0; round < plan.rounds; ++round) {
    const auto done = co_await one_round(client, plan);
    if (!done) co_return done.error();
  }
  co_return Result<>{};
}

int usage() {
  std::fputs("usage: whole_life URL JOBS BATCH ROUNDS\n", stderr);
  return 2;
}

}  // namespace
}  // namespace berth::bench

int main(int argc, char** argv) {
  using namespace berth;
  if (argc != 5) return bench::usage();
  auto address = http::parse_address(argv[1], "3625");
  const auto jobs = parse_integer<std::size_t>(argv[2]);
  const auto batch = parse_integer<std::size_t>(argv[3]);
  const auto rounds = parse_integer<std::size_t>(argv[4]);
  if (!address || !jobs || !batch || !rounds || *jobs == 0 || *batch == 0) return bench::usage();
  asio::io_context io{1};
  return bench::run_task(io, bench::measure(std::move(*address), bench::Plan{*jobs, *batch, *rounds}));
}
