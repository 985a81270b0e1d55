// The client: it submits jobs with keys, through whichever scheduler answers, and takes some of them back.
#include "tests/simulation/state.hpp"

#include <boost/asio/detached.hpp>

#include <iterator>

namespace berth::test {
namespace {

// Many are short; some outlive the lease of a machine that is cut off.
Milliseconds some_run(Dice& dice) {
  const auto kind = dice.roll(8);
  if (kind < 2) return Milliseconds{0};
  return dice.some(kind == 7 ? 60s : 20s);
}

JobDefinition some_job(Dice& dice) {
  JobDefinition definition;
  definition.image = "busybox";
  definition.resources.cpu = Millicores{static_cast<std::int64_t>(500 + 500 * dice.roll(8))};
  definition.resources.memory = 64_MiB;
  definition.priority = static_cast<int>(25 * dice.roll(5));
  definition.stop_grace = 1s;
  definition.env["SIMULATE_RUN"] = to_string(some_run(dice));
  definition.env["SIMULATE_EXIT"] = std::to_string(dice.roll(3) == 0 ? dice.roll(4) : 0);
  definition.env["SIMULATE_OUTPUT"] = std::to_string(dice.roll(200));
  definition.retries.max = static_cast<std::uint32_t>(dice.roll(3));
  definition.retries.backoff = 500ms;
  definition.at_most_once = dice.roll(5) == 0;
  if (dice.roll(8) == 0) definition.timeout = 1s + dice.some(10s);
  return definition;
}

// A request goes on in the server although the client has given up.
template <class T>
Task<> serve([[maybe_unused]] std::shared_ptr<SchedulerProcess> kept, Task<Result<T>> call,
             std::shared_ptr<OneShot<Result<T>>> answer) {
  auto result = co_await std::move(call);
  answer->set(std::move(result));
}

// As the client does that has several URLs: the same key to the next server, until one answers. One that
// gives no answer may have been heard all the same.
class Client {
 public:
  explicit Client(World& world) : world_(world) {}

  Task<> submit(JobDefinition definition, std::uint64_t number) {
    const IdempotencyKey key{"key-" + std::to_string(number), "body"};
    while (true) {
      const auto server = co_await find_server();
      std::vector<JobDefinition> definitions{definition};
      auto call = server->jobs.submit(std::move(definitions), key);
      auto admitted = co_await ask(server, std::move(call));
      if (admitted) {
        for (const auto id : admitted->ids) world_.asked.emplace(id, definition);
        co_return;
      }
      ++next_;
    }
  }

  Task<> abort(JobId id) {
    const auto server = co_await find_server();
    std::string why = "not needed";
    auto call = server->jobs.abort(id, std::move(why));
    auto aborted = co_await ask(server, std::move(call));
    if (!aborted || is_terminal(aborted->status) || !aborted->abort_requested_at) co_return;
    const auto last = co_await world_.store.last_event();
    if (last) world_.aborted.emplace(id, World::Aborted{*last, world_.time.now()});
  }

 private:
  template <class T>
  Task<Result<T>> ask(std::shared_ptr<SchedulerProcess> server, Task<Result<T>> call) {
    auto answer = std::make_shared<OneShot<Result<T>>>(world_.io.get_executor());
    asio::co_spawn(server->host.executor(), serve(server, std::move(call), answer), asio::detached);
    auto result = co_await answer->wait(deadline_in(6s));
    if (!result) co_return Error{ErrorKind::timeout, "no answer"};
    co_return std::move(*result);
  }

  Task<std::shared_ptr<SchedulerProcess>> find_server() {
    while (true) {
      for (std::size_t i = 0; i < scheduler_count; ++i, ++next_) {
        const auto& server = world_.schedulers[next_ % scheduler_count];
        if (server && !server->line.is_dead) co_return server;
      }
      co_await sleep_until(deadline_in(500ms));
    }
  }

  World& world_;
  std::size_t next_ = 0;
};

}  // namespace

Task<> ask_for_jobs(World& world) {
  Dice dice(world.scenario.seed);
  Client client(world);
  const auto between = busy_time / static_cast<std::int64_t>(world.scenario.jobs);
  for (std::size_t i = 0; i < world.scenario.jobs; ++i) {
    co_await sleep_until(deadline_in(dice.some(2 * between)));
    auto job = some_job(dice);
    co_await client.submit(std::move(job), i);
    const bool takes_one_back = dice.roll(12) == 0;
    const auto which = dice.seed();
    if (!takes_one_back || world.asked.empty()) continue;
    auto chosen = std::next(world.asked.begin(), static_cast<std::ptrdiff_t>(which % world.asked.size()));
    co_await client.abort(chosen->first);
  }
}

}  // namespace berth::test
