// Tells the store what becomes of this executor's attempts.
//
// Each attempt has a queue of lifecycle events and the last known record. One change of a job is under way at
// a time; all jobs that have something to say go together in one call, so that a busy executor writes
// hundreds of changes with one fsync and an idle one writes at once. Progress that hasn't left yet is
// superseded by what follows it.
//
// Compare-and-set decides: on a conflict the record is read again. If it is still this executor's live
// attempt, the event is applied anew, or dropped where it is no longer legal; else the attempt is told that
// it was fenced off. A start that the store has forgotten is told again. When a call wasn't answered its
// outcome is unknown, so the records are read before anything is repeated, for ever.
#pragma once

#include "executor/core/container_view.hpp"
#include "executor/link/retry.hpp"
#include "shared/model/job_lifecycle.hpp"
#include "shared/runtime/async.hpp"
#include "shared/store/store.hpp"

#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

namespace berth {

// What the store's answers mean to an attempt. Called from the reporter's own task, never from inside
// report().
class ReportListener {
 public:
  virtual ~ReportListener() = default;
  virtual void on_ending_recorded() = 0;
  virtual void on_all_told() {}  // what was reported stands in the record, or never will
  virtual void on_fenced_off(const std::string& why) = 0;
  virtual void on_abort(const std::string& message) = 0;  // seen while reading the record again
};

class Reporter {
 public:
  Reporter(asio::any_io_executor executor, Store& store, Clock& clock, std::string executor_name);

  // From now on the attempt that `record` is at can be reported about. The listener outlives it, or forget()
  // is called.
  void track(Job record, ReportListener& listener);
  // Does nothing once another listener tracks that key.
  void forget(AttemptKey key, const ReportListener& listener);
  // Queues an event of a tracked attempt; nothing happens for one that isn't.
  void report(AttemptKey key, lifecycle::Event event);
  // The record of a tracked attempt came by another way (the inbox, a look at all). One that isn't newer than
  // what is known, and differs, is read again: it came late, or the store went back in time.
  void refresh(const Job& record);
  // Reads the attempt's record again, and tells its listener if it was fenced off.
  void verify(AttemptKey key);
  // Whether the store has acknowledged all that was reported of it, and nothing is being read again.
  bool has_told(AttemptKey key);

  // Writes until cancelled. Owned by one TaskGroup.
  Task<> run();
  // Returns true once everything queued was acknowledged, false when the deadline came first.
  Task<bool> drain(Deadline deadline);

 private:
  struct Tracked {
    Job record;
    ReportListener* listener = nullptr;
    std::deque<lifecycle::Event> queue;
    bool is_queued = false;  // stands in ready_ or doubtful_, or is being written
    bool is_doubtful = false;
    std::optional<lifecycle::Started> started;  // as it was reported
    // The change under way, or whose outcome is unknown.
    std::optional<Job> written;
  };
  using Keys = std::vector<AttemptKey>;

  Tracked* find(AttemptKey key);
  void enqueue(AttemptKey key, Tracked& tracked);
  void doubt(AttemptKey key, Tracked& tracked);
  Task<bool> write_batch();
  std::vector<Change> next_changes(Keys& keys);
  bool compose(Tracked& tracked, std::vector<Change>& changes);
  void settle(AttemptKey key, const Changed& changed);
  void recorded(AttemptKey key, Tracked& tracked);
  Task<bool> read_doubtful();
  void reread(AttemptKey key, const std::optional<Job>& record);
  static void tell_start_again(Tracked& tracked);
  void release(AttemptKey key, Tracked& tracked);
  // Whether the record is still at the attempt that is known as `known`, on this executor. When it was
  // assigned counts too: a store that went back in time gives numbers anew.
  bool is_live_here(const Job& known, const Job& record) const;
  Task<> back_off(Error error);

  Store& store_;
  Clock& clock_;
  std::string name_;
  std::string actor_;
  std::unordered_map<AttemptKey, Tracked> tracked_;
  std::deque<AttemptKey> ready_;
  std::deque<AttemptKey> doubtful_;
  std::size_t writing_ = 0;
  StoreRetry retry_;
  Wakeup work_;
  Wakeup idle_;
};

}  // namespace berth
