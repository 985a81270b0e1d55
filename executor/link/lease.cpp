#include "executor/link/lease.hpp"

#include "shared/base/guards.hpp"
#include "shared/base/limits.hpp"

#include <utility>

namespace berth {

Lease::Lease(ContainerRuntime& runtime, const Clock& clock, Milliseconds length, Recheck recheck)
    : runtime_(runtime), clock_(clock), length_(length), recheck_(std::move(recheck)) {}

Task<> Lease::renew(BootTime until) {
  if (has_ended()) {
    ++tenure_;
    // The whole machine may have slept, containers included: they get time to see that their lease is over,
    // before the file says otherwise again.
    if (until_ != BootTime{}) co_await sleep_until(deadline_in(limits::wake_margin));
    const bool is_rechecked = co_await recheck_();
    ++tenure_;
    if (!is_rechecked) co_return;
  }
  // An answer that comes after its term renews nothing.
  if (until <= clock_.boot()) co_return;
  until_ = until;
  runtime_.extend_lease(is_on(Guard::lease) ? until : BootTime{std::chrono::nanoseconds::max()});
}

}  // namespace berth
