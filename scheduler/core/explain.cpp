#include "scheduler/core/explain.hpp"

#include "scheduler/core/outlook.hpp"
#include "scheduler/core/remedies.hpp"
#include "scheduler/core/remedy_words.hpp"
#include "scheduler/core/start_estimate.hpp"
#include "shared/model/attempt_story.hpp"
#include "shared/model/job_lifecycle.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace berth {
namespace {

constexpr std::size_t rivals_named = 10;      // of those before it
constexpr std::size_t executors_told = 1000;  // the reasons count them all

bool is_unreadable(const Job& job) { return job.reason == Reason::held; }

bool waits_for_a_place(const Job& job) {
  return job.status == JobStatus::pending && !holds_resources(job) && !is_unreadable(job);
}

Turn turn_of(const Job& job) { return {job.definition.priority, job.id}; }

Outlook outlook_for(const Inquiry& inquiry) {
  static const std::vector<PlacementPass::Newcomer> nobody;
  const auto& besides = inquiry.besides == nullptr ? nobody : *inquiry.besides;
  return {inquiry.view, inquiry.rules, turn_of(inquiry.job), inquiry.job.definition, besides};
}

// How many of the same submit go before it.
std::size_t siblings_before(const Inquiry& inquiry) {
  if (inquiry.besides == nullptr) return 0;
  const auto turn = turn_of(inquiry.job);
  const auto is_before = [&](const auto& one) { return Turn{one.definition.priority, one.job} < turn; };
  return static_cast<std::size_t>(std::count_if(inquiry.besides->begin(), inquiry.besides->end(), is_before));
}

QueuePlace queue_place(const Inquiry& inquiry, const Outlook& outlook) {
  const auto& queue = inquiry.view.queue();
  const auto turn = turn_of(inquiry.job);
  QueuePlace place;
  std::vector<Turn> before;
  for (const auto& [key, line] : queue.lines()) {
    for (auto earlier = line.turns.begin(); earlier != line.turns.end() && *earlier < turn; ++earlier)
      before.push_back(*earlier);
  }
  place.position = before.size() + siblings_before(inquiry) + 1;
  const auto newcomers = inquiry.besides == nullptr ? 1 : inquiry.besides->size();
  place.waiting = queue.size() + (queue.contains(turn.job) ? 0 : newcomers);
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
  if (job.reason == Reason::backoff && job.retry_at) add(ChangeKind::time_passes, to_string(*job.retry_at));
  if (!inquiry.has_leader) add(ChangeKind::leader_comes, {});
  return changes;
}

Remedies all_remedies(const Inquiry& inquiry, const Outlook& outlook) {
  const auto own = own_changes(inquiry);
  Remedies remedies;
  // What others of its submit would take of a remedy isn't known: they have no numbers that could be told.
  remedies.is_cut = !outlook.place() && siblings_before(inquiry) > 0;
  if (!outlook.place() && !remedies.is_cut) remedies = remedies_of(inquiry, outlook);
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

StartEstimate start_of(const Inquiry& inquiry, const Outlook& outlook) {
  StartEstimate estimate;
  if (!outlook.place() && siblings_before(inquiry) > 0) {
    estimate.message = "it goes behind jobs of the same submit";
    return estimate;
  }
  return estimate_start(inquiry, outlook, std::max(inquiry.now, inquiry.job.retry_at.value_or(inquiry.now)));
}

void explain_waiting(const Inquiry& inquiry, Explanation& explanation) {
  const auto outlook = outlook_for(inquiry);
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
  explanation.queue = queue_place(inquiry, outlook);
  for (const auto& judged : outlook.executors()) {
    if (explanation.executors.size() == executors_told) break;
    explanation.executors.push_back(in_words(outlook.shape(), judged));
  }
  explanation.executors_left_out = outlook.executors().size() - explanation.executors.size();
  explanation.estimate = start_of(inquiry, outlook);
}

// A record that can't be read: nothing is known of the job but what is said of it.
WaitReason reason_unreadable(const Job& job) {
  return {Obstacle::held, Fit::later, 0,
          (job.message.empty() ? "its record can't be read" : job.message) +
              "; it is never placed: abort it, or let the version of Berth that wrote it read it"};
}

bool is_heard(const ClusterView& view, const std::string& executor) {
  const auto found = view.executors().find(executor);
  return found != view.executors().end() && found->second.state != ExecutorState::lost;
}

// What becomes of an attempt whose machine is given up (job_lifecycle.cpp decides).
std::string fate_when_lost(const Job& job) {
  if (job.abort_requested_at) return "the job is aborted, as it was asked to";
  if (job.definition.at_most_once) return "the job fails, as it may run at most once";
  if (job.infrastructure_retries < limits::infrastructure_retries) return "the job is tried again";
  const auto& on = job.definition.retries.on;
  const bool counts = std::find(on.begin(), on.end(), Cause::executor_lost) != on.end();
  if (counts && has_retries_left(job, job.attempt)) return "the job is tried again";
  return "the job fails, as it has lost " + std::to_string(limits::infrastructure_retries) +
         " attempts to machines and pulls before";
}

WaitReason reason_not_heard(const Inquiry& inquiry) {
  const auto& job = inquiry.job;
  return {job.abort_requested_at ? Obstacle::stopping : Obstacle::lost, Fit::later, 1,
          "executor " + *job.executor + " has it and isn't heard: once its lease is over" +
              (inquiry.has_leader ? ", " : " and a scheduler leads, ") + fate_when_lost(job)};
}

// An attempt that is on its way, and what its machine says.
WaitReason reason_on_its_way(const Inquiry& inquiry) {
  const auto& job = inquiry.job;
  const auto& name = *job.executor;
  if (!is_heard(inquiry.view, name)) return reason_not_heard(inquiry);
  const auto& runtime = inquiry.view.executors().at(name).info.runtime;
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

std::string summary_of(const Explanation& explanation, const Inquiry& inquiry) {
  const auto& job = inquiry.job;
  if (!explanation.reasons.empty()) return explanation.reasons.front().message;
  if (job.status != JobStatus::running || !job.executor) return job.message;
  const auto note = job.message.empty() ? "" : ": " + job.message;
  if (!is_heard(inquiry.view, *job.executor)) return "is on " + *job.executor + ", which isn't heard" + note;
  return (job.reason == Reason::stopping ? "is being stopped on " : "runs on ") + *job.executor + note;
}

}  // namespace

Explanation explain(const Inquiry& inquiry) {
  const auto& job = inquiry.job;
  Explanation explanation;
  explanation.job = job.id;
  explanation.name = job.definition.name;
  explanation.status = job.status;
  explanation.reason = job.reason;
  if (waits_for_a_place(job)) {
    explain_waiting(inquiry, explanation);
  } else if (job.status == JobStatus::pending && is_unreadable(job)) {
    explanation.reasons.push_back(reason_unreadable(job));
  } else if (job.status == JobStatus::pending) {
    explanation.reasons.push_back(reason_on_its_way(inquiry));
    if (!job.abort_requested_at)
      explanation.remedies.push_back(remedy_on_its_way(explanation.reasons.front(), *job.executor));
  }
  explanation.at = inquiry.now;
  explanation.attempts = stories_of(job, explanation.at);
  explanation.summary = summary_of(explanation, inquiry);
  return explanation;
}

std::vector<std::string> names_in_the_way(const Inquiry& inquiry, std::size_t limit) {
  if (!waits_for_a_place(inquiry.job)) return {};
  const auto outlook = outlook_for(inquiry);
  if (outlook.place()) return {};
  std::set<std::string> names;
  const auto add = [&](JobId id) {
    const auto* job = inquiry.view.find(id);
    if (job != nullptr && job->definition.name && names.size() < limit) names.insert(*job->definition.name);
  };
  for (const auto& judged : outlook.executors()) {
    if (judged.verdict.fit == Fit::never) continue;
    for (const auto id : judged.slot->executor->jobs) add(id);
    if (names.size() >= limit) break;
  }
  for (const auto& placed : outlook.before()) add(placed.job);
  return {names.begin(), names.end()};
}

}  // namespace berth
