// Follows the store's event stream and tells whoever in this process wants to know. One reader for all of
// them.
#pragma once

#include "shared/runtime/async.hpp"
#include "shared/store/store.hpp"

#include <functional>
#include <unordered_map>
#include <vector>

namespace berth {

class EventFeed {
 public:
  using Listener = std::function<void(const std::vector<Event>&)>;

  EventFeed(asio::any_io_executor executor, Store& store) : executor_(std::move(executor)), store_(store) {}

  // Called with every batch, in order; set before run().
  void listen(Listener listener) { listeners_.push_back(std::move(listener)); }

  // Finds the end of the stream. Whoever reads the state of things after this misses nothing that the feed
  // brings.
  Task<> start();

  // Reads from there until cancelled. After a loss of contact it goes on where it was.
  Task<> run();

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

  asio::any_io_executor executor_;
  Store& store_;
  std::uint64_t position_ = 0;
  std::vector<Listener> listeners_;
  std::unordered_multimap<JobId, JobWatch*> watches_;
};

}  // namespace berth
