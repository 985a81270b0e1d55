// For calls that block, and may block for ever (a driver that hangs): each runs on a thread of its own, so
// that it holds up nothing but itself.
#pragma once

#include "shared/runtime/async.hpp"

#include <functional>
#include <memory>

namespace berth {

class OffLoop {
 public:
  OffLoop() = default;
  // Gives a call that is under way a second to end. One that hangs is left behind: its thread can't be ended.
  ~OffLoop();
  OffLoop(const OffLoop&) = delete;
  OffLoop& operator=(const OffLoop&) = delete;

  // Runs `work` beside the loop; true once it has returned, false when the deadline came first. While an
  // earlier one hasn't returned, nothing is begun, and the answer is false. `work` shares the ownership of
  // all that it touches, since it may outlive this object; what it wrote may be read after true only.
  Task<bool> run(std::function<void()> work, Deadline deadline);
  // Whether run() would begin something.
  bool is_free() const;
  // Gives a call that is under way until the deadline to end, and leaves it behind then: for whoever has
  // several, so that they end within one second together. Blocks; nothing is run afterwards.
  void leave(Deadline deadline);

 private:
  struct Call;
  std::shared_ptr<Call> call_;
};

}  // namespace berth
