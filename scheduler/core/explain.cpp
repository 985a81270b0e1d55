#include "scheduler/core/explain.hpp"

#include "scheduler/core/attempt_story.hpp"
#include "scheduler/core/constraints.hpp"
#include "scheduler/core/outlook.hpp"
#include "scheduler/core/remedies.hpp"
#include "scheduler/core/start_estimate.hpp"
#include "shared/model/job_lifecycle.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace berth {
namespace {

constexpr std::size_t rivals_named = 10;        // of those before it
constexpr std::size_t executors_told = 1000;  // the reasons count them all

bool waits_for_a_place(const Job& job) { return job.status == JobStatus::pending && !holds_resources(job); }

QueuePlace queue_place(const JobQueue& queue, const Turn& turn, const Outlook& outlook) {
  QueuePlace place;
  std::vector<Turn> before;
  for (const auto& [key, line] : queue.lines()) {
    for (auto earlier = line.turns.begin(); earlier != line.turns.end() && *earlier < turn; ++earlier)
      before.push_back(*earlier);
  }
  place.position = before.size() + 1;
  place.waiting = queue.size() + (queue.contains(turn.job) ? 0 : 1);
  const auto named = std::min(before.size(), rivals_named);
  std::partial_sort(before.begin(), before.begin() + static_cast<std::ptrdiff_t>(named), before.end());
  for (std::size_t i = 0; i < named; ++i) place.before.push_back({before[i].job, before[i].priority});
  for (const auto& judged : outlook.executors()) {
    if (!judged.slot->kept_for) continue;
    place.reserved_for = judged.slot->kept_for;
    place.reserved_executor = judged.verdict.name;
  }
  return place;
}

std::string retry_words(const Job& job) {
  return (job.message.empty() ? "waits before its next attempt" : job.message) + "; the next attempt begins" +
         (job.retry_at ? " at " + to_string(*job.retry_at) : " soon");
}

// What keeps the job itself back, whatever there is room for.
void add_own_reasons(const Inquiry& inquiry, std::vector<WaitReason>& reasons) {
  const auto add = [&](Obstacle code, std::string message) {
    reasons.push_back({code, Fit::later, 0, std::move(message)});
  };
  const auto& job = inquiry.job;
  if (job.reason == Reason::held)
    add(Obstacle::held, job.message.empty() ? "a person holds it back" : job.message);
  if (job.reason == Reason::backoff) add(Obstacle::backoff, retry_words(job));
  if (!inquiry.has_leader) add(Obstacle::no_leader, "no scheduler leads now, and only a leader places jobs");
}

// What must happen to the job itself before any remedy counts.
std::vector<NeededChange> own_changes(const Inquiry& inquiry) {
  std::vector<NeededChange> changes;
  const auto add = [&](ChangeKind kind, std::optional<std::string> value) {
    changes.push_back({kind, {}, {}, {}, std::move(value)});
  };
  const auto& job = inquiry.job;
  if (job.reason == Reason::held) add(ChangeKind::release, {});
  if (job.reason == Reason::backoff && job.retry_at) add(ChangeKind::time_passes, to_string(*job.retry_at));
  if (!inquiry.has_leader) add(ChangeKind::leader_comes, {});
  return changes;
}

Remedies all_remedies(const Inquiry& inquiry, const Outlook& outlook) {
  const auto own = own_changes(inquiry);
  Remedies remedies;
  if (!outlook.place()) remedies = remedies_of(inquiry, outlook);
  if (outlook.place() && !own.empty()) {
    Remedy alone;
    alone.message = "on " + outlook.place()->executor;
    alone.executors.push_back(outlook.place()->executor);
    remedies.found.push_back(std::move(alone));
  }
  for (auto& remedy : remedies.found) {
    for (const auto& change : own) {
      remedy.message += (remedy.changes.empty() ? " " : " and ") + in_words(change);
      remedy.changes.push_back(change);
    }
  }
  return remedies;
}

void explain_waiting(const Inquiry& inquiry, Explanation& explanation) {
  const auto& job = inquiry.job;
  const Turn turn{job.definition.priority, job.id};
  const Outlook outlook(inquiry.view, inquiry.rules, turn, job.definition);
  add_own_reasons(inquiry, explanation.reasons);
  for (auto& reason : reasons_of(outlook)) explanation.reasons.push_back(std::move(reason));
  if (explanation.reasons.empty()) {
    explanation.reasons.push_back(
        {Obstacle::next_pass, Fit::now, 0,
         "it fits on " + outlook.place()->executor + " now: the next pass of the leader places it"});
  }
  auto remedies = all_remedies(inquiry, outlook);
  explanation.remedies = std::move(remedies.found);
  explanation.remedies_cut = remedies.is_cut;
  explanation.queue = queue_place(inquiry.view.queue(), turn, outlook);
  for (const auto& judged : outlook.executors()) {
    if (explanation.executors.size() == executors_told) break;
    explanation.executors.push_back(in_words(outlook.shape(), judged));
  }
  explanation.executors_left_out = outlook.executors().size() - explanation.executors.size();
  explanation.estimate =
      estimate_start(inquiry, outlook, std::max(inquiry.now, job.retry_at.value_or(inquiry.now)));
}

// An attempt that is on its way, and what its machine says.
WaitReason reason_on_its_way(const ClusterView& view, const Job& job) {
  const auto& name = *job.executor;
  const auto found = view.executors().find(name);
  const auto* executor = found == view.executors().end() ? nullptr : &found->second;
  if (executor == nullptr || executor->state == ExecutorState::lost) {
    return {Obstacle::lost, Fit::later, 1,
            "executor " + name + " has it and isn't heard: once its lease is over, the job runs elsewhere"};
  }
  const auto& runtime = executor->info.runtime;
  const auto note = job.message.empty() ? "" : ": " + job.message;
  if (job.abort_requested_at) {
    return {Obstacle::stopping, Fit::later, 1,
            "it was asked to end, and " + name + " is about to see to it" + note};
  }
  if (!runtime.healthy) {
    return {Obstacle::runtime, Fit::later, 1,
            "executor " + name + " has it, but its " +
                (runtime.name.empty() ? "container runtime" : runtime.name) + " takes no containers" +
                (runtime.message.empty() ? "" : ": " + runtime.message)};
  }
  switch (job.reason.value_or(Reason::assigned)) {
    case Reason::pulling:
      return {Obstacle::pulling, Fit::later, 1, name + " pulls " + job.definition.image + note};
    case Reason::starting:
      return {Obstacle::starting, Fit::later, 1, name + " is making its container" + note};
    default:
      return {Obstacle::assigned, Fit::later, 1, name + " has it and hasn't begun yet" + note};
  }
}

Remedy remedy_on_its_way(const WaitReason& reason, const std::string& executor) {
  NeededChange change;
  change.kind = reason.code == Obstacle::lost      ? ChangeKind::executor_returns
                : reason.code == Obstacle::runtime ? ChangeKind::runtime_recovers
                                                   : ChangeKind::attempt_proceeds;
  change.executor = executor;
  Remedy remedy;
  remedy.message = "on " + executor + " " + in_words(change);
  remedy.changes.push_back(std::move(change));
  remedy.executors.push_back(executor);
  return remedy;
}

std::string summary_of(const Explanation& explanation, const Job& job) {
  if (!explanation.reasons.empty()) return explanation.reasons.front().message;
  if (job.status == JobStatus::running)
    return (job.reason == Reason::stopping ? "is being stopped on " : "runs on ") +
           job.executor.value_or("?") + (job.message.empty() ? "" : ": " + job.message);
  return job.message;
}

}  // namespace

