#include "berth/services.hpp"

#include "berth/backup_verbs.hpp"
#include "berth/parts.hpp"
#include "berth/service_settings.hpp"
#include "berth/setting_sources.hpp"
#include "berth/up.hpp"
#include "executor/app.hpp"
#include "scheduler/app.hpp"
#include "shared/runtime/logging.hpp"
#include "shared/runtime/shutdown.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <spdlog/spdlog.h>

#include <cstdio>

namespace berth {
namespace {

using namespace std::chrono_literals;

constexpr Milliseconds store_patience = 10s;

int fail(const Error& error) {
  complain(error);
  return exit_cannot_start;
}

Task<int> serve_scheduler(asio::any_io_executor executor, SchedulerSettings settings, RedisOptions redis) {
  Signals signals(executor);
  SystemClock clock;
  RedisStore store(executor, std::move(redis), clock);
  auto connecting = store.start(deadline_in(store_patience));
  auto ready = co_await signals.unless_asked_to_end(std::move(connecting));
  if (ready) {
    SchedulerApp app(executor, store, clock, std::move(settings));
    auto starting = app.start();
    ready = co_await signals.unless_asked_to_end(std::move(starting));
    if (ready) {
      spdlog::info("the API listens on http://{}", app.address());
      const auto signal = co_await signals.next();
      spdlog::info("signal {}: stopping", signal);
    }
    co_await app.stop();
  }
  co_await store.close();
  co_return ready ? 0 : fail(ready.error());
}

Result<Service> prepare_scheduler(const SchedulerFlags& flags) {
  if (auto logging = setup_logging(flags.log.level, flags.log.format); !logging) return logging.error();
  auto settings = scheduler_settings(flags.listen, flags.name, flags.scheduling);
  if (!settings) return settings.error();
  auto redis = redis_options(flags.redis, "berth-scheduler-" + settings->name);
  if (!redis) return redis.error();
  redis->sweeps_log_dir = true;
  return Service([settings = *settings, redis = *redis] {
    asio::io_context loop(1);
    return run_to_end(loop, serve_scheduler(loop.get_executor(), settings, redis));
  });
}

// Runs until a signal comes or the executor can't go on (another one has taken its name).
Task<Result<>> run_until_signal(ExecutorApp& app, Signals& signals) {
  using namespace asio::experimental::awaitable_operators;
  auto running = app.run();
  auto waiting = signals.next();
  const auto first = co_await (std::move(running) || std::move(waiting));
  if (const auto* signal = std::get_if<1>(&first)) {
    spdlog::info("signal {}: stopping; running containers go on and are adopted at the next start", *signal);
  }
  if (app.failure()) co_return *app.failure();
  co_return Result<>{};
}

Task<int> serve_executor(asio::any_io_executor executor, ExecutorFlags flags, ExecutorSettings settings,
                         RedisOptions redis) {
  Signals signals(executor);
  SystemClock clock;
  auto runtime = make_runtime(executor, clock, flags, executor_state_path(flags, settings));
  if (!runtime) co_return fail(runtime.error());
  const auto info = co_await (*runtime)->probe();
  if (!info.healthy) co_return fail(unavailable(runtime_advice(info.message)));
  RedisStore store(executor, std::move(redis), clock);
  auto connecting = store.start(deadline_in(store_patience));
  auto outcome = co_await signals.unless_asked_to_end(std::move(connecting));
  if (outcome) {
    ExecutorApp app(executor, store, **runtime, clock, std::move(settings));
    auto starting = app.start();
    outcome = co_await signals.unless_asked_to_end(std::move(starting));
    if (outcome) outcome = co_await run_until_signal(app, signals);
    co_await app.stop();
  }
  co_await store.close();
  co_return outcome ? 0 : fail(outcome.error());
}

Result<Service> prepare_executor(const ExecutorFlags& flags) {
  if (auto logging = setup_logging(flags.log.level, flags.log.format); !logging) return logging.error();
  auto settings = executor_settings(flags, flags.redis.cluster);
  if (!settings) return settings.error();
  auto redis = redis_options(flags.redis, "berth-executor-" + settings->name);
  if (!redis) return redis.error();
  return Service([flags, settings = *settings, redis = *redis] {
    asio::io_context loop(1);
    return run_to_end(loop, serve_executor(loop.get_executor(), flags, settings, redis));
  });
}

template <class Flags>
using Prepare = Result<Service> (*)(const Flags&);

// Fills the flags in from environment and file, and runs the service or shows its settings.
template <class Flags>
int start(CLI::App& verb, const Flags& flags, Prepare<Flags> prepare) {
  const auto origins = resolve_settings(verb);
  if (!origins) return fail(origins.error());
  const bool show = wants_to_see_settings(verb);
  if (show) std::fputs(shown_settings(verb, *origins).c_str(), stdout);
  const auto service = prepare(flags);
  if (!service) return fail(at_its_origin(service.error(), *origins));
  return show ? 0 : (*service)();
}

// A verb of the group "Services", with flags of its own that live as long as the parser.
template <class Flags>
void add_verb(CLI::App& app, cli::Context& context, const char* name, const char* help,
              void (*add_flags)(CLI::App&, Flags&), Prepare<Flags> prepare) {
  auto* verb = app.add_subcommand(name, help);
  verb->group("Services");
  const auto flags = std::make_shared<Flags>();
  add_flags(*verb, *flags);
  add_settings_flags(*verb);
  verb->callback([&context, verb, flags, prepare] {
    context.verb = [verb, flags, prepare] { return start(*verb, *flags, prepare); };
  });
}

}  // namespace

void add_service_verbs(CLI::App& app, cli::Context& context) {
  add_verb<UpFlags>(app, context, "up",
                    "Everything on this machine: a private Redis, a scheduler and an executor", add_up_flags,
                    prepare_up);
  add_verb<SchedulerFlags>(app, context, "scheduler", "Serve the API, and place jobs", add_scheduler_flags,
                           prepare_scheduler);
  add_verb<ExecutorFlags>(app, context, "executor", "Run jobs on this machine", add_executor_flags,
                          prepare_executor);
  add_verb<BackupFlags>(app, context, "backup",
                        "Write all jobs, events and logs (but those in files) of a cluster into a file",
                        add_backup_flags, prepare_backup);
  add_verb<RestoreFlags>(app, context, "restore", "Put a backup back into an empty cluster",
                         add_restore_flags, prepare_restore);
}

}  // namespace berth
