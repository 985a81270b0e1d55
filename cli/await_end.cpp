#include "cli/await_end.hpp"

#include <algorithm>
#include <utility>

namespace berth::cli {
namespace {

Task<Result<JobRecord>> look(Client& client, const EndWait& wait) {
  if (!wait.known) {
    auto first = co_await client.job(wait.job);
    co_return first;
  }
  const auto until = std::min(wait.deadline, deadline_in(wait.longest_poll));
  auto next = co_await client.job_after(wait.job, wait.known->job.version, until);
  co_return next;
}

}  // namespace

Task<Result<JobRecord>> await_end(Client& client, EndWait wait) {
  for (;;) {
    if (wait.known) {
      if (wait.on_record) wait.on_record(*wait.known);
      const bool is_over =
          is_terminal(wait.known->job.status) || std::chrono::steady_clock::now() >= wait.deadline;
      if (is_over) co_return std::move(*wait.known);
    }
    auto next = co_await look(client, wait);
    if (next) {
      wait.known = std::move(*next);
      wait.give_up = deadline_in(EndWait::patience);
      continue;
    }
    const auto now = std::chrono::steady_clock::now();
    const bool is_given_up = now >= wait.give_up || (!wait.known && now >= wait.deadline);
    if (!is_transient(next.error()) || is_given_up) co_return next.error();
    co_await sleep_until(std::min(wait.deadline, deadline_in(retry_pause)));
  }
}

}  // namespace berth::cli
