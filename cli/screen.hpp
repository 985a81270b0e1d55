// The terminal as one screen that is drawn as a whole, and given back as it was.
#pragma once

#include "cli/formatters/frame.hpp"
#include "shared/base/file_descriptor.hpp"

#include <termios.h>

#include <optional>
#include <string>
#include <vector>

namespace berth::cli {

// Where a screen is drawn, and where the keys come from.
struct ScreenPorts {
  int output = 1;
  FileDescriptor keys{};  // not open: there are none
};

// stdout, and the terminal by an opening of its own: what is set on that (not to block) must not be set on
// stdin, which the shell shares.
ScreenPorts own_terminal();

// Whether a screen can be drawn on a descriptor: a terminal that isn't "dumb".
bool can_draw_on(int descriptor);

// While entered: the alternate screen without a cursor, and keys come one by one without an echo. Ctrl-C and
// its like are signals as ever; Ctrl-S is a key, which stops nothing.
//
// It leaves when it is destroyed, and also when the process dies of an error of its own (SIGABRT, SIGSEGV …):
// there is one at a time.
class Screen {
 public:
  // `output` and `keys` (-1: none) outlive it.
  Screen(int output, int keys) : output_(output), keys_(keys) {}
  ~Screen() { leave(); }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  void enter();
  // Takes the terminal anew: somebody may have used it as his own while the process was stopped.
  void enter_again();
  void leave();

  // What can be written on now. The last column stays free: a full line ends with the cursor on its last
  // letter, and what erases the rest of the line would take that along.
  ScreenSize size() const;

  // Shows these lines and nothing else, in one write, and none when they are shown already. Nothing unless
  // entered. False when the terminal takes nothing any more.
  bool show(const std::vector<std::string>& lines);
  // Writes the next frame whatever is there: the terminal was resized, or somebody else wrote on it.
  void forget_frame() { shown_.clear(); }

 private:
  void take();

  int output_;
  int keys_;
  bool is_entered_ = false;
  std::optional<termios> before_;  // how the terminal was
  std::string shown_;
};

}  // namespace berth::cli
