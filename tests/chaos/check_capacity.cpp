// G10: at no event do the live attempts on an executor hold more than it has. What they hold is derived from
// the feed alone: from an attempt's assignment until the event that ends it.
#include "tests/chaos/checker_checks.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace berth::chaos {
namespace {

struct Held {
  std::int64_t cpu = 0;
  std::int64_t memory = 0;
};

class Replay {
 public:
  Replay(const Facts& facts, Verdict& verdict) : facts_(facts), verdict_(verdict) {
    for (const auto& machine : facts.history.run.executors) machines_.emplace(machine.name, &machine);
  }

  void play(const Event& event) {
    if (!event.job) return;
    release(event.job->value);
    if (!holds_resources(event) || !event.executor) return;
    hold(event.job->value, *event.executor);
    if (event.type == "job.assigned") compare(event);
  }

  // What happened in between isn't known: what was held may be gone.
  void forget() {
    where_.clear();
    held_.clear();
  }

 private:
  Held asked_by(std::uint64_t job) const {
    const auto found = facts_.jobs.find(job);
    if (found == facts_.jobs.end()) return {};
    const auto& resources = found->second->definition.resources;
    return {resources.cpu.value, resources.memory.value};
  }

  void hold(std::uint64_t job, const std::string& executor) {
    where_[job] = executor;
    const auto asked = asked_by(job);
    held_[executor].cpu += asked.cpu;
    held_[executor].memory += asked.memory;
  }

  void release(std::uint64_t job) {
    const auto found = where_.find(job);
    if (found == where_.end()) return;
    const auto asked = asked_by(job);
    held_[found->second].cpu -= asked.cpu;
    held_[found->second].memory -= asked.memory;
    where_.erase(found);
  }

  void compare(const Event& event) {
    verdict_.looked_for(Wrong::overcommit);
    const auto machine = machines_.find(*event.executor);
    if (machine == machines_.end()) {
      verdict_.found(Wrong::overcommit,
                     fmt::format("event {} assigns to {}, which there isn't", event.seq, *event.executor));
      return;
    }
    const auto& held = held_[*event.executor];
    if (held.cpu <= machine->second->cpu && held.memory <= machine->second->memory) return;
    verdict_.found(
        Wrong::overcommit,
        fmt::format("after event {} {} holds {} of {} millicores and {} of {} bytes", event.seq,
                    machine->first, held.cpu, machine->second->cpu, held.memory, machine->second->memory));
  }

  const Facts& facts_;
  Verdict& verdict_;
  std::map<std::string, const Machine*> machines_;
  std::map<std::uint64_t, std::string> where_;
  std::map<std::string, Held> held_;
};

}  // namespace

void check_capacity(const Facts& facts, Verdict& verdict) {
  Replay replay(facts, verdict);
  std::uint64_t last = 0;
  for (const auto& line : facts.history.feed) {
    const auto* event = std::get_if<Event>(&line);
    if (event == nullptr) {
      replay.forget();
    } else if (event->seq > last) {  // the rest is the feed's own fault, and said there
      last = event->seq;
      replay.play(*event);
    }
  }
}

}  // namespace berth::chaos
