#include "executor/link/lease.hpp"

#include "shared/base/guards.hpp"

#include <utility>

namespace berth {

Lease::Lease(ContainerRuntime& runtime, const Clock& clock, Milliseconds length, Recheck recheck)
    : runtime_(runtime), clock_(clock), length_(length), recheck_(std::move(recheck)) {}

Task<> Lease::renew(BootTime until) {
  if (has_ended()) {
    ++tenure_;
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
