// Which life of the Docker daemon stands behind a socket.
//
// A daemon that is restarted while containers end doesn't know how they ended, and says 0 for some
// (moby#31262). So every container carries the incarnation of the daemon that created it, and an exit code is
// only believed from a daemon that was there to see the exit.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace berth::docker {

// "<pid>-<start time>-<boot>" of the process that listens on the Unix socket; where that isn't the daemon
// itself (a service manager hands the socket over), of the process in `pid_file`. Empty when it can't be
// known: another process namespace, no such socket, or TCP (`socket_path` empty). Never blocks.
std::string daemon_incarnation(const std::string& socket_path,
                               const std::filesystem::path& pid_file = "/run/docker.pid");

// The same for a known process, below the given /proc: empty when it isn't a container daemon.
std::string process_incarnation(int pid, const std::filesystem::path& proc);

// The start time in clock ticks since boot out of /proc/PID/stat, whose second field may hold spaces and
// parentheses.
std::optional<std::string> parse_start_time(std::string_view stat);

// What is known about one container's exit.
struct ExitEvidence {
  std::string created_under;  // incarnations; empty is unknown
  std::string seen_running_under;
  std::string current;
  bool seen_running = false;       // this process saw it run
  bool wait_was_unbroken = false;  // … and one wait lasted from then to the exit
};

// Whether the daemon that tells the exit code saw the exit. With an unknown incarnation only an unbroken wait
// proves it.
bool is_exit_believed(const ExitEvidence& evidence);

}  // namespace berth::docker
