#include "cli/live_screen.hpp"

#include "cli/exit_code.hpp"

#include <boost/asio/buffer.hpp>

#include <fcntl.h>
#include <signal.h>

#include <array>
#include <utility>

namespace berth::cli {
namespace {

constexpr Milliseconds frame_period{1'000};
constexpr char key_redraw = '\f';  // Ctrl-L

}  // namespace

LiveScreen::LiveScreen(asio::any_io_executor executor, Draw draw, ScreenPorts ports)
    : draw_(std::move(draw)),
      ports_(std::move(ports)),
      screen_(ports_.output, ports_.keys.get()),
      signals_(executor, SIGINT, SIGTERM),
      tasks_(executor),
      changed_(executor),
      outcome_(std::make_shared<OneShot<int>>(executor)) {
  for (const int number : {SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH}) signals_.add(number);
  FileDescriptor copy(::fcntl(ports_.keys.get(), F_DUPFD_CLOEXEC, 0));
  if (!copy.is_open()) return;
  boost::system::error_code error;
  keys_.emplace(executor);
  keys_->assign(copy.get(), error);
  if (error) {
    keys_.reset();  // nothing that can be waited for: signals still end it
  } else {
    copy.release();
  }
}

Task<int> LiveScreen::run() {
  screen_.enter();
  tasks_.spawn("frames", draw_frames());
  tasks_.spawn("signals", obey_signals());
  if (keys_) tasks_.spawn("keys", read_keys());
  const auto code = co_await outcome_->wait(no_deadline);
  screen_.leave();
  signals_.cancel();
  tasks_.cancel();
  co_await tasks_.join();
  co_return code.value_or(exit_code::interrupted);
}

Task<> LiveScreen::draw_frames() {
  for (;;) {
    const auto lines = draw_(screen_.size());
    if (!screen_.show(lines)) outcome_->set(exit_code::interrupted);
    co_await changed_.wait(deadline_in(frame_period));
  }
}

Task<> LiveScreen::read_keys() {
  std::array<char, 64> typed{};
  for (;;) {
    const auto room = asio::buffer(typed);
    const auto [error, count] = co_await keys_->async_read_some(room, use_tuple);
    co_await throw_if_cancelled();
    if (error || count == 0) co_return;
    for (std::size_t i = 0; i < count; ++i) {
      if (typed[i] == 'q' || typed[i] == 'Q') outcome_->set(exit_code::ok);
      if (typed[i] == key_redraw) redraw_all();
    }
  }
}

Task<> LiveScreen::obey_signals() {
  for (;;) {
    const int number = co_await signals_.async_wait(asio::use_awaitable);
    if (number == SIGWINCH) {
      measure_anew();
    } else if (number == SIGCONT) {
      screen_.enter_again();
      measure_anew();  // who is in the background isn't told of a resize
    } else if (number == SIGTSTP) {
      suspend();
    } else {
      outcome_->set(exit_code::interrupted);
    }
  }
}

// Stops here, until the shell lets it go on.
void LiveScreen::suspend() {
  screen_.leave();
  ::raise(SIGSTOP);
  screen_.enter();
  redraw_all();
}

void LiveScreen::measure_anew() {
  redraw_all();
  if (on_resize_) on_resize_();
}

void LiveScreen::redraw_all() {
  screen_.forget_frame();
  redraw();
}

}  // namespace berth::cli
