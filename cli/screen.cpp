#include "cli/screen.hpp"

#include "cli/formatters/terminal.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace berth::cli {
namespace {

// The alternate screen, no cursor, no line that goes on in the next; and all of it back.
constexpr std::string_view take_screen = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[H\x1b[2J";
constexpr std::string_view give_screen_back = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";

constexpr std::array deadly_signals{SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};

// What a signal handler needs, which may not look anywhere else.
struct LastRites {
  volatile sig_atomic_t is_needed = 0;
  int output = -1;
  int keys = -1;
  bool has_settings = false;
  termios settings{};
  std::array<struct sigaction, deadly_signals.size()> before{};
};
LastRites last_rites;

// Gives the terminal back and steps aside: what the signal does without this happens when it comes again, by
// the instruction that raised it, or by abort().
void on_deadly_signal(int number) {
  if (last_rites.is_needed != 0) {
    last_rites.is_needed = 0;
    [[maybe_unused]] const auto written =
        ::write(last_rites.output, give_screen_back.data(), give_screen_back.size());
    if (last_rites.has_settings) ::tcsetattr(last_rites.keys, TCSANOW, &last_rites.settings);
  }
  for (std::size_t i = 0; i < deadly_signals.size(); ++i) {
    if (deadly_signals[i] == number) ::sigaction(number, &last_rites.before[i], nullptr);
  }
}

void prepare_for_death(int output, int keys, const std::optional<termios>& settings) {
  last_rites.output = output;
  last_rites.keys = keys;
  last_rites.has_settings = settings.has_value();
  if (settings) last_rites.settings = *settings;
  last_rites.is_needed = 1;
  struct sigaction action {};
  action.sa_handler = on_deadly_signal;
  ::sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < deadly_signals.size(); ++i)
    ::sigaction(deadly_signals[i], &action, &last_rites.before[i]);
}

void live_on() {
  last_rites.is_needed = 0;
  for (std::size_t i = 0; i < deadly_signals.size(); ++i)
    ::sigaction(deadly_signals[i], &last_rites.before[i], nullptr);
}

}  // namespace

ScreenPorts own_terminal() {
  ScreenPorts ports;
  ports.output = standard_output;
  ports.keys = FileDescriptor(::open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC));
  return ports;
}

bool can_draw_on(int descriptor) {
  const char* kind = std::getenv("TERM");
  const bool is_unknown = kind == nullptr || *kind == '\0';
  return !is_unknown && !is_dumb_terminal() && terminal_width(descriptor).has_value();
}

void Screen::enter() {
  if (std::exchange(is_entered_, true)) return;
  termios settings{};
  if (keys_ >= 0 && ::tcgetattr(keys_, &settings) == 0) before_ = settings;
  prepare_for_death(output_, keys_, before_);
  take();
}

void Screen::enter_again() {
  if (is_entered_) take();
}

void Screen::take() {
  if (before_) {
    auto settings = *before_;
    settings.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    settings.c_iflag &= ~static_cast<tcflag_t>(IXON);
    settings.c_cc[VMIN] = 1;
    settings.c_cc[VTIME] = 0;
    ::tcsetattr(keys_, TCSANOW, &settings);
  }
  shown_.clear();
  write_all(output_, take_screen);
}

// What was typed for the screen isn't meant for the shell: it goes.
void Screen::leave() {
  if (!std::exchange(is_entered_, false)) return;
  write_all(output_, give_screen_back);
  if (before_) {
    ::tcflush(keys_, TCIFLUSH);
    ::tcsetattr(keys_, TCSANOW, &*before_);
  }
  before_.reset();
  live_on();
}

ScreenSize Screen::size() const {
  ScreenSize result;
  winsize size{};
  // Some terminals don't know their size.
  if (::ioctl(output_, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return result;
  result.columns = std::max<std::size_t>(size.ws_col, 2) - 1;
  result.rows = size.ws_row;
  return result;
}

bool Screen::show(const std::vector<std::string>& lines) {
  if (!is_entered_) return true;
  auto frame = frame_text(lines, size());
  if (frame == shown_) return true;
  shown_ = std::move(frame);
  return write_all(output_, shown_);
}

}  // namespace berth::cli
