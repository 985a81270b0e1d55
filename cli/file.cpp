#include "cli/file.hpp"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <system_error>

namespace berth::cli {

Result<std::string> read_file(const std::string& path) {
  const auto complaint = [&](int error) {
    return invalid("can't read " + path + ": " + std::generic_category().message(error));
  };
  const bool is_stdin = path == "-";
  const int descriptor = is_stdin ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return complaint(errno);
  std::string content;
  std::array<char, 1 << 16> buffer{};
  int error = 0;
  for (;;) {
    const auto count = ::read(descriptor, buffer.data(), buffer.size());
    if (count == 0) break;
    if (count > 0) {
      content.append(buffer.data(), static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      error = errno;
      break;
    }
  }
  if (!is_stdin) ::close(descriptor);
  if (error != 0) return complaint(error);
  return content;
}

}  // namespace berth::cli
