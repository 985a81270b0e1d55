// A machine of the world: namespaces of its own for processes, mounts and network. Its first process only
// reaps; when that is killed, the kernel ends everything on the machine at once, as a power cut does.
#pragma once

#include "shared/base/file_descriptor.hpp"

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace berth::chaos {

// How a process is started. Both streams go to `log`, at its end.
struct Command {
  std::vector<std::string> words;
  std::map<std::string, std::string> variables{};  // on top of this process's own
  std::filesystem::path log{"/dev/null"};
};

class Host {
 public:
  // Boots. `prepare` runs first thing in its first process: mounts of its own. /run is a fresh tmpfs, as on a
  // machine that has just started. Throws std::system_error.
  explicit Host(const std::function<void()>& prepare = {});
  // Cuts the power, if that wasn't done.
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  // Starts a process on it, a child of this one: whoever calls reaps it. Nothing while the power is cut.
  std::optional<pid_t> start(const Command& command) const;
  // Kills everything. When first_process() ends, all the others have: reap them, or it never does.
  void cut_power() const;

  pid_t first_process() const { return pid_; }

 private:
  pid_t pid_ = -1;
  FileDescriptor handle_;  // pidfd of the first process
  FileDescriptor root_;    // of its file system
  FileDescriptor own_;     // the pid namespace of this process
};

// A command on a host, or on this side of the bridge, to its end. Throws std::runtime_error with its output
// when it fails.
std::string run_on(const Host* host, std::vector<std::string> words);
inline std::string run_here(std::vector<std::string> words) { return run_on(nullptr, std::move(words)); }

}  // namespace berth::chaos
