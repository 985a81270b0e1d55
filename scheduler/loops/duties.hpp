// The background duties of a scheduler, and how they wake each other: all of it but its API.
#pragma once

#include "scheduler/core/ending_tally.hpp"
#include "scheduler/loops/dispatch.hpp"
#include "scheduler/loops/event_feed.hpp"
#include "scheduler/loops/leadership.hpp"
#include "scheduler/loops/liveness.hpp"
#include "scheduler/loops/onlooker.hpp"
#include "scheduler/loops/retention.hpp"
#include "scheduler/loops/webhooks.hpp"
#include "scheduler/settings.hpp"
#include "shared/runtime/task_group.hpp"

#include <cstdint>
#include <random>
#include <vector>

namespace berth {

class Duties {
 public:
  // The store must be started; store and clock outlive this. `seed` decides what is left to chance.
  Duties(asio::any_io_executor executor, Store& store, const Clock& clock, const SchedulerSettings& settings,
         std::uint64_t seed = std::random_device{}());

  // Starts all of them.
  Task<> start();
  // Ends them, without a word to the others (Leadership::resign says it). Once, after start().
  Task<> stop();

  EventFeed feed;
  Leadership leadership;
  Liveness liveness;
  Dispatch dispatch;
  Retention retention;
  Onlooker onlooker;
  EndingTally endings;  // of all jobs, as the feed tells them
  Webhooks webhooks;

 private:
  void on_events(const std::vector<Event>& events);

  TaskGroup tasks_;
};

}  // namespace berth
