// Time for a simulation: it stands still while anything can be done, and then leaps to the next instant for
// which somebody waits. A minute takes as long as what happens in it.
#pragma once

#include "shared/runtime/async.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <map>

namespace berth::test {

class SimulatedTime final : public TimeSource, public Clock {
 public:
  // All loops of this process live by it until it is destroyed.
  explicit SimulatedTime(asio::io_context& io);
  ~SimulatedTime() override;

  Monotonic now() const override { return now_; }
  void call_at(Monotonic instant, std::function<void()> callback) override;
  WallTime wall() const override;
  Monotonic monotonic() const override { return now_; }
  BootTime boot() const override { return {now_.time_since_epoch()}; }

  // Does all that can be done now.
  void settle();
  // Does that, and then leaps. False when nobody waits for anything any more.
  bool step();

 private:
  asio::io_context& io_;
  Monotonic now_;
  std::multimap<Monotonic, std::function<void()>> calls_;
};

}  // namespace berth::test
