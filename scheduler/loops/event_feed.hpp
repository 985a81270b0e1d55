// Follows the store's event stream and tells whoever in this process wants to know. One reader for all of
// them; the newest limits::events_remembered events stay in memory for those that follow at their own pace.
#pragma once

#include "shared/runtime/async.hpp"
#include "shared/store/store.hpp"

#include <deque>
#include <functional>
#include <optional>
#include <random>
#include <set>
#include <unordered_map>
#include <vector>

namespace berth {

class EventFeed {
 public:
  using Listener = std::function<void(const std::vector<Event>&)>;

  // `seed` decides how long it waits between tries.
  EventFeed(asio::any_io_executor executor, Store& store, std::uint64_t seed = std::random_device{}())
      : executor_(std::move(executor)), store_(store), seed_(seed) {}

  // Called with every batch, in order; set before run().
  void listen(Listener listener) { listeners_.push_back(std::move(listener)); }

  // Called when the store went back in time, and the feed goes on from its new end: what was made of earlier
  // events may be wrong. Set before run().
  void on_history_lost(std::function<void()> listener) { on_history_lost_ = std::move(listener); }

  // Finds the end of the stream. Whoever reads the state of things after this misses nothing that the feed
  // brings.
  Task<> start();

  // Reads from there until cancelled. After a loss of contact it goes on where it was.
  Task<> run();

  // The number of the newest event that was seen here.
  std::uint64_t position() const { return position_; }
  // The remembered events after `seq`, oldest first, `limit` at most. Nothing when the memory doesn't reach
  // back so far, or the number is of none that was seen here: then ask the store.
  std::optional<std::vector<Event>> recent(std::uint64_t seq, std::size_t limit) const;

  // Wakes its holder when anything happened: look at recent(), then wait.
  class Follower {
   public:
    explicit Follower(EventFeed& feed);
    ~Follower() { feed_.followers_.erase(this); }
    Follower(const Follower&) = delete;
    Follower& operator=(const Follower&) = delete;
    // False at the deadline.
    Task<bool> wait(Deadline deadline = no_deadline) { return wakeup_.wait(deadline); }

   private:
    friend class EventFeed;
    EventFeed& feed_;
    Wakeup wakeup_;
  };

  // Wakes its holder when something happened to one job. Register it first, then read the record, then wait:
  // so nothing is missed.
  class JobWatch {
   public:
    JobWatch(EventFeed& feed, JobId job);
    ~JobWatch();
    JobWatch(const JobWatch&) = delete;
    JobWatch& operator=(const JobWatch&) = delete;
    // False at the deadline.
    Task<bool> wait(Deadline deadline) { return wakeup_.wait(deadline); }

   private:
    friend class EventFeed;
    EventFeed& feed_;
    JobId job_;
    Wakeup wakeup_;
  };

 private:
  void publish(const std::vector<Event>& events);
  void remember(const std::vector<Event>& events);

  asio::any_io_executor executor_;
  Store& store_;
  std::uint64_t seed_;
  std::uint64_t history_ = 0;  // the store's, in which the position counts
  std::uint64_t position_ = 0;
  std::uint64_t forgotten_ = 0;  // events up to this one aren't in `recent_` (any more)
  std::deque<Event> recent_;     // those after it up to position_, oldest first
  std::vector<Listener> listeners_;
  std::function<void()> on_history_lost_;
  std::unordered_multimap<JobId, JobWatch*> watches_;
  std::set<Follower*> followers_;
};

}  // namespace berth
