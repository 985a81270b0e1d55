// The processes of a simulated Berth, and the machines on which executors run.
#pragma once

#include "executor/app.hpp"
#include "executor/runtime/simulated.hpp"
#include "scheduler/job_manager.hpp"
#include "scheduler/loops/duties.hpp"
#include "tests/simulation/host.hpp"
#include "tests/simulation/line.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>

#include <string>
#include <utility>

namespace berth::test {

inline constexpr const char* simulated_cluster = "sim";
inline constexpr Millicores machine_cpu{8'000};

// What every process has.
struct SimulatedProcess {
  SimulatedProcess(asio::io_context& io, const SimulatedTime& time, Store& truth, std::string process_name,
                   std::uint64_t seed)
      : id(seed),
        name(std::move(process_name)),
        host(io),
        clock(time),
        line(seed),
        store(truth, line),
        killed(host.executor()) {}

  // kill -9: it does nothing more that anybody could see.
  void kill() {
    line.is_dead = true;
    host.resume();
    killed.notify();
  }

  std::uint64_t id;  // no other process of this world has it
  std::string name;
  Host host;
  SteppingClock clock;
  Line line;
  LinedStore store;
  Wakeup killed;
};

struct SchedulerProcess : SimulatedProcess {
  SchedulerProcess(asio::io_context& io, const SimulatedTime& time, Store& truth, std::string process_name,
                   std::uint64_t seed, bool spread)
      : SimulatedProcess(io, time, truth, std::move(process_name), seed),
        duties(host.executor(), store, clock, settings(name, spread), seed),
        jobs(store, clock) {}

  // Its life, until it is killed.
  Task<> live() {
    using asio::experimental::awaitable_operators::operator||;
    auto serving = serve();
    auto dying = killed.wait();
    co_await (std::move(serving) || std::move(dying));
    co_await duties.stop();
  }
  Task<> serve() {
    co_await duties.start();
    co_await sleep_until(no_deadline);
  }

  static SchedulerSettings settings(const std::string& name, bool spread) {
    SchedulerSettings settings;
    settings.name = name;
    settings.spread = spread;
    return settings;
  }

  Duties duties;
  JobManager jobs;
};

struct ExecutorProcess : SimulatedProcess {
  ExecutorProcess(asio::io_context& io, const SimulatedTime& time, Store& truth, std::string process_name,
                  std::uint64_t seed, ContainerRuntime& machine, LinedRuntime::OnBegin on_begin)
      : SimulatedProcess(io, time, truth, std::move(process_name), seed),
        runtime(machine, line, std::move(on_begin)),
        app(host.executor(), store, runtime, clock, settings(name)) {}

  Task<> live() {
    using asio::experimental::awaitable_operators::operator||;
    const auto started = co_await app.start();
    if (started && !line.is_dead) {
      auto running = app.run();
      auto dying = killed.wait();
      co_await (std::move(running) || std::move(dying));
    }
    co_await app.stop();
  }

  static ExecutorSettings settings(const std::string& name) {
    ExecutorSettings settings;
    settings.name = name;
    settings.cluster = simulated_cluster;
    settings.cpu = machine_cpu;
    settings.memory = 16_GiB;
    settings.gpus.emplace();
    settings.runtime = "simulated";
    return settings;
  }

  LinedRuntime runtime;
  ExecutorApp app;
};

// Its containers live on when the executor doesn't.
struct Machine {
  Machine(asio::io_context& io, const SimulatedTime& time, std::string machine_name)
      : name(std::move(machine_name)), runtime(io.get_executor(), time) {}

  std::string name;
  SimulatedRuntime runtime;
  ExecutorProcess* process = nullptr;  // that runs now
};

}  // namespace berth::test
