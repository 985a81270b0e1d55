#include "scheduler/core/start_estimate.hpp"

#include <algorithm>
#include <queue>
#include <utility>

namespace berth {
namespace {

// For each bound: how much work leads to no further pass, and how many passes there are at most.
constexpr std::size_t estimate_limit = 100'000;
constexpr std::size_t pass_limit = 256;
constexpr std::size_t ends_in_a_pass = 64;  // of those that end at one time

enum class Bound { earliest, latest };

const PastRuns* past_of(const History& history, const JobDefinition& definition) {
  const auto found = definition.name ? history.find(*definition.name) : history.end();
  return found == history.end() ? nullptr : &found->second;
}

// How long a process runs, counted from its start; nothing: no bound is known.
std::optional<Milliseconds> running_time(const JobDefinition& definition, const History& history, Bound bound,
                                         Milliseconds so_far) {
  const auto* past = past_of(history, definition);
  if (bound == Bound::earliest) return std::max(past == nullptr ? Milliseconds{0} : past->shortest, so_far);
  std::optional<Milliseconds> longest;
  if (definition.timeout) longest = *definition.timeout + definition.stop_grace;
  if (past != nullptr && past->longest > so_far)
    longest = std::min(longest.value_or(past->longest), past->longest);
  return longest;
}

// How far a simulation came: to the job's place, to the last end, or as far as it may.
struct Outcome {
  std::optional<WallTime> place;
  bool is_cut = false;
  WallTime until{};
};

class Simulation {
 public:
  Simulation(const Inquiry& inquiry, const Outlook& outlook, Bound bound, WallTime from)
      : inquiry_(inquiry),
        bound_(bound),
        turn_{inquiry.job.definition.priority, inquiry.job.id},
        shape_(shape_of(inquiry.job.definition)),
        now_(from),
        pass_(outlook.pass()) {
    for (const auto& [name, executor] : inquiry.view.executors()) {
      for (const auto id : executor.jobs) add_running(*inquiry.view.find(id));
    }
    add_placed(outlook.before());
  }

  Outcome run() {
    for (std::size_t i = 0; i < pass_limit && pass_.work() < estimate_limit; ++i) {
      if (ends_.empty()) return {std::nullopt, false, now_};
      now_ = std::max(now_, ends_.top().at);
      PlacementPass::Later later;
      while (!ends_.empty() && ends_.top().at <= now_ && later.ended.size() < ends_in_a_pass) {
        later.ended.push_back(ends_.top().job);
        ends_.pop();
      }
      add_placed(pass_.go_on(later, turn_));
      if (pass_.best_slot(shape_) != nullptr) return {now_, false, now_};
    }
    return {std::nullopt, !ends_.empty(), now_};
  }

 private:
  struct End {
    WallTime at;
    JobId job;
    bool operator<(const End& other) const { return other.at < at || (other.at == at && other.job < job); }
  };

  void add_running(const Job& job) {
    const auto start = job.started_at.value_or(now_);
    const auto so_far = std::max(now_ - start, Milliseconds{0});
    const auto runs = running_time(job.definition, inquiry_.history, bound_, so_far);
    if (runs) ends_.push({start + *runs, job.id});
  }

  void add_placed(const std::vector<Assignment>& placed) {
    for (const auto& assignment : placed) {
      const auto& definition = inquiry_.view.find(assignment.job)->definition;
      const auto runs = running_time(definition, inquiry_.history, bound_, Milliseconds{0});
      if (runs) ends_.push({now_ + std::max(*runs, Milliseconds{1}), assignment.job});
    }
  }

  const Inquiry& inquiry_;
  Bound bound_;
  Turn turn_;
  Shape shape_;
  WallTime now_;
  PlacementPass pass_;
  std::priority_queue<End> ends_;
};

}  // namespace

StartEstimate estimate_start(const Inquiry& inquiry, const Outlook& outlook, WallTime from) {
  StartEstimate estimate;
  if (!inquiry.has_leader) {
    estimate.message = "nobody places jobs";
    return estimate;
  }
  if (outlook.place()) {
    estimate.earliest = estimate.latest = from;
    return estimate;
  }
  const auto earliest = Simulation(inquiry, outlook, Bound::earliest, from).run();
  if (earliest.is_cut) {
    estimate.earliest = earliest.until;
    estimate.message = "many jobs go before it, and it is further ahead than is looked";
    return estimate;
  }
  estimate.earliest = earliest.place;
  if (!estimate.earliest) {
    estimate.message = "no end of a job that runs makes room for it";
    return estimate;
  }
  const auto latest = Simulation(inquiry, outlook, Bound::latest, from).run();
  estimate.latest = latest.place;
  if (latest.is_cut) {
    estimate.message = "many jobs go before it, and the latest is further ahead than is looked";
  } else if (!estimate.latest) {
    estimate.message = "it depends on jobs that have no timeout, and no runs of the same name to go by";
  } else if (*estimate.latest > from) {
    estimate.message = "by the timeouts of the jobs in its way, and by how long others of their name took";
  }
  return estimate;
}

}  // namespace berth
