// Knows the executors and which of them are alive.
//
// An executor alone raises its counter. One whose counter stands still for limits::lost_after its lease, on
// this process's monotonic clock, is LOST: never by a time stamp of another machine, never by a store's
// expiry. After a time in which the store didn't answer, everyone is given the whole span again. And only so
// many are lost within a span (limits::losses_at_once).
#pragma once

#include "scheduler/core/loss_limit.hpp"
#include "shared/model/executor_info.hpp"
#include "shared/runtime/async.hpp"
#include "shared/store/store.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace berth {

class Liveness {
 public:
  struct Known {
    RegisteredExecutor record;
    ExecutorState state = ExecutorState::ready;
    Monotonic moved_at{};  // when its beat was last seen to move
    // It was seen to move here, and hasn't left: a record alone may be of a machine that is long gone.
    bool is_alive = false;
  };
  using Listener = std::function<void()>;

  // `on_change` is called when something that placement looks at has changed.
  Liveness(asio::any_io_executor executor, Store& store, const Clock& clock, Listener on_change)
      : store_(store), clock_(clock), on_change_(std::move(on_change)), look_now_(std::move(executor)) {}

  // Looks once every limits::heartbeat until cancelled.
  Task<> run();
  // Looks now: an executor has registered.
  void look() { look_now_.notify(); }
  // Reads the executors' records at once, so that executors() shows what was just written. Whether somebody
  // is lost remains the loop's to tell.
  Task<Result<>> look_and_wait();

  const std::map<std::string, Known>& executors() const { return executors_; }

 private:
  // What it proves that a beat hasn't moved since the last look: as much as the time that went by; nothing,
  // so that the time begins anew; or nothing either way.
  enum class Silence { counts, is_forgiven, is_not_judged };
  Monotonic now() const;
  void update_all(std::vector<RegisteredExecutor> found, Monotonic now, Silence silence);
  bool update(RegisteredExecutor record, Monotonic now, Silence silence);

  Store& store_;
  const Clock& clock_;
  Listener on_change_;
  Wakeup look_now_;
  std::map<std::string, Known> executors_;
  LossLimit limit_;
};

}  // namespace berth
