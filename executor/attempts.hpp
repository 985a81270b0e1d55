// The attempts that this executor drives: begun from the inbox or by recovery, told of aborts, and forgotten
// once over.
#pragma once

#include "executor/attempt_runner.hpp"
#include "executor/container_spec.hpp"
#include "executor/core/recovery.hpp"

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

namespace berth {

class Attempts {
 public:
  explicit Attempts(Surroundings surroundings);

  // What containers can be given. Before the first attempt.
  void provide(Provisions provisions) { provisions_ = std::move(provisions); }

  // A record from the inbox, or found by a look: begins its attempt, or aborts it if the record asks for
  // that. The same again, and one of an attempt that has ended, changes nothing.
  void take(const Job& record);

  // Carries out what recovery found. Containers without an attempt are removed by tasks of this object.
  void recover(const RecoveryPlan& plan);

  DrivenAttempts driven() const;
  const EndedAttempts& ended() const { return ended_; }
  std::size_t size() const { return runners_.size(); }

  // The attempt isn't this executor's any more, if it ever was: its container goes, and nothing of it is
  // told.
  void drop(AttemptKey key);

  // Asks every attempt to end. Asking again changes nothing.
  void stop_all(const StopCause& why);

  // The runtime answers again: whoever waits out a backoff tries at once.
  void on_runtime_back();

  // It hasn't answered for limits::runtime_patience: what hasn't begun is given back.
  void on_runtime_silent();

  // Frees what has ended, until cancelled. Owned by one TaskGroup.
  Task<> reap();
  // Stops driving; the containers are left as they are. Once, after reap() has been cancelled and joined.
  Task<> stop();

 private:
  std::shared_ptr<AttemptRunner> add(const Job& record, bool is_adopted, attempt::Event first);
  void give_back(const Job& record);
  void on_finished(AttemptKey key);
  Task<> remove_leftover(AttemptKey key);

  Surroundings surroundings_;
  Provisions provisions_;
  std::map<AttemptKey, std::shared_ptr<AttemptRunner>> runners_;
  std::deque<std::shared_ptr<AttemptRunner>> over_;  // until their last tasks have ended
  Wakeup over_changed_;
  EndedAttempts ended_;
  std::set<AttemptKey> leftovers_;  // containers being removed
  TaskGroup removals_;
};

}  // namespace berth
