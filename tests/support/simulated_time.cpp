#include "tests/support/simulated_time.hpp"

#include <algorithm>
#include <utility>

namespace berth::test {
namespace {

constexpr Monotonic beginning{std::chrono::hours{1}};
constexpr WallTime wall_beginning{1'700'000'000'000};

}  // namespace

SimulatedTime::SimulatedTime(asio::io_context& io) : io_(io), now_(beginning) { take_time_from(this); }

SimulatedTime::~SimulatedTime() { take_time_from(nullptr); }

void SimulatedTime::call_at(Monotonic instant, std::function<void()> callback) {
  calls_.emplace(std::max(instant, now_), std::move(callback));
}

WallTime SimulatedTime::wall() const {
  return wall_beginning + std::chrono::duration_cast<Milliseconds>(now_ - beginning);
}

void SimulatedTime::settle() {
  do {
    io_.restart();
  } while (io_.poll() > 0);
}

bool SimulatedTime::step() {
  settle();
  if (calls_.empty()) return false;
  now_ = calls_.begin()->first;
  // All of one instant, in the order in which they were asked for.
  while (!calls_.empty() && calls_.begin()->first == now_) {
    const auto call = std::move(calls_.begin()->second);
    calls_.erase(calls_.begin());
    call();
  }
  return true;
}

}  // namespace berth::test
