#include "scheduler/api/turnstile.hpp"

#include <algorithm>

namespace berth::api {

Turnstile::Place::Place(Turnstile& turnstile) : turnstile_(turnstile), wakeup_(turnstile.executor_) {
  turnstile_.line_.push_back(this);
}

Turnstile::Place::~Place() {
  auto& line = turnstile_.line_;
  const bool was_first = line.front() == this;
  line.remove(this);
  if (began_) {
    const auto now = loop_now();
    turnstile_.pause_ends_ = now + std::min<Monotonic::duration>(now - *began_, longest_pause);
  }
  if (was_first && !line.empty()) line.front()->wakeup_.notify();
}

Task<> Turnstile::Place::turn() {
  while (turnstile_.line_.front() != this) co_await wakeup_.wait();
  co_await sleep_until(turnstile_.pause_ends_);
  began_ = loop_now();
}

}  // namespace berth::api
