// What the parts of a simulated world share: who is there, what was asked, and what was seen of the truth.
#pragma once

#include "tests/simulation/process.hpp"
#include "tests/simulation/world.hpp"
#include "tests/support/memory_store.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace berth::test {

using namespace std::chrono_literals;

inline constexpr std::size_t scheduler_count = 3;
inline constexpr std::size_t machine_count = 4;
inline constexpr Milliseconds busy_time = 90s;  // in which jobs are submitted and things break

// A source of decisions. Each part has one of its own, so that leaving out a fault changes nobody else's.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  std::uint64_t roll(std::uint64_t below) { return random_() % below; }
  Milliseconds some(Milliseconds longest) {
    return Milliseconds{static_cast<std::int64_t>(roll(static_cast<std::uint64_t>(longest.count()) + 1))};
  }
  std::uint64_t seed() { return random_(); }

 private:
  std::mt19937_64 random_;
};

struct World {
  explicit World(const Scenario& played);

  // Calls of the store and the runtimes in memory end without waiting.
  template <class T>
  T now(Task<T> task) {
    std::optional<T> result;
    auto on_end = [&result](std::exception_ptr failure, T value) {
      if (failure) std::rethrow_exception(failure);
      result.emplace(std::move(value));
    };
    asio::co_spawn(io, std::move(task), std::move(on_end));
    while (!result) {
      io.restart();
      io.poll_one();
    }
    return std::move(*result);
  }

  WallTime wall_at(Monotonic instant) const {
    return time.wall() + std::chrono::duration_cast<Milliseconds>(instant - time.now());
  }

  void wrong(std::string what) { verdict.wrongs.push_back(std::move(what)); }

  Scenario scenario;
  asio::io_context io{1};
  SimulatedTime time{io};
  Monotonic began = time.now();
  SteppingClock store_clock{time};
  MemoryStore store{io.get_executor(), store_clock};
  std::vector<std::unique_ptr<Machine>> machines;
  // Those that run now. Whoever has asked one of them something keeps it until the answer.
  std::vector<std::shared_ptr<SchedulerProcess>> schedulers{scheduler_count};
  Dice process_dice;
  Verdict verdict;
  bool is_over = false;

  // What the client knows.
  struct Aborted {
    std::uint64_t last_event = 0;  // before the answer came
    Monotonic at{};                // when it came
  };
  std::map<JobId, JobDefinition> asked;  // by the id that it was given
  std::map<JobId, Aborted> aborted;      // acknowledged
  // Attempts of which nobody saw the end.
  std::set<std::pair<JobId, std::uint32_t>> unseen;

  TaskGroup tasks{io.get_executor()};
};

// The parts, each until its end.
Task<> ask_for_jobs(World& world);
Task<> break_things(World& world);
void judge(World& world);

}  // namespace berth::test
