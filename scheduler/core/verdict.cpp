#include "scheduler/core/verdict.hpp"

#include "scheduler/core/constraints.hpp"

#include <algorithm>
#include <tuple>

namespace berth {
namespace {

using Slot = PlacementPass::Slot;

std::string place_words(const std::string& what, const std::string& name) {
  return name.empty() ? "it has no " + what : "it is in " + what + " " + name;
}

std::string label_words(const Shape& shape, const ExecutorInfo& info) {
  std::string words;
  for (const auto& [name, value] : shape.placement.labels) {
    const auto found = info.labels.find(name);
    const bool is_there = found != info.labels.end();
    if (is_there && found->second == value) continue;
    words += words.empty() ? "" : ", ";
    words += is_there ? "its label " + name + " is " + found->second + ", not " + value
                      : "it has no label " + name + "=" + value;
  }
  return words;
}

std::string volume_words(const Shape& shape, const ExecutorInfo& info) {
  std::string refused;
  for (const auto& path : shape.host_paths) {
    const auto allows = [&](const auto& root) { return is_below(path, root); };
    if (std::none_of(info.volume_paths.begin(), info.volume_paths.end(), allows))
      refused += (refused.empty() ? "" : ", ") + path;
  }
  return "it doesn't allow to mount " + refused;
}

std::string gpu_words(const Shape& shape, const Slot& slot, Fit fit) {
  const auto& request = *shape.resources.gpu;
  const auto& all = slot.executor->info.capacity.gpus;
  const auto wanted = in_words(request) + " wanted";
  if (fit == Fit::never) return (all.empty() ? "it has no GPU" : "it has " + to_string(all)) + "; " + wanted;
  const auto type = request.type ? *request.type + " " : "";
  return std::to_string(count_free(request, slot.free)) + " of its " + type + "GPUs free, " + wanted;
}

template <class Amount>
std::string amount_words(Amount wanted, Amount free, Amount offered, const std::string& what, Fit fit) {
  if (fit == Fit::never) {
    return "it offers " + told_apart(offered, wanted) + what + ", " + told_apart(wanted, offered) + " wanted";
  }
  const auto left = std::max(free, Amount{});
  return told_apart(left, wanted) + " of " + to_string(offered) + what + " free, " +
         told_apart(wanted, left) + " wanted";
}

std::optional<Obstacle> code_of(std::string_view constraint) {
  using namespace constraints;
  if (constraint == Labels::name) return Obstacle::labels;
  if (constraint == Region::name) return Obstacle::region;
  if (constraint == Datacenter::name) return Obstacle::datacenter;
  if (constraint == Volumes::name) return Obstacle::volumes;
  if (constraint == Gpus::name) return Obstacle::gpu;
  if (constraint == Cpu::name) return Obstacle::cpu;
  if (constraint == Memory::name) return Obstacle::memory;
  return std::nullopt;  // health, which has several
}

// Enough GPUs, if those that are out of order were in order.
bool is_only_sick(const Shape& shape, const Slot& slot) {
  const auto& request = *shape.resources.gpu;
  return count_free(request, slot.free) + sick_gpus(request, *slot.executor).size() >= request.count;
}

void add_health(const ExecutorView& executor, std::vector<Finding>& findings) {
  // Whatever else a lost one said last is no news.
  if (executor.state == ExecutorState::lost) {
    findings.push_back({Obstacle::lost, Fit::later, {}});
    return;
  }
  if (executor.state != ExecutorState::ready) findings.push_back({Obstacle::draining, Fit::later, {}});
  if (!executor.info.runtime.healthy) findings.push_back({Obstacle::runtime, Fit::later, {}});
}

bool is_amount(Obstacle code) {
  return code == Obstacle::cpu || code == Obstacle::memory || code == Obstacle::gpu;
}

// Whether only what the pass itself gave to jobs before this one is in the way.
bool was_free(const constraints::Failure& failure, const Shape& shape, const Slot& slot) {
  const auto& executor = *slot.executor;
  const bool is_untouched = slot.free.cpu == executor.info.capacity.cpu - executor.allocated.cpu &&
                            slot.free.memory == executor.info.capacity.memory - executor.allocated.memory;
  if (is_untouched) return false;
  const auto before = constraints::failures(shape, executor, free_of(executor));
  return std::none_of(before.begin(), before.end(),
                      [&](const auto& other) { return other.name == failure.name; });
}

// Without words.
std::vector<Finding> findings_of(const Shape& shape, const Slot& slot) {
  std::vector<Finding> findings;
  bool is_taken_first = false;
  for (const auto& failure : constraints::failures(shape, *slot.executor, slot.free)) {
    const auto code = code_of(failure.name);
    if (!code) continue;
    if (failure.fit == Fit::later && is_amount(*code) && was_free(failure, shape, slot)) {
      is_taken_first = true;
    } else if (code == Obstacle::gpu && failure.fit == Fit::later && is_only_sick(shape, slot)) {
      findings.push_back({Obstacle::gpu_health, Fit::later, {}});
    } else {
      findings.push_back({*code, failure.fit, {}});
    }
  }
  if (is_taken_first) findings.push_back({Obstacle::turn, Fit::later, {}});
  add_health(*slot.executor, findings);
  if (slot.kept_for) findings.push_back({Obstacle::reservation, Fit::later, {}});
  return findings;
}

std::string sick_words(const Shape& shape, const Slot& slot) {
  const auto& sick = *sick_gpus(*shape.resources.gpu, *slot.executor).front();
  return "its GPU " + sick.uuid + " is out of order: " + sick.message;
}

std::string runtime_words(const RuntimeInfo& runtime) {
  return "its " + (runtime.name.empty() ? "container runtime" : runtime.name) + " takes no containers" +
         (runtime.message.empty() ? "" : ": " + runtime.message);
}

std::string words_of(Obstacle code, Fit fit, const Shape& shape, const Slot& slot) {
  const auto& info = slot.executor->info;
  switch (code) {
    case Obstacle::labels:
      return label_words(shape, info);
    case Obstacle::region:
      return place_words("region", info.region);
    case Obstacle::datacenter:
      return place_words("datacenter", info.datacenter);
    case Obstacle::volumes:
      return volume_words(shape, info);
    case Obstacle::gpu:
      return gpu_words(shape, slot, fit);
    case Obstacle::cpu:
      return amount_words(shape.resources.cpu, slot.free.cpu, info.capacity.cpu, " CPUs", fit);
    case Obstacle::memory:
      return amount_words(shape.resources.memory, slot.free.memory, info.capacity.memory, " of memory", fit);
    case Obstacle::gpu_health:
      return sick_words(shape, slot);
    case Obstacle::draining:
      return "it is being drained";
    case Obstacle::runtime:
      return runtime_words(info.runtime);
    case Obstacle::lost:
      return "it isn't heard";
    case Obstacle::reservation:
      return "it is kept for job " + to_string(*slot.kept_for) + ", which waits longer";
    case Obstacle::turn:
      return "jobs whose turn is earlier take what is free";
    default:
      return "";
  }
}

Amounts amounts_of(const Shape& shape, const Slot& slot) {
  const auto& request = shape.resources.gpu;
  const auto gpus = request ? count_free(*request, slot.free) : slot.free.gpus.size();
  return {std::max(slot.free.cpu, Millicores{}), std::max(slot.free.memory, Bytes{}),
          static_cast<std::uint32_t>(gpus)};
}

Amounts missing_of(const Shape& shape, const Amounts& free) {
  const auto& wanted = shape.resources;
  const auto gpus = wanted.gpu ? wanted.gpu->count : 0;
  return {std::max(wanted.cpu - free.cpu, Millicores{}), std::max(wanted.memory - free.memory, Bytes{}),
          gpus > free.gpus ? gpus - free.gpus : 0};
}

double share_of(const Amounts& missing, const Resources& wanted) {
  const auto share = [](auto part, auto whole) {
    return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0.0;
  };
  return share(missing.cpu.value, wanted.cpu.value) + share(missing.memory.value, wanted.memory.value) +
         share(missing.gpus, wanted.gpu ? wanted.gpu->count : 0);
}

}  // namespace

int severity_of(const Finding& finding) {
  if (finding.fit == Fit::never) return never_passes;
  switch (finding.code) {
    case Obstacle::turn:
      return 1;
    case Obstacle::reservation:
      return 2;
    case Obstacle::gpu_health:
      return 4;
    case Obstacle::draining:
      return 5;
    case Obstacle::runtime:
      return 6;
    case Obstacle::lost:
      return 7;
    default:
      return 3;  // other jobs have it
  }
}

bool Judged::operator<(const Judged& other) const {
  return std::tie(severity, binding, missing) < std::tie(other.severity, other.binding, other.missing);
}

Judged judge(const Shape& shape, const Slot& slot) {
  Judged judged;
  judged.slot = &slot;
  auto& verdict = judged.verdict;
  verdict.name = slot.executor->info.name;
  verdict.findings = findings_of(shape, slot);
  verdict.free = amounts_of(shape, slot);
  verdict.missing = missing_of(shape, verdict.free);
  judged.missing = share_of(verdict.missing, shape.resources);
  std::stable_sort(verdict.findings.begin(), verdict.findings.end(),
                   [](const auto& a, const auto& b) { return severity_of(a) > severity_of(b); });
  for (const auto& finding : verdict.findings) {
    judged.severity = severity_of(verdict.findings.front());
    judged.binding += severity_of(finding) == judged.severity ? 1 : 0;
    verdict.fit = std::max(verdict.fit, finding.fit);
  }
  return judged;
}

ExecutorVerdict in_words(const Shape& shape, const Judged& judged) {
  auto verdict = judged.verdict;
  for (auto& finding : verdict.findings)
    finding.message = words_of(finding.code, finding.fit, shape, *judged.slot);
  return verdict;
}

std::string in_words(const GpuRequest& request) {
  return std::to_string(request.count) + " " + (request.type ? *request.type + " " : "") +
         (request.count == 1 ? "GPU" : "GPUs");
}

std::string in_words(Millicores cores) {
  return to_string(cores) + (cores == Millicores{1000} ? " CPU" : " CPUs");
}

std::size_t count_free(const GpuRequest& request, const Free& free) {
  const auto is_right = [&](const Gpu* gpu) { return is_wanted(request, *gpu); };
  return static_cast<std::size_t>(std::count_if(free.gpus.begin(), free.gpus.end(), is_right));
}

std::vector<const UnhealthyGpu*> sick_gpus(const GpuRequest& request, const ExecutorView& executor) {
  std::vector<const UnhealthyGpu*> sick;
  for (const auto& one : executor.info.runtime.unhealthy_gpus) {
    const auto& all = executor.info.capacity.gpus;
    const bool is_right = std::any_of(all.begin(), all.end(), [&](const Gpu& gpu) {
      return gpu.uuid == one.uuid && is_wanted(request, gpu);
    });
    const auto holder = executor.held_gpus.lower_bound({one.uuid, JobId{}});
    const bool is_held = holder != executor.held_gpus.end() && holder->first == one.uuid;
    if (is_right && !is_held) sick.push_back(&one);
  }
  return sick;
}

}  // namespace berth
