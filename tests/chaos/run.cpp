#include "tests/chaos/run.hpp"

#include "shared/base/limits.hpp"
#include "tests/chaos/checker.hpp"
#include "tests/chaos/dumps.hpp"
#include "tests/chaos/feed.hpp"
#include "tests/chaos/nemesis.hpp"
#include "tests/chaos/plan.hpp"
#include "tests/chaos/recovery.hpp"
#include "tests/chaos/report.hpp"
#include "tests/chaos/workload.hpp"
#include "tests/chaos/world.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/core.h>

#include <cstdlib>
#include <iostream>

namespace berth::chaos {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr Milliseconds longest_start = 90s;
constexpr Milliseconds longest_settling = 3min;
constexpr Milliseconds containers_go_in = 20s;  // G7, and a little

void say(const std::string& what) { std::cerr << "==> " << what << '\n'; }

WorldSettings world_settings(const RunSettings& settings, const Traces& traces, const fs::path& record,
                             const HistoryWriter& history) {
  WorldSettings result;
  result.berth = settings.berth;
  result.clock_shift = settings.clock_shift;
  result.folder = traces.folder / "data";
  result.logs = record / "logs";
  result.truth = history.truth_folder();
  result.cgroup = traces.cgroup;
  result.guards_off = settings.guards_off;
  fs::create_directories(result.folder);
  fs::create_directories(result.logs);
  return result;
}

std::vector<std::string> api_addresses(const World& world) {
  std::vector<std::string> addresses;
  for (const auto& name : world.schedulers()) addresses.push_back(world.api_address(name));
  return addresses;
}

// The one run: a plain sequence of what happens, from the first start to the last stop.
class Play {
 public:
  Play(asio::any_io_executor executor, const RunSettings& settings, const Traces& traces,
       const fs::path& record)
      : settings_(settings),
        history_(record),
        children_(executor),
        world_(executor, children_, world_settings(settings, traces, record, history_)),
        api_(executor, api_addresses(world_)),
        workload_(executor, api_, history_, settings.seed),
        feed_(api_, history_),
        meter_(api_, workload_, history_, world_),
        nemesis_(executor, world_, meter_, history_),
        followers_(executor) {
    run_.seed = settings.seed;
    run_.minutes = settings.minutes;
    run_.faults = settings.faults;
    run_.guards_off = settings.guards_off;
    run_.patience = settings.patience;
    run_.schedulers = scheduler_count;
    for (const auto& name : world_.machines())
      run_.executors.push_back({name, static_cast<std::int64_t>(machine_cores * 1000), machine_memory});
    run_.lease = std::chrono::duration<double>(limits::lease).count();
  }

  Task<> play() {
    co_await start();
    const Span length(settings_.minutes * 60);
    followers_.spawn("feed", feed_.follow());
    workload_.begin();
    say(fmt::format("chaos for {:.1f} min, seed {}", settings_.minutes, settings_.seed));
    auto strikes = plan(settings_.seed, length, settings_.faults, {world_.schedulers(), world_.machines()});
    co_await nemesis_.play(std::move(strikes), length);
    co_await settle_down();
    co_await dump();
    say("stopping");
    co_await world_.stop();
  }

  const World& world() const { return world_; }

 private:
  Task<> start() {
    say("starting Redis, 3 schedulers, and 4 machines with Docker and an executor each");
    world_.start();
    const auto give_up = deadline_in(longest_start);
    for (;;) {
      std::string target = "/v1/stats";
      const auto stats = co_await api_.ask(std::move(target), longest_start);
      const auto* ready = stats.at("executors").as_object().if_contains("READY");
      const bool all_are = ready != nullptr && ready->to_number<std::size_t>() == machine_count;
      if (all_are && !stats.at("leader").is_null()) break;
      if (loop_now() > give_up)
        throw std::runtime_error("the executors didn't become ready: " + json::serialize(stats));
      co_await sleep_until(deadline_in(Milliseconds{200}));
    }
    run_.began = boot_seconds();
    history_.write(run_);
  }

  Task<> settle_down() {
    workload_.stop();
    run_.ended = boot_seconds();
    history_.write(run_);
    say(fmt::format("{} faults are healed, {} jobs acknowledged; waiting for the last ones",
                    nemesis_.faults(), workload_.acknowledged()));
    co_await workload_.join();
    const bool is_settled = co_await settle(api_, longest_settling);
    if (!is_settled) say("some jobs are still live");
    co_await await_no_containers(world_, containers_go_in);
  }

  Task<> dump() {
    say("reading records, events, containers and output");
    feed_.stop();
    co_await followers_.join();
    co_await feed_.catch_up();
    co_await dump_records(api_, history_);
    co_await dump_executors(api_, history_);
    dump_containers(world_, history_);
    run_.settled = boot_seconds();
    history_.write(run_);
  }

  const RunSettings& settings_;
  HistoryWriter history_;
  Children children_;
  World world_;
  Api api_;
  Workload workload_;
  FeedFollower feed_;
  RecoveryMeter meter_;
  Nemesis nemesis_;
  TaskGroup followers_;
  Run run_;
};

// What a run wrote goes with its traces, unless somebody wants to look at it.
fs::path keep(const RunSettings& settings, const fs::path& record) {
  if (!settings.keep.empty()) return settings.keep;
  const auto kept = record.parent_path().string() + "-seed-" + std::to_string(settings.seed);
  fs::rename(record, kept);
  return kept;
}

// Prints the report.
int judge(const fs::path& record, const std::vector<std::string>& crashes) {
  const auto history = read_history(record);
  if (!history) throw std::runtime_error(history.error().message);
  const auto verdict = check(*history);
  std::cout << text_report(verdict);
  for (const auto& crash : crashes) std::cout << "crashed: " << crash << '\n';
  return verdict.is_good() && crashes.empty() ? 0 : 1;
}

}  // namespace

int run_chaos(const RunSettings& settings, const Traces& traces) {
  // The world has Docker daemons of its own.
  for (const auto* variable : {"DOCKER_HOST", "DOCKER_CONTEXT", "BERTH_URL", "BERTH_DOCKER_HOST"})
    ::unsetenv(variable);
  const auto record = settings.keep.empty() ? traces.folder / "record" : settings.keep;
  int verdict = 2;
  try {
    asio::io_context io;
    Play play(io.get_executor(), settings, traces, record);
    bool has_ended = false;
    std::exception_ptr failure;
    const auto on_end = [&](std::exception_ptr error) {
      has_ended = true;
      failure = error;
    };
    asio::co_spawn(io, play.play(), on_end);
    while (!has_ended) io.run_one();
    if (failure) std::rethrow_exception(failure);
    verdict = judge(record, play.world().crashes());
  } catch (const std::exception& failure) {
    std::cerr << "chaos: " << failure.what() << '\n';
  }
  if (verdict != 0 || !settings.keep.empty())
    std::cout << "What the run wrote, logs included, is in " << keep(settings, record).string() << '\n';
  return verdict;
}

}  // namespace berth::chaos
