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

std::string gpu_trouble(const ExecutorStatus& executor, const std::string& uuid, const std::string& message) {
  std::string type;
  for (const auto& gpu : executor.capacity.gpus) {
    if (gpu.uuid == uuid) type = " (" + gpu.type + ")";
  }
  return "GPU " + uuid + type + " is out of use: " + message;
}

// "3 CPUs of 2": of what its jobs hold more than it offers now, after a start with less.
std::string held_beyond_capacity(const ExecutorStatus& executor) {
  const auto& held = executor.allocated;
  const auto& all = executor.capacity;
  std::string out;
  const auto add = [&](const std::string& text) { out += (out.empty() ? "" : ", ") + text; };
  if (held.cpu > all.cpu) add(to_string(held.cpu) + " CPUs of " + to_string(all.cpu));
  if (held.memory > all.memory) add(to_string(held.memory) + " of memory of " + to_string(all.memory));
  if (held.gpus > all.gpus.size())
    add(std::to_string(held.gpus) + " GPUs of " + std::to_string(all.gpus.size()));
  return out;
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
    const auto tell = [&](const std::string& trouble) {
      out += escape_control(executor.name) + ": " + escape_control(trouble) + "\n";
    };
    const auto& runtime = executor.runtime;
    if (!runtime.healthy && !runtime.message.empty()) tell(runtime.message);
    for (const auto& [uuid, message] : runtime.unhealthy_gpus) tell(gpu_trouble(executor, uuid, message));
    if (const auto more = held_beyond_capacity(executor); !more.empty()) {
      tell("holds more than it offers (" + more + "): nothing that needs it is placed there until jobs end");
    }
  }
  return out;
}

}  // namespace berth::cli
