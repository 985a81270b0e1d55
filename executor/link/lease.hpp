// This executor's lease: how long its containers live on without it. Each heartbeat that the store has
// acknowledged renews it, counted from before the heartbeat was sent, so that it ends before the leader, who
// counts from when the heartbeat was seen, takes the attempts away.
//
// Once it has ended, the leader may have given the attempts to others. So it is taken up again only after
// `recheck` has read from the store, behind the renewing heartbeat, which attempts are still this executor's,
// and has dropped the others. Before that a moment passes, in which containers of a machine that slept as a
// whole see that it has ended.
#pragma once

#include "executor/runtime/container_runtime.hpp"
#include "shared/runtime/async.hpp"

#include <cstdint>
#include <functional>

namespace berth {

class Lease {
 public:
  // Drops the attempts that aren't this executor's any more; false when the store didn't tell.
  using Recheck = std::function<Task<bool>()>;

  // Runtime and clock outlive it.
  Lease(ContainerRuntime& runtime, const Clock& clock, Milliseconds length, Recheck recheck);

  // Until when a heartbeat that is sent now would renew it.
  BootTime term() const { return clock_.boot() + length_; }
  // The heartbeat before which `until` was taken has been acknowledged.
  Task<> renew(BootTime until);

  bool has_ended() const { return clock_.boot() >= until_; }
  // Rises when taking it up begins, and when that has succeeded or failed. What was read of whose the
  // attempts are is of use only if it is the same before and after, and none is under way: then it is even.
  std::uint64_t tenure() const { return tenure_; }

 private:
  ContainerRuntime& runtime_;
  const Clock& clock_;
  Milliseconds length_;
  Recheck recheck_;
  BootTime until_{};
  std::uint64_t tenure_ = 0;
};

}  // namespace berth
