#include "scheduler/loops/leadership.hpp"

#include "shared/base/limits.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace berth {

Task<> Leadership::run() {
  for (;;) {
    co_await follow();
    co_await lead();
  }
}

Task<> Leadership::follow() {
  std::optional<Leader> seen;
  Monotonic seen_at{};
  while (!epoch_) {
    const auto found = co_await store_.leader();
    if (!found && !is_transient(found.error()))
      spdlog::warn("can't see who leads: {}", found.error().message);
    if (found) {
      const auto& leader = *found;
      leader_ = leader && !leader->resigned ? std::optional(leader->name) : std::nullopt;
      const bool moved = !seen || !leader || seen->beat != leader->beat || seen->epoch != leader->epoch;
      if (moved) seen_at = clock_.monotonic();
      seen = leader;
      const bool stands_still = clock_.monotonic() - seen_at >= limits::leader_lost_after;
      if (!leader || leader->resigned || alone_ || stands_still) {
        co_await take_over(leader);
        if (epoch_) co_return;
      }
    }
    co_await wakeup_.wait(deadline_in(limits::leader_renewal));
  }
}

Task<> Leadership::take_over(std::optional<Leader> seen) {
  const auto epoch = co_await store_.take_leadership(name_, std::move(seen));
  if (!epoch) co_return;  // somebody was faster, or the store doesn't answer: look again
  epoch_ = *epoch;
  leader_ = name_;
  spdlog::info("leading with epoch {}", epoch_->value);
  on_change_();
}

Task<> Leadership::lead() {
  while (epoch_) {
    co_await wakeup_.wait(deadline_in(limits::leader_renewal));
    if (!epoch_) co_return;
    const auto renewed = co_await store_.renew_leadership(*epoch_);
    // While the store doesn't answer nobody else can take over either.
    if (!renewed && renewed.error().kind == ErrorKind::conflict) on_deposed();
  }
}

void Leadership::on_deposed() {
  if (!epoch_) return;
  spdlog::warn("another scheduler leads now (epoch {} is over)", epoch_->value);
  step_down();
}

void Leadership::on_history_lost() {
  if (!epoch_) return;
  spdlog::warn("the store went back in time: epoch {} is over, to be elected anew", epoch_->value);
  step_down();
}

void Leadership::step_down() {
  epoch_.reset();
  leader_.reset();
  wakeup_.notify();
  on_change_();
}

Task<> Leadership::resign() {
  if (!epoch_) co_return;
  const auto epoch = *std::exchange(epoch_, std::nullopt);
  const auto resigned = co_await store_.resign_leadership(name_, epoch);
  if (!resigned)
    spdlog::warn("couldn't resign: {}; the next leader waits until this one is missed",
                 resigned.error().message);
}

}  // namespace berth
