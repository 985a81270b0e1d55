// What goes wrong: one fault after the other, and some at once.
#include "tests/simulation/state.hpp"

#include <array>
#include <string_view>

namespace berth::test {
namespace {

enum class Fault {
  kill_executor,
  kill_scheduler,
  power_cut,
  pause_executor,
  pause_scheduler,
  requests_lost,
  answers_lost,
  cut_off,
  slow_line,
  runtime_away,
  inbox_twice,
  exit_unseen,
  clock_step,
  store_away,
};
constexpr std::array<std::string_view, 14> fault_names{
    "kill executor", "kill scheduler", "power cut",  "pause executor", "pause scheduler",
    "requests lost", "answers lost",   "cut off",    "slow line",      "Docker away",
    "inbox twice",   "exit unseen",    "clock step", "store away"};

// All that is decided about one fault, whether or not it then happens.
struct Decision {
  explicit Decision(Dice& dice)
      : fault(static_cast<Fault>(dice.roll(fault_names.size()))),
        machine(dice.roll(machine_count)),
        scheduler(dice.roll(scheduler_count)),
        hits_a_scheduler(dice.roll(2) == 0),
        span(200ms + dice.some(dice.roll(3) == 0 ? 60s : 12s)),
        step((dice.roll(2) == 0 ? 1 : -1) * (1s + dice.some(20min))) {}

  Fault fault;
  std::size_t machine;
  std::size_t scheduler;
  bool hits_a_scheduler;
  Milliseconds span;
  Milliseconds step;
};

std::vector<SimulatedProcess*> living(const World& world) {
  std::vector<SimulatedProcess*> all;
  for (const auto& scheduler : world.schedulers) {
    if (scheduler) all.push_back(scheduler.get());
  }
  for (const auto& machine : world.machines) {
    if (machine->process != nullptr) all.push_back(machine->process);
  }
  return all;
}

Task<> cut_power(Machine& machine) {
  const auto there = co_await machine.runtime.list(simulated_cluster, machine.name);
  for (const auto& container : *there) co_await machine.runtime.remove(container.identity);
}

// Of one of its running containers.
Task<> end_unseen(World& world, Machine& machine) {
  const auto there = co_await machine.runtime.list(simulated_cluster, machine.name);
  for (const auto& container : *there) {
    if (container.phase != ContainerPhase::running) continue;
    world.unseen.emplace(container.identity.job, container.identity.attempt);
    machine.runtime.end_unseen(container.identity);
    co_return;
  }
}

// What it has begun heals without it.
class Nemesis {
 public:
  explicit Nemesis(World& world) : world_(world), dice_(world.scenario.seed ^ 0x9e3779b97f4a7c15u) {}

  Task<> run() {
    while (world_.time.now() - world_.began < busy_time) {
      co_await sleep_until(deadline_in(500ms + dice_.some(7s)));
      const Decision decision(dice_);
      const auto number = world_.verdict.faults++;
      if (!world_.scenario.left_out.contains(number)) strike(decision, number);
    }
  }

 private:
  void strike(const Decision& decision, std::size_t number) {
    auto& machine = *world_.machines[decision.machine];
    const auto scheduler = world_.schedulers[decision.scheduler];
    SimulatedProcess* hit =
        decision.hits_a_scheduler ? scheduler.get() : static_cast<SimulatedProcess*>(machine.process);
    const auto tell = [&](const std::string& whom, Milliseconds span = {}) {
      note(decision.fault, number, whom, span);
    };
    switch (decision.fault) {
      case Fault::kill_executor:
        if (machine.process == nullptr) return;
        tell(machine.name);
        return machine.process->kill();
      case Fault::kill_scheduler:
        if (!scheduler) return;
        tell(scheduler->name);
        return scheduler->kill();
      case Fault::power_cut:
        tell(machine.name);
        if (machine.process != nullptr) machine.process->kill();
        return world_.tasks.spawn("power cut", cut_power(machine));
      case Fault::pause_executor:
        return pause(machine.process, decision, number);
      case Fault::pause_scheduler:
        return pause(scheduler.get(), decision, number);
      case Fault::runtime_away:
        return flip(machine.process, &Line::is_runtime_away, decision, number);
      case Fault::inbox_twice:
        return flip(machine.process, &Line::repeats_inbox, decision, number);
      case Fault::exit_unseen:
        tell(machine.name);
        return world_.tasks.spawn("exit unseen", end_unseen(world_, machine));
      case Fault::store_away:
        tell("", decision.span);
        world_.store.break_down(unavailable("the store is away"));
        return later(decision.span, [&world = world_] { world.store.repair(); });
      case Fault::clock_step:
        tell(hit == nullptr ? "the store" : hit->name);
        return (hit == nullptr ? world_.store_clock : hit->clock).step(decision.step);
      case Fault::requests_lost:
        return flip(hit, &Line::loses_requests, decision, number);
      case Fault::answers_lost:
        return flip(hit, &Line::loses_answers, decision, number);
      case Fault::cut_off:
        flip(hit, &Line::loses_requests, decision, number);
        return flip(hit, &Line::loses_answers, decision, number);
      case Fault::slow_line:
        if (hit == nullptr) return;
        tell(hit->name, decision.span);
        hit->line.slowness = 3s;
        return heal(*hit, decision.span, [](SimulatedProcess& process) { process.line.slowness = 5ms; });
    }
  }

  void pause(SimulatedProcess* process, const Decision& decision, std::size_t number) {
    if (process == nullptr) return;
    note(decision.fault, number, process->name, decision.span);
    process->host.pause();
    heal(*process, decision.span, [](SimulatedProcess& paused) { paused.host.resume(); });
  }
  void flip(SimulatedProcess* process, bool Line::*what, const Decision& decision, std::size_t number) {
    if (process == nullptr) return;
    note(decision.fault, number, process->name, decision.span);
    process->line.*what = true;
    heal(*process, decision.span, [what](SimulatedProcess& healed) { healed.line.*what = false; });
  }

  // A process that was killed meanwhile has taken its troubles along.
  void heal(const SimulatedProcess& process, Milliseconds span, std::function<void(SimulatedProcess&)> how) {
    later(span, [&world = world_, sick = process.id, how = std::move(how)] {
      for (auto* there : living(world)) {
        if (there->id == sick) how(*there);
      }
    });
  }
  void later(Milliseconds span, std::function<void()> what) {
    world_.time.call_at(world_.time.now() + span, std::move(what));
  }

  void note(Fault fault, std::size_t number, const std::string& whom, Milliseconds span) {
    const std::string name(fault_names[static_cast<std::size_t>(fault)]);
    ++world_.verdict.counts["fault: " + name];
    const auto at = std::chrono::duration_cast<Milliseconds>(world_.time.now() - world_.began);
    const auto how_long = span.count() > 0 ? " for " + to_string(span) : "";
    world_.verdict.history.push_back("#" + std::to_string(number) + " at " + to_string(at) + ": " + name +
                                     " " + whom + how_long);
  }

  World& world_;
  Dice dice_;
};

}  // namespace

Task<> break_things(World& world) {
  Nemesis nemesis(world);
  co_await nemesis.run();
}

}  // namespace berth::test
