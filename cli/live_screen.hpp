// A screen that shows what is so now, until the person leaves it.
#pragma once

#include "cli/screen.hpp"
#include "shared/runtime/async.hpp"
#include "shared/runtime/task_group.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace berth::cli {

// q leaves with 0; Ctrl-C, SIGTERM and the end of the terminal with exit_code::interrupted. Ctrl-Z gives the
// terminal back until the process goes on. Ctrl-L draws everything anew, and so does a resize, and whatever
// lets a stopped process go on.
class LiveScreen {
 public:
  // What the screen shall show, of that size. Asked for whenever redraw() was called, and once a second,
  // since times pass.
  using Draw = std::function<std::vector<std::string>(const ScreenSize&)>;

  // Catches those signals from here on. What `draw` refers to outlives it.
  LiveScreen(asio::any_io_executor executor, Draw draw, ScreenPorts ports = own_terminal());

  // Runs beside the screen: what brings news. Cancelled and joined when the person leaves.
  void spawn(std::string name, Task<> task) { tasks_.spawn(std::move(name), std::move(task)); }
  // Called when the screen has another size.
  void on_resize(std::function<void()> listener) { on_resize_ = std::move(listener); }
  void redraw() { changed_.notify(); }
  ScreenSize size() const { return screen_.size(); }

  // Until the person leaves; the terminal is then as it was. Returns the exit code. To be called once.
  Task<int> run();

 private:
  Task<> draw_frames();
  Task<> read_keys();
  Task<> obey_signals();
  void suspend();
  void measure_anew();
  void redraw_all();

  Draw draw_;
  ScreenPorts ports_;
  Screen screen_;
  std::optional<asio::posix::stream_descriptor>
      keys_;  // a copy of the port's, which the screen needs to its end
  asio::signal_set signals_;
  TaskGroup tasks_;
  Wakeup changed_;
  std::shared_ptr<OneShot<int>> outcome_;
  std::function<void()> on_resize_;
};

}  // namespace berth::cli
