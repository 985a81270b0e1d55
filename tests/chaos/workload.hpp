// Clients that submit jobs and abort some: each call is written down when it returns, and one whose outcome
// is unknown is made again at another scheduler, with the same key.
#pragma once

#include "shared/runtime/task_group.hpp"
#include "tests/chaos/api.hpp"
#include "tests/chaos/history.hpp"
#include "tests/chaos/jobs.hpp"

#include <optional>
#include <random>
#include <string>
#include <vector>

namespace berth::chaos {

// CLOCK_BOOTTIME.
Seconds boot_seconds();

class Workload {
 public:
  Workload(asio::any_io_executor executor, Api& api, const HistoryWriter& history, std::uint64_t seed);

  // Clients begin to submit, about one job a second together, as long as not too many wait.
  void begin();
  // They stop submitting. Calls that are under way end, one way or the other.
  void stop() { is_over_ = true; }
  Task<> join() { return clients_.join(); }

  // Submits a job that can run anywhere at once; its id, if a scheduler took it within `limit`.
  Task<std::optional<std::uint64_t>> submit_probe(Milliseconds limit);

  std::uint64_t acknowledged() const { return acknowledged_; }

 private:
  Task<> client(std::string name, std::uint64_t seed);
  Task<> watch_backlog();
  Task<std::vector<std::uint64_t>> submit(std::string client, std::string key, std::vector<Order> orders,
                                          Milliseconds limit);
  Task<> abort(std::string client, std::uint64_t job, Milliseconds after);
  // Makes a call until its outcome is known.
  Task<Call> make(Call call, http::Request request, Milliseconds limit);

  Api& api_;
  const HistoryWriter& history_;
  std::mt19937_64 random_;   // seeds of the clients
  std::mt19937_64 routing_;  // who is asked
  TaskGroup clients_;
  bool is_over_ = false;
  std::int64_t backlog_ = 0;
  std::uint64_t acknowledged_ = 0;
  std::uint64_t probes_ = 0;
};

}  // namespace berth::chaos
