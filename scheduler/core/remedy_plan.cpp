#include "scheduler/core/remedy_plan.hpp"

#include "scheduler/core/constraints.hpp"
#include "scheduler/core/jobs_to_end.hpp"
#include "scheduler/core/remedy_words.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace berth {
namespace {

Bytes whole_mebibytes(Bytes bytes) { return {bytes.value - bytes.value % (1_MiB).value}; }

bool is_about_room(const Finding& finding) {
  const bool is_amount_or_turn = finding.code == Obstacle::gpu || finding.code == Obstacle::cpu ||
                                 finding.code == Obstacle::memory || finding.code == Obstacle::turn;
  return is_amount_or_turn && finding.fit == Fit::later;
}

}  // namespace

RemedyPlan::RemedyPlan(const Inquiry& inquiry, const Judged& judged, const std::vector<Assignment>& before,
                       Way way)
    : inquiry_(&inquiry),
      way_(way),
      free_(judged.slot->free),
      executor_(*judged.slot->executor),
      kept_for_(judged.slot->kept_for),
      definition_(inquiry.job.definition) {
  for (const auto& taken : before) {
    if (taken.executor == executor()) taken_.push_back(taken);
  }
}

std::optional<RemedyPlan> RemedyPlan::make(const Inquiry& inquiry, const Judged& judged,
                                           const std::vector<Assignment>& before, Way way) {
  RemedyPlan plan(inquiry, judged, before, way);
  for (const auto& finding : judged.verdict.findings) {
    if (!plan.lift(finding)) return std::nullopt;
  }
  if (plan.needs_room_ && !plan.make_room()) return std::nullopt;
  return plan;
}

bool RemedyPlan::lift(const Finding& finding) {
  auto& runtime = executor_.info.runtime;
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
      return lift_reservation();
    default:
      return lift_turn();
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

bool RemedyPlan::lift_reservation() {
  if (way_ == Way::owner) return outrank_all();
  end(*kept_for_);
  return true;
}

// Those that the pass gives a place there are as good as running.
bool RemedyPlan::lift_turn() {
  if (way_ == Way::others) return needs_room_ = true;
  return outrank_all();
}

// Once is enough, for whom the executor is kept and for whom the pass gives a place there.
bool RemedyPlan::outrank_all() {
  return definition_.priority > inquiry_->job.definition.priority || outrank(room());
}

SlotRoom RemedyPlan::room() const {
  return room_of(inquiry_->view, {&executor_, free_, kept_for_}, taken_, definition_.resources);
}

int RemedyPlan::priority_of(JobId id) const {
  const auto* job = inquiry_->view.find(id);
  return job == nullptr ? definition_.priority : job->definition.priority;
}

// By the least priority that gets it past enough of them, the ones of the latest turns first; past all, where
// that isn't enough either.
bool RemedyPlan::outrank(const SlotRoom& room) {
  auto past = definition_.priority;
  if (room.kept_for) past = std::max(past, priority_of(*room.kept_for));
  std::multimap<int, Amounts> rivals;
  for (const auto& taken : room.taken) rivals.emplace(priority_of(taken.job), taken.amounts);
  auto free = room.free;
  for (const auto& [priority, amounts] : rivals) {
    if (priority > past && lacking(definition_.resources, free) == Amounts{}) break;
    past = std::max(past, priority);
    free.cpu += amounts.cpu;
    free.memory += amounts.memory;
    free.gpus += amounts.gpus;
  }
  if (past >= limits::max_priority) return false;
  definition_.priority = past + 1;
  set("priority", std::to_string(past + 1));
  return true;
}

bool RemedyPlan::get_past(const SlotRoom& room, Way way) {
  if (room.taken.empty() && !room.kept_for) return false;
  if (way == Way::owner) return outrank(room);
  const auto known = ended_.size();
  if (room.kept_for) end(*room.kept_for);
  if (const auto jobs = jobs_to_end(room.taken, lacking(definition_.resources, room.free))) {
    for (const auto job : *jobs) end(job);
  } else {
    for (const auto& taken : room.taken) end(taken.job);
  }
  return ended_.size() > known;
}

RemedyPlan RemedyPlan::without(JobId ending) const {
  auto plan = *this;
  std::erase(plan.ended_, ending);
  std::erase_if(plan.changes_, [&](const auto& change) { return change.job == ending; });
  return plan;
}

void RemedyPlan::end(JobId job) {
  NeededChange change;
  change.kind = ChangeKind::job_ends;
  change.job = job;
  changes_.push_back(std::move(change));
  ended_.push_back(job);
}

// The jobs that run there are in the way, or would by then.
bool RemedyPlan::make_room() {
  const auto& wanted = definition_.resources;
  const auto now = room();
  auto holdings = running_on(inquiry_->view, executor_, wanted);
  holdings.insert(holdings.end(), now.taken.begin(), now.taken.end());
  const auto jobs = jobs_to_end(holdings, lacking(wanted, now.free));
  if (!jobs) return false;
  for (const auto job : *jobs) end(job);
  return true;
}

std::size_t changes_needed(const Inquiry& inquiry, const Judged& judged) {
  const auto& findings = judged.verdict.findings;
  const auto about_room =
      static_cast<std::size_t>(std::count_if(findings.begin(), findings.end(), is_about_room));
  if (about_room == 0) return findings.size();
  const auto& wanted = inquiry.job.definition.resources;
  const auto& slot = *judged.slot;
  const auto room = room_of(inquiry.view, slot, {}, wanted);
  const auto jobs = jobs_to_end(running_on(inquiry.view, *slot.executor, wanted), lacking(wanted, room.free));
  return findings.size() - about_room + (jobs ? jobs->size() : 1);
}

}  // namespace berth
