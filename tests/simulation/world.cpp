#include "tests/simulation/world.hpp"

#include "tests/simulation/state.hpp"

#include <utility>

namespace berth::test {
namespace {

constexpr Milliseconds patience = 15min;  // after which a job that hasn't ended is stuck

// Two attempts of one job must not live at once, on whatever machine.
Task<> see_begin(World& world, Machine& machine, ContainerIdentity identity) {
  const auto state = co_await machine.runtime.inspect(identity);
  if (!state || state->phase == ContainerPhase::created) co_return;  // the lease ended over it
  ++world.verdict.counts["attempts begun"];
  // A process that is asked at the last moment, and stopped over the answer, may begin when it goes on: if
  // that is within its lease.
  const auto aborted = world.aborted.find(identity.job);
  if (aborted != world.aborted.end() && world.time.now() > aborted->second.at + limits::lease)
    world.wrong("begun after its abort: attempt " + std::to_string(identity.attempt) + " of job " +
                to_string(identity.job));
  for (const auto& other : world.machines) {
    const auto there = co_await other->runtime.list(simulated_cluster, other->name);
    for (const auto& container : *there) {
      const auto& its = container.identity;
      const bool is_other = its.job == identity.job && its.attempt != identity.attempt;
      if (is_other && container.phase == ContainerPhase::running)
        world.wrong("overlap: attempt " + std::to_string(identity.attempt) + " of job " +
                    to_string(identity.job) + " begins on " + machine.name + " while attempt " +
                    std::to_string(its.attempt) + " lives on " + other->name);
    }
  }
}

// Whoever keeps the machines' services running: what was killed is started again a little later.
Task<> keep_executor(World& world, Machine& machine) {
  LinedRuntime::OnBegin on_begin = [&world, &machine](ContainerIdentity identity) {
    return see_begin(world, machine, std::move(identity));
  };
  while (!world.is_over) {
    const auto process =
        std::make_unique<ExecutorProcess>(world.io, world.time, world.store, machine.name,
                                          world.process_dice.seed(), machine.runtime, on_begin);
    machine.process = process.get();
    const auto host = process->host.executor();
    auto life = process->live();
    co_await asio::co_spawn(host, std::move(life), asio::use_awaitable);
    machine.process = nullptr;
    co_await sleep_until(deadline_in(world.process_dice.some(6s)));
  }
}

Task<> keep_scheduler(World& world, std::size_t index) {
  while (!world.is_over) {
    const auto process =
        std::make_shared<SchedulerProcess>(world.io, world.time, world.store, "s" + std::to_string(index),
                                           world.process_dice.seed(), world.scenario.seed % 2 == 0);
    world.schedulers[index] = process;
    const auto host = process->host.executor();
    auto life = process->live();
    co_await asio::co_spawn(host, std::move(life), asio::use_awaitable);
    world.schedulers[index].reset();
    co_await sleep_until(deadline_in(world.process_dice.some(6s)));
  }
}

bool all_have_ended(World& world) {
  if (world.asked.size() < world.scenario.jobs) return false;
  const auto counts = world.now(world.store.count_jobs()).value();
  const auto live = counts[static_cast<std::size_t>(JobStatus::pending)] +
                    counts[static_cast<std::size_t>(JobStatus::running)];
  return live == 0;
}

void run_for(World& world, Milliseconds span) {
  const auto until = world.time.now() + span;
  world.time.call_at(until, [] {});
  while (world.time.now() < until && world.time.step()) continue;
  world.time.settle();
}

void run_until_all_have_ended(World& world) {
  const auto give_up = world.time.now() + busy_time + patience;
  run_for(world, busy_time);
  while (world.time.now() < give_up) {
    run_for(world, 1s);
    world.store.repair();
    if (all_have_ended(world)) return;
  }
}

void end(World& world) {
  world.is_over = true;
  for (const auto& machine : world.machines) {
    if (machine->process != nullptr) machine->process->kill();
  }
  for (const auto& scheduler : world.schedulers) {
    if (scheduler) scheduler->kill();
  }
  // Each ends what it has begun, and so does a client's last request.
  for (int i = 0; i < 120 && world.tasks.size() > 0; ++i) run_for(world, 1s);
  if (world.tasks.size() > 0) world.wrong("a process that was killed doesn't end");
  run_for(world, 30s);
}

bool goes_wrong(const Scenario& scenario) { return !play(scenario).wrongs.empty(); }

}  // namespace

World::World(const Scenario& played) : scenario(played), process_dice(played.seed + 1) {
  for (std::size_t i = 0; i < machine_count; ++i)
    machines.push_back(std::make_unique<Machine>(io, time, "m" + std::to_string(i)));
}

void play_to_the_end(World& world) {
  for (std::size_t i = 0; i < scheduler_count; ++i) world.tasks.spawn("scheduler", keep_scheduler(world, i));
  for (const auto& machine : world.machines) world.tasks.spawn("executor", keep_executor(world, *machine));
  world.tasks.spawn("client", ask_for_jobs(world));
  world.tasks.spawn("nemesis", break_things(world));
  run_until_all_have_ended(world);
  run_for(world, 20s);  // what is left of containers goes now
  judge(world);
  end(world);
}

Verdict play(const Scenario& scenario) {
  auto world = std::make_unique<World>(scenario);
  try {
    play_to_the_end(*world);
    return std::move(world->verdict);
  } catch (const std::exception& crash) {
    // A process is in the middle of something, so nothing here can be taken down in order any more.
    auto& wreck = *world.release();
    wreck.wrong(std::string("crash: ") + crash.what());
    return wreck.verdict;
  }
}

// First all faults from some point on go, then one after the other, then jobs: each only if it still goes
// wrong.
Scenario shortest(Scenario scenario) {
  const auto faults = play(scenario).faults;
  for (std::size_t size = faults / 2; size > 0; size /= 2) {
    for (std::size_t first = 0; first < faults; first += size) {
      auto shorter = scenario;
      for (auto number = first; number < std::min(first + size, faults); ++number)
        shorter.left_out.insert(number);
      if (shorter.left_out.size() > scenario.left_out.size() && goes_wrong(shorter))
        scenario = std::move(shorter);
    }
  }
  while (scenario.jobs > 1) {
    auto shorter = scenario;
    shorter.jobs /= 2;
    if (!goes_wrong(shorter)) break;
    scenario = std::move(shorter);
  }
  return scenario;
}

}  // namespace berth::test
