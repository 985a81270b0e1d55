#include "scheduler/core/remedy_plan.hpp"

#include "scheduler/core/constraints.hpp"
#include "scheduler/core/jobs_to_end.hpp"

#include <algorithm>
#include <utility>

namespace berth {
namespace {

constexpr auto mebibyte = (1_MiB).value;
constexpr auto gibibyte = (1_GiB).value;

// As a definition has it, and never more than it is.
std::string size_text(Bytes bytes) {
  const bool is_whole = bytes.value % gibibyte == 0;
  return is_whole ? std::to_string(bytes.value / gibibyte) + "GiB"
                  : std::to_string(bytes.value / mebibyte) + "MiB";
}

Bytes whole_mebibytes(Bytes bytes) { return {bytes.value / mebibyte * mebibyte}; }

}  // namespace

RemedyPlan::RemedyPlan(const Inquiry& inquiry, const Judged& judged, Way way)
    : inquiry_(&inquiry),
      way_(way),
      free_(judged.slot->free),
      executor_(*judged.slot->executor),
      kept_for_(judged.slot->kept_for),
      definition_(inquiry.job.definition) {}

std::optional<RemedyPlan> RemedyPlan::make(const Inquiry& inquiry, const Judged& judged,
                                           const std::vector<Assignment>& before, Way way) {
  RemedyPlan plan(inquiry, judged, way);
  for (const auto& finding : judged.verdict.findings) {
    if (!plan.lift(finding, before)) return std::nullopt;
  }
  if (plan.needs_room_ && !plan.make_room()) return std::nullopt;
  return plan;
}

bool RemedyPlan::lift(const Finding& finding, const std::vector<Assignment>& before) {
  auto& runtime = executor_.info.runtime;
  std::vector<JobId> first;
  switch (finding.code) {
    case Obstacle::labels:
      lift_labels();
      return true;
    case Obstacle::region:
      lift_place("placement.regions", definition_.placement.regions, executor_.info.region);
      return true;
    case Obstacle::datacenter:
      lift_place("placement.datacenters", definition_.placement.datacenters, executor_.info.datacenter);
      return true;
    case Obstacle::volumes:
      lift_volumes();
      return true;
    case Obstacle::gpu:
      return lift_gpus(finding.fit);
    case Obstacle::cpu:
      return lift_cpu(finding.fit);
    case Obstacle::memory:
      return lift_memory(finding.fit);
    case Obstacle::gpu_health:
      if (way_ == Way::owner) return lift_gpus(Fit::later);
      lift_gpu_health();
      return true;
    case Obstacle::draining:
      executor_.state = ExecutorState::ready;
      add(ChangeKind::executor_resumes);
      return true;
    case Obstacle::runtime:
      runtime.healthy = true;
      add(ChangeKind::runtime_recovers);
      return true;
    case Obstacle::lost:
      executor_.state = ExecutorState::ready;
      runtime.healthy = true;
      add(ChangeKind::executor_returns);
      return true;
    case Obstacle::reservation:
      first.push_back(*kept_for_);
      return get_past(first, way_);
    default:
      for (const auto& taken : before) {
        if (taken.executor == executor()) first.push_back(taken.job);
      }
      return get_past(first, way_);
  }
}

void RemedyPlan::add(ChangeKind kind, std::optional<std::string> value) {
  NeededChange change;
  change.kind = kind;
  change.executor = executor();
  change.value = std::move(value);
  changes_.push_back(std::move(change));
}

// A field that is set again has its last value alone.
void RemedyPlan::set(std::string field, std::optional<std::string> value) {
  std::erase_if(changes_, [&](const auto& change) { return change.field == field; });
  NeededChange change;
  change.field = std::move(field);
  change.value = std::move(value);
  changes_.push_back(std::move(change));
}

void RemedyPlan::lift_labels() {
  auto& wanted = definition_.placement.labels;
  for (auto label = wanted.begin(); label != wanted.end();) {
    const auto here = executor_.info.labels.find(label->first);
    const bool is_there = here != executor_.info.labels.end();
    if (is_there && here->second == label->second) {
      ++label;
      continue;
    }
    set("placement.labels." + label->first, is_there ? std::optional(here->second) : std::nullopt);
    if (is_there) label->second = here->second;
    label = is_there ? std::next(label) : wanted.erase(label);
  }
}

void RemedyPlan::lift_place(std::string field, std::vector<std::string>& wanted, const std::string& here) {
  wanted.clear();
  if (!here.empty()) wanted.push_back(here);
  set(std::move(field), here.empty() ? std::nullopt : std::optional(here));
}

void RemedyPlan::lift_volumes() {
  auto& allowed = executor_.info.volume_paths;
  for (const auto& path : shape_of(definition_).host_paths) {
    if (std::any_of(allowed.begin(), allowed.end(), [&](const auto& root) { return is_below(path, root); }))
      continue;
    allowed.push_back(path);
    add(ChangeKind::executor_allows, path);
  }
}

bool RemedyPlan::lift_gpus(Fit fit) {
  if (fit == Fit::later && way_ == Way::others) return needs_room_ = true;
  auto& request = *definition_.resources.gpu;
  for (const auto* gpu : free_.gpus) {
    const GpuRequest other{request.count, gpu->type};
    if (!request.type || count_free(other, free_) < request.count) continue;
    request.type = gpu->type;
    set("resources.gpu.type", gpu->type);
    return true;
  }
  if (const auto usable = count_free(request, free_); usable > 0) {
    request.count = static_cast<std::uint32_t>(usable);
    set("resources.gpu.count", std::to_string(usable));
    return true;
  }
  definition_.resources.gpu.reset();
  set("resources.gpu", std::nullopt);
  return true;
}

bool RemedyPlan::lift_cpu(Fit fit) {
  if (fit == Fit::later && way_ == Way::others) return needs_room_ = true;
  const bool waits_too = way_ == Way::others;
  const auto offered = waits_too ? executor_.info.capacity.cpu : free_.cpu;
  if (offered < limits::min_cpu) return false;
  needs_room_ |= waits_too;
  definition_.resources.cpu = offered;
  set("resources.cpu", to_string(offered));
  return true;
}

bool RemedyPlan::lift_memory(Fit fit) {
  if (fit == Fit::later && way_ == Way::others) return needs_room_ = true;
  const bool waits_too = way_ == Way::others;
  const auto offered = whole_mebibytes(waits_too ? executor_.info.capacity.memory : free_.memory);
  if (offered < limits::min_memory) return false;
  needs_room_ |= waits_too;
  definition_.resources.memory = offered;
  set("resources.memory", size_text(offered));
  return true;
}

void RemedyPlan::lift_gpu_health() {
  const auto& request = *definition_.resources.gpu;
  const auto usable = count_free(request, free_);
  auto needed = request.count > usable ? request.count - usable : 0;
  std::vector<std::string> uuids;
  for (const auto* sick : sick_gpus(request, executor_)) {
    if (needed-- == 0) break;
    uuids.push_back(sick->uuid);
  }
  for (const auto& uuid : uuids) {
    std::erase_if(executor_.info.runtime.unhealthy_gpus, [&](const auto& gpu) { return gpu.uuid == uuid; });
    add(ChangeKind::gpu_recovers, uuid);
  }
  Resources nothing_else;
  nothing_else.cpu = {};
  nothing_else.memory = {};
  give_back(free_, nothing_else, uuids, executor_);
}

bool RemedyPlan::outrank(const std::vector<JobId>& jobs) {
  auto highest = definition_.priority;
  for (const auto id : jobs) {
    const auto* job = inquiry_->view.find(id);
    if (job != nullptr) highest = std::max(highest, job->definition.priority);
  }
  if (highest >= limits::max_priority) return false;
  definition_.priority = highest + 1;
  set("priority", std::to_string(highest + 1));
  return true;
}

bool RemedyPlan::get_past(const std::vector<JobId>& jobs, Way way) {
  if (jobs.empty()) return false;
  if (way == Way::owner) return outrank(jobs);
  for (const auto id : jobs) end(id);
  return true;
}

void RemedyPlan::end(JobId job) {
  NeededChange change;
  change.kind = ChangeKind::job_ends;
  change.job = job;
  changes_.push_back(std::move(change));
  ended_.push_back(job);
}

// The jobs that run there are in the way.
bool RemedyPlan::make_room() {
  const auto& wanted = definition_.resources;
  const auto gpus_of = [&](const Free& free) {
    return static_cast<std::uint32_t>(wanted.gpu ? count_free(*wanted.gpu, free) : 0);
  };
  std::vector<Holding> holdings;
  for (const auto id : executor_.jobs) {
    const auto& job = *inquiry_->view.find(id);
    Free freed;
    give_back(freed, job.definition.resources, job.attempts.back().gpus, executor_);
    holdings.push_back({id, {freed.cpu, freed.memory, gpus_of(freed)}});
  }
  const auto gpus = wanted.gpu ? wanted.gpu->count : 0;
  const Amounts missing{std::max(wanted.cpu - free_.cpu, Millicores{}),
                        std::max(wanted.memory - free_.memory, Bytes{}),
                        gpus - std::min(gpus, gpus_of(free_))};
  const auto jobs = jobs_to_end(holdings, missing);
  if (!jobs) return false;
  for (const auto job : *jobs) end(job);
  return true;
}

std::string change_words(const std::string& field, const std::optional<std::string>& value) {
  const std::string labels = "placement.labels.";
  if (field.starts_with(labels)) {
    const auto label = field.substr(labels.size());
    return value ? "with label " + label + "=" + *value : "without label " + label;
  }
  if (field == "resources.cpu") return "with " + *value + (*value == "1" ? " CPU" : " CPUs");
  if (field == "resources.memory") return "with memory " + *value;
  if (field == "resources.gpu") return "without a GPU";
  if (field == "resources.gpu.count") return "with " + *value + (*value == "1" ? " GPU" : " GPUs");
  if (field == "resources.gpu.type") return "with GPUs of type " + *value;
  if (field == "placement.regions") return value ? "in region " + *value : "in any region";
  if (field == "placement.datacenters") return value ? "in datacenter " + *value : "in any datacenter";
  return "with " + field + " " + value.value_or("unset");
}

std::string demands_of(const Shape& shape) {
  std::string words = in_words(shape.resources.cpu) + ", " + to_string(shape.resources.memory) + " of memory";
  if (shape.resources.gpu) words += ", " + in_words(*shape.resources.gpu);
  if (!shape.placement.regions.empty()) words += ", region " + shape.placement.regions.front();
  if (!shape.placement.datacenters.empty()) words += ", datacenter " + shape.placement.datacenters.front();
  for (const auto& [name, value] : shape.placement.labels) words += ", label " + name + "=" + value;
  for (const auto& path : shape.host_paths) words += ", --allow-volume " + path;
  return words;
}

}  // namespace berth
