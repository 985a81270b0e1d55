// Elects the one scheduler that places jobs.
//
// The leader raises a counter in the store. Whoever sees it stand still for limits::leader_lost_after on its
// own monotonic clock takes over, by compare-and-set on what it saw, with the next epoch. A deposed leader
// that still writes is refused by the store, because every write of a leader carries its epoch: safety never
// rests on these timers.
#pragma once

#include "shared/runtime/async.hpp"
#include "shared/store/store.hpp"

#include <functional>
#include <optional>
#include <string>

namespace berth {

class Leadership {
 public:
  // `alone`: no other scheduler can be alive on this store (`berth up` holds the lock of its private one), so
  // that whoever led before is gone and need not be waited for. `on_change` is called when this scheduler has
  // become leader or has been deposed.
  Leadership(asio::any_io_executor executor, Store& store, const Clock& clock, std::string name, bool alone,
             std::function<void()> on_change)
      : store_(store),
        clock_(clock),
        name_(std::move(name)),
        alone_(alone),
        on_change_(std::move(on_change)),
        wakeup_(std::move(executor)) {}

  // Follows or leads until cancelled.
  Task<> run();

  // Gives the leadership up, so that the next one need not wait. Call it after run() has ended.
  Task<> resign();

  // This scheduler's.
  const std::string& name() const { return name_; }
  // The epoch while this scheduler leads.
  std::optional<Epoch> epoch() const { return epoch_; }
  // Who leads, as far as is known here.
  std::optional<std::string> leader() const { return leader_; }

  // The leader has gone in order: there is nothing to wait for.
  void on_resigned() { wakeup_.notify(); }
  // A write was refused because of its epoch.
  void on_deposed();
  // The store went back in time. It may have lost this election, and another scheduler have won one with the
  // same epoch: lead on only with a new one.
  void on_history_lost();

 private:
  void step_down();
  Task<> follow();
  Task<> lead();
  Task<> take_over(std::optional<Leader> seen);

  Store& store_;
  const Clock& clock_;
  std::string name_;
  bool alone_;
  std::function<void()> on_change_;
  std::optional<Epoch> epoch_;
  std::optional<std::string> leader_;
  Wakeup wakeup_;  // don't wait for the next round: what it would see has changed
};

}  // namespace berth
