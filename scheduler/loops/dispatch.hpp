// Finds places for waiting jobs while this scheduler leads: keeps the view of the cluster right by the event
// feed, lets the placement core decide, and writes its decisions in batches. Nothing polls in a job's way; a
// slow sweep compares the view with the store, so that no job hangs on an event that never came.
#pragma once

#include "scheduler/core/cluster_view.hpp"
#include "scheduler/core/histogram.hpp"
#include "scheduler/core/placement.hpp"
#include "scheduler/loops/leadership.hpp"
#include "scheduler/loops/liveness.hpp"
#include "scheduler/settings.hpp"
#include "shared/model/job_lifecycle.hpp"
#include "shared/runtime/async.hpp"
#include "shared/store/store.hpp"

#include <deque>
#include <string>
#include <unordered_set>
#include <vector>

namespace berth {

class Dispatch {
 public:
  // `settings` of the scheduler: its name, for the events it causes, and how it places.
  Dispatch(asio::any_io_executor executor, Store& store, const Clock& clock, Leadership& leadership,
           Liveness& liveness, const SchedulerSettings& settings)
      : store_(store),
        clock_(clock),
        leadership_(leadership),
        liveness_(liveness),
        actor_("scheduler/" + settings.name),
        rules_{.spread = settings.spread},
        wakeup_(std::move(executor)) {}

  // Leads whenever it is this scheduler's turn, until cancelled.
  Task<> run();

  // What the feed brings; and: leadership or executors have changed.
  void on_events(const std::vector<Event>& events);
  void on_change() { wakeup_.notify(); }
  // The store went back in time: what the view was made of no longer holds.
  void on_history_lost() {
    view_ = ClusterView{};
    is_complete_ = false;
    is_doubtful_ = true;
    wakeup_.notify();
  }

  const ClusterView& view() const { return view_; }
  // While this scheduler leads and knows all jobs: what it places by.
  const ClusterView* leaders_view() const { return leadership_.epoch() && is_complete_ ? &view_ : nullptr; }
  const PlacementRules& rules() const { return rules_; }
  // Since this process began.
  std::uint64_t placements() const { return placements_; }
  const Histogram& pass_seconds() const { return pass_seconds_; }

 private:
  Task<> serve(Epoch epoch);
  Task<bool> take_in_events();
  Task<bool> refresh(std::vector<JobId> ids);
  void tell_time();
  Task<bool> sweep();

  std::vector<Change> decide(WallTime now);
  struct Loss {
    Sighting last;
    std::vector<Change> changes;
  };
  std::optional<Loss> next_loss(WallTime now) const;
  Task<bool> commit_loss(Loss loss, Epoch epoch);
  Task<bool> take_results(std::vector<Change> changes, Result<std::vector<Changed>> results);
  void add_change(std::vector<Change>& changes, JobId id, const lifecycle::Event& event, WallTime now) const;
  Task<bool> commit(std::vector<Change> changes, Epoch epoch);
  Deadline next_look(Monotonic swept_at) const;

  Store& store_;
  const Clock& clock_;
  Leadership& leadership_;
  Liveness& liveness_;
  std::string actor_;
  PlacementRules rules_;
  Wakeup wakeup_;
  ClusterView view_;
  std::uint64_t placements_ = 0;
  Histogram pass_seconds_;    // from the decisions to their being written
  bool is_complete_ = false;  // every live job of this time of leading is in the view
  bool is_doubtful_ = false;
  std::deque<Event> events_;     // not yet taken in; only kept while leading
  std::uint64_t last_seq_ = 0;   // of the last one taken in; 0: none yet
  std::optional<JobId> reread_;  // the sweep's turn: below this one; none: from the newest
};

}  // namespace berth
