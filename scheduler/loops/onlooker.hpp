// Shows the cluster to whoever asks, at any scheduler. The one that leads shows what it places by; any other
// reads the live jobs when it is asked for the first time, and from then on only what the events say has
// changed since it was last asked. So a scheduler that nobody asks keeps nothing.
//
// What a follower shows differs from the leader's view in one thing: for how long a job has waited it takes
// from the records, and so from other machines' clocks, where the leader has timed it on its own. It matters
// for a reservation only.
#pragma once

#include "scheduler/loops/dispatch.hpp"
#include "scheduler/loops/event_feed.hpp"

#include <set>
#include <vector>

namespace berth {

class Onlooker {
 public:
  Onlooker(asio::any_io_executor executor, Store& store, const Clock& clock, const EventFeed& feed,
           const Liveness& liveness, const Dispatch& dispatch)
      : executor_(std::move(executor)),
        store_(store),
        clock_(clock),
        feed_(feed),
        liveness_(liveness),
        dispatch_(dispatch) {}

  struct Sight {
    const ClusterView* view;  // until the next co_await
    bool is_leaders;
    WallTime at;  // now; the leader's view is of its last pass
  };
  // Error unavailable, timeout: the store doesn't answer. Those who ask meanwhile share the error: each would
  // wait as long for its own.
  Task<Result<Sight>> look();

  // The store went back in time: what was read no longer holds.
  void on_history_lost() {
    is_read_ = false;
    is_history_lost_ = true;
  }

 private:
  class Reading;
  class Waiter;

  Task<Result<>> catch_up();
  Task<Result<>> read_all();
  Task<Result<std::vector<Event>>> next_events();
  Task<Result<>> take_in(std::vector<Event> events);
  Task<Result<>> wait_for_reader();

  asio::any_io_executor executor_;
  Store& store_;
  const Clock& clock_;
  const EventFeed& feed_;
  const Liveness& liveness_;
  const Dispatch& dispatch_;
  ClusterView view_;
  bool is_read_ = false;          // the view is complete up to seq_
  std::uint64_t seq_ = 0;         // the event up to which it is
  bool is_history_lost_ = false;  // since it began to read everything
  bool is_reading_ = false;       // one reads for all who ask meanwhile
  std::set<Waiter*> waiting_;
};

}  // namespace berth