Explanation explain(const Inquiry& inquiry) {
  const auto& job = inquiry.job;
  Explanation explanation;
  explanation.job = job.id;
  explanation.status = job.status;
  explanation.reason = job.reason;
  if (waits_for_a_place(job)) {
    explain_waiting(inquiry, explanation);
  } else if (job.status == JobStatus::pending) {
    explanation.reasons.push_back(reason_on_its_way(inquiry.view, job));
    if (!job.abort_requested_at)
      explanation.remedies.push_back(remedy_on_its_way(explanation.reasons.front(), *job.executor));
  }
  explanation.at = inquiry.now;
  explanation.attempts = stories_of(job, explanation.at);
  explanation.summary = summary_of(explanation, job);
  return explanation;
}

std::vector<std::string> names_in_the_way(const Inquiry& inquiry, std::size_t limit) {
  const auto shape = shape_of(inquiry.job.definition);
  std::set<std::string> names;
  if (!waits_for_a_place(inquiry.job)) return {};
  for (const auto& [name, executor] : inquiry.view.executors()) {
    if (constraints::all(shape, executor, free_of(executor)) == Fit::never) continue;
    for (const auto id : executor.jobs) {
      const auto& job_name = inquiry.view.find(id)->definition.name;
      if (job_name) names.insert(*job_name);
      if (names.size() == limit) return {names.begin(), names.end()};
    }
  }
  return {names.begin(), names.end()};
}

}  // namespace berth
