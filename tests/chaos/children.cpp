#include "tests/chaos/children.hpp"

#include <signal.h>
#include <sys/wait.h>

#include <cerrno>

namespace berth::chaos {

Children::Children(asio::any_io_executor executor) : ended_(std::move(executor), SIGCHLD) { listen(); }

void Children::listen() {
  ended_.async_wait([this](const boost::system::error_code& error, int) {
    if (error) return;
    reap();
    listen();
  });
}

void Children::take(pid_t child, int status) {
  const auto found = watched_.extract(child);
  if (!found.empty()) found.mapped()(status);
}

void Children::reap() {
  int status = 0;
  for (pid_t child = 0; (child = ::waitpid(-1, &status, WNOHANG)) > 0;) take(child, status);
}

void Children::await(pid_t child) {
  int status = 0;
  while (true) {
    const pid_t ended = ::waitpid(-1, &status, 0);
    if (ended < 0 && errno == EINTR) continue;  // by the signal that tells of a child
    if (ended < 0) return;
    take(ended, status);
    if (ended == child) return;
  }
}

}  // namespace berth::chaos
