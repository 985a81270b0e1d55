#include "scheduler/core/start_estimate.hpp"

#include "shared/model/image_name.hpp"

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

// How long a process runs, counted from its start; nothing: no bound is known. A timeout is none where the
// job is then tried again, in its old turn.
std::optional<Milliseconds> running_time(const JobDefinition& definition, const History& history, Bound bound,
                                         Milliseconds so_far, bool is_last_try) {
  const auto* past = past_of(history, definition);
  if (bound == Bound::earliest) return std::max(past == nullptr ? Milliseconds{0} : past->shortest, so_far);
  std::optional<Milliseconds> longest;
  if (definition.timeout && is_last_try) longest = *definition.timeout + definition.stop_grace;
  if (past != nullptr && past->longest > so_far)
    longest = std::min(longest.value_or(past->longest), past->longest);
  return longest;
}

bool has_its_image(const ClusterView& view, const std::string& executor, const Job& job) {
  const auto found = view.executors().find(executor);
  return found != view.executors().end() &&
         has_image(found->second.info, full_image_name(job.definition.image));
}

// Whether a job of an earlier turn will be in the queue again, nobody knows for how long.
bool is_one_in_backoff_before(const ClusterView& view, const Turn& turn) {
  return std::any_of(view.jobs().begin(), view.jobs().end(), [&](const auto& entry) {
    const Job& job = entry.second;
    return job.reason == Reason::backoff && Turn{job.definition.priority, job.id} < turn;
  });
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
    if (!job.started_at && !begins_at_once(job, *job.executor)) return;
    const auto start = job.started_at.value_or(now_);
    const auto so_far = std::max(now_ - start, Milliseconds{0});
    const bool is_last_try = !has_retries_left(job, job.attempt);
    const auto runs = running_time(job.definition, inquiry_.history, bound_, so_far, is_last_try);
    if (runs) ends_.push({start + *runs, job.id});
  }

  void add_placed(const std::vector<Assignment>& placed) {
    for (const auto& assignment : placed) {
      const auto* job = inquiry_.view.find(assignment.job);
      if (job == nullptr || !begins_at_once(*job, assignment.executor)) continue;
      const bool is_last_try = !has_retries_left(*job, job->attempt + 1);
      const auto runs = running_time(job->definition, inquiry_.history, bound_, Milliseconds{0}, is_last_try);
      if (runs) ends_.push({now_ + std::max(*runs, Milliseconds{1}), job->id});
    }
  }

  // How long a pull takes isn't known; at best it takes nothing.
  bool begins_at_once(const Job& job, const std::string& executor) const {
    return bound_ == Bound::earliest || has_its_image(inquiry_.view, executor, job);
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
    if (from > inquiry.now) estimate.message = "if there is still room then";
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
  if (latest.is_cut) {
    estimate.message = "many jobs go before it, and the latest is further ahead than is looked";
  } else if (!latest.place) {
    estimate.message =
        "jobs in its way may take any time: they have no timeout and no earlier runs of their name to go by, "
        "or "
        "may be retried, or pull an image first";
  } else if (is_one_in_backoff_before(inquiry.view, {inquiry.job.definition.priority, inquiry.job.id})) {
    estimate.message = "jobs that wait for their next attempt go before it";
  } else {
    estimate.latest = latest.place;
    if (*estimate.latest < *estimate.earliest) std::swap(*estimate.latest, *estimate.earliest);
    estimate.message = "by the timeouts of the jobs in its way, and by how long others of their name took";
  }
  return estimate;
}

bool has_retries_left(const Job& job, std::uint32_t attempt) {
  const auto not_its_own = job.infrastructure_retries + 1;
  const auto used = attempt > not_its_own ? attempt - not_its_own : 0;
  return !job.abort_requested_at && used < job.definition.retries.max;
}

}  // namespace berth
