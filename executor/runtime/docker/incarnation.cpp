#include "executor/runtime/docker/incarnation.hpp"

#include "executor/host/files.hpp"
#include "shared/base/file_descriptor.hpp"
#include "shared/base/ids.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>

namespace berth::docker {
namespace {

// The process that called listen() on the socket; 0 when it can't be known.
int listener_of(const std::string& socket_path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_path.empty() || socket_path.size() >= sizeof address.sun_path) return 0;
  std::memcpy(address.sun_path, socket_path.c_str(), socket_path.size() + 1);
  const FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.get() < 0) return 0;
  // A hung daemon with a full backlog answers EAGAIN here instead of blocking.
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return 0;
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return 0;
  return peer.pid;
}

}  // namespace

std::optional<std::string> parse_start_time(std::string_view stat) {
  constexpr int fields_after_name =
      19;  // start time is field 22, and the first one after the name is field 3
  const auto name_end = stat.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  std::istringstream fields{std::string(stat.substr(name_end + 1))};
  std::string field;
  for (int i = 0; i <= fields_after_name; ++i) {
    if (!(fields >> field)) return std::nullopt;
  }
  return parse_integer<std::uint64_t>(field) ? std::optional{field} : std::nullopt;
}

std::string process_incarnation(int pid, const std::filesystem::path& proc) {
  if (pid <= 0) return {};
  const auto directory = proc / std::to_string(pid);
  const std::string name = read_line(directory / "comm");
  if (name != "dockerd" && name != "podman") return {};
  const auto start = parse_start_time(read_text(directory / "stat"));
  if (!start) return {};
  // Machines that boot alike may give the daemon the same pid and start time again.
  const std::string boot = read_line(proc / "sys/kernel/random/boot_id").substr(0, 8);
  return std::to_string(pid) + "-" + *start + "-" + boot;
}

std::string daemon_incarnation(const std::string& socket_path, const std::filesystem::path& pid_file) {
  const int listener = listener_of(socket_path);
  if (listener <= 0) return {};
  auto incarnation = process_incarnation(listener, "/proc");
  if (!incarnation.empty()) return incarnation;
  const auto pid = parse_integer<int>(read_line(pid_file));
  return pid ? process_incarnation(*pid, "/proc") : std::string();
}

bool is_exit_believed(const ExitEvidence& evidence) {
  if (evidence.current.empty()) return evidence.seen_running && evidence.wait_was_unbroken;
  return evidence.created_under == evidence.current ||
         (evidence.seen_running && evidence.seen_running_under == evidence.current);
}

}  // namespace berth::docker
