#include "cli/formatters/terminal.hpp"

#include <errno.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace berth::cli {

std::optional<std::size_t> terminal_width(int descriptor) {
  if (::isatty(descriptor) == 0) return std::nullopt;
  winsize size{};
  // Some terminals don't know their size; 80 is what everything fits in.
  if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

bool is_dumb_terminal() {
  const char* kind = std::getenv("TERM");
  return kind != nullptr && std::string_view(kind) == "dumb";
}

bool wants_colour(int descriptor) {
  const char* refusal = std::getenv("NO_COLOR");
  return ::isatty(descriptor) != 0 && !is_dumb_terminal() && (refusal == nullptr || *refusal == '\0');
}

TableStyle style_of(int descriptor) { return {terminal_width(descriptor), wants_colour(descriptor)}; }

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(descriptor, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      // Somebody who shares the descriptor made it non-blocking.
      pollfd ready{descriptor, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

void say_error(std::string_view message) {
  write_all(standard_error, "berth: " + std::string(message) + "\n");
}

void say(std::string_view text) { write_all(standard_output, text); }

}  // namespace berth::cli
