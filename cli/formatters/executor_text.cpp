#include "cli/formatters/executor_text.hpp"

#include "cli/formatters/text.hpp"

#include <string>

namespace berth::cli {
namespace {

Colour state_colour(ExecutorState state) {
  switch (state) {
    case ExecutorState::ready:
      return Colour::green;
    case ExecutorState::draining:
      return Colour::yellow;
    case ExecutorState::drained:
      return Colour::dim;
    case ExecutorState::lost:
      return Colour::red;
  }
  return Colour::plain;
}

std::string runtime_text(const RuntimeInfo& runtime) {
  std::string out = runtime.name;
  if (!runtime.version.empty()) out += " " + runtime.version;
  if (!runtime.healthy) out += " (unhealthy)";
  return out;
}

std::string place_text(const ExecutorStatus& executor) {
  std::string out = executor.region;
  if (!executor.datacenter.empty()) out += (out.empty() ? "" : "/") + executor.datacenter;
  return out.empty() ? "-" : out;
}

}  // namespace

Table executor_table(const std::vector<ExecutorStatus>& executors) {
  Table table({{"NAME", Align::left, 10},
               {"STATE"},
               {"CPU", Align::right},
               {"MEMORY", Align::right},
               {"GPUS", Align::right},
               {"JOBS", Align::right},
               {"PLACE", Align::left, 6},
               {"RUNTIME", Align::left, 8}});
  for (const auto& executor : executors) {
    const auto& held = executor.allocated;
    const auto& all = executor.capacity;
    const bool has_gpus = !all.gpus.empty();
    table.add_row({{executor.name},
                   {std::string(to_string(executor.state)), state_colour(executor.state)},
                   {to_string(held.cpu) + "/" + to_string(all.cpu)},
                   {to_string(held.memory) + "/" + to_string(all.memory)},
                   {has_gpus ? std::to_string(held.gpus) + "/" + std::to_string(all.gpus.size()) : "-"},
                   {std::to_string(held.jobs)},
                   {place_text(executor)},
                   {runtime_text(executor.runtime)}});
  }
  return table;
}

std::string executor_troubles(const std::vector<ExecutorStatus>& executors) {
  std::string out;
  for (const auto& executor : executors) {
    if (executor.runtime.healthy || executor.runtime.message.empty()) continue;
    out += escape_control(executor.name) + ": " + escape_control(executor.runtime.message) + "\n";
  }
  return out;
}

}  // namespace berth::cli
