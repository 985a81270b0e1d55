#include "tests/chaos/containment.hpp"

#include "shared/base/file_descriptor.hpp"
#include "tests/chaos/mounts.hpp"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <iostream>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

namespace berth::chaos {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr int failed = 2;

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

struct Pipe {
  FileDescriptor read_end;
  FileDescriptor write_end;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("pipe2");
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

int exit_code(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : failed; }

// Until one of them has something to say.
void wait_for_any(std::vector<pollfd> descriptors) {
  while (::poll(descriptors.data(), descriptors.size(), -1) < 0 && errno == EINTR) {
  }
}

// The new process is root of everything that it will start, and sees nothing of the machine's own services.
void settle_in() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) fail("making mounts private");
  mount_own("proc", "/proc");
  mount_own("tmpfs", "/run");
  mount_own("tmpfs", "/dev/shm");
}

[[noreturn]] void be_the_run(const std::function<int()>& run) {
  int code = failed;
  try {
    settle_in();
    code = run();
  } catch (const std::exception& failure) {
    std::cerr << "chaos: " << failure.what() << '\n';
  }
  std::cerr.flush();
  std::cout.flush();
  ::_exit(code);
}

pid_t start_run(const std::function<int()>& run) {
  const auto flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | SIGCHLD;
  const auto pid = static_cast<pid_t>(::syscall(SYS_clone, flags, nullptr, nullptr, nullptr, 0));
  if (pid < 0) fail("new namespaces (this needs root)");
  if (pid == 0) be_the_run(run);
  return pid;
}

// Ends when the run has ended, or chaos (which holds the other end of `life`) is gone.
[[noreturn]] void be_the_guard(const Traces& traces, const std::function<int()>& run, Pipe life,
                               Pipe result) {
  ::setsid();
  life.write_end = FileDescriptor();
  result.read_end = FileDescriptor();
  unsigned char code = failed;
  try {
    const pid_t pid = start_run(run);
    const FileDescriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    wait_for_any({{handle.get(), POLLIN, 0}, {life.read_end.get(), POLLIN, 0}});
    ::kill(pid, SIGKILL);  // does nothing if it has ended
    int status = 0;
    // A pid namespace's first process has ended only when all the others have.
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFSIGNALED(status)) std::cerr << "chaos: the run died of " << ::strsignal(WTERMSIG(status)) << '\n';
    code = static_cast<unsigned char>(exit_code(status));
  } catch (const std::exception& failure) {
    std::cerr << "chaos: " << failure.what() << '\n';
  }
  sweep(traces);
  [[maybe_unused]] const auto written = ::write(result.write_end.get(), &code, 1);
  ::_exit(0);
}

void start_guard(const Traces& traces, const std::function<int()>& run, Pipe& life, Pipe& result) {
  const pid_t between = ::fork();
  if (between < 0) fail("fork");
  if (between == 0) {
    const pid_t guard = ::fork();
    if (guard == 0) be_the_guard(traces, run, std::move(life), std::move(result));
    ::_exit(guard < 0 ? 1 : 0);
  }
  int status = 0;
  ::waitpid(between, &status, 0);
  if (exit_code(status) != 0) fail("fork");
}

// Where each hierarchy is mounted; the files of version 2 and those of version 1 look the same from here.
std::vector<fs::path> cgroups_named(const fs::path& name) {
  const fs::path root = "/sys/fs/cgroup";
  std::vector<fs::path> found;
  std::error_code ignored;
  if (fs::exists(root / name, ignored)) found.push_back(root / name);
  for (const auto& hierarchy : fs::directory_iterator(root, ignored)) {
    if (!hierarchy.is_symlink() && fs::exists(hierarchy.path() / name, ignored))
      found.push_back(hierarchy.path() / name);
  }
  return found;
}

// A cgroup is removed by rmdir, children first; the files in it are the kernel's.
bool remove_cgroup(const fs::path& folder) {
  std::error_code ignored;
  for (const auto& child : fs::directory_iterator(folder, ignored)) {
    if (child.is_directory(ignored) && !child.is_symlink()) remove_cgroup(child.path());
  }
  return ::rmdir(folder.c_str()) == 0 || errno == ENOENT;
}

// What is ending just now gets a moment.
bool soon(const std::function<bool()>& done) {
  for (int tries = 0; tries < 100; ++tries) {
    if (done()) return true;
    std::this_thread::sleep_for(100ms);
  }
  return false;
}

}  // namespace

Traces make_traces() {
  std::string name = "/var/tmp/berth-chaos-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) fail("a folder in /var/tmp");
  fs::permissions(name, fs::perms{0755});  // jobs of any user write their lines below it
  return {name, fs::path(name).filename()};
}

void sweep(const Traces& traces) {
  for (const auto& cgroup : cgroups_named(traces.cgroup)) {
    if (!soon([&] { return remove_cgroup(cgroup); }))
      std::cerr << "chaos: the cgroup " << cgroup.string() << " can't be removed: it isn't empty\n";
  }
  std::error_code error;
  const auto is_gone = [&] {
    fs::remove_all(traces.folder, error);
    return !error;
  };
  if (!soon(is_gone)) std::cerr << "chaos: " << traces.folder.string() << ": " << error.message() << '\n';
}

int contained(const Traces& traces, const std::function<int()>& run) {
  auto life = make_pipe();
  auto result = make_pipe();
  start_guard(traces, run, life, result);
  life.read_end = FileDescriptor();
  result.write_end = FileDescriptor();

  sigset_t leaving;
  ::sigemptyset(&leaving);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&leaving, signal);
  ::sigprocmask(SIG_BLOCK, &leaving, nullptr);
  const FileDescriptor signals(::signalfd(-1, &leaving, SFD_CLOEXEC));
  wait_for_any({{result.read_end.get(), POLLIN, 0}, {signals.get(), POLLIN, 0}});

  std::optional<int> interrupted;
  signalfd_siginfo signal{};
  pollfd has_signal{signals.get(), POLLIN, 0};
  if (::poll(&has_signal, 1, 0) > 0 && ::read(signals.get(), &signal, sizeof signal) == sizeof signal) {
    interrupted = 128 + static_cast<int>(signal.ssi_signo);
    life.write_end = FileDescriptor();
  }
  unsigned char code = failed;
  if (::read(result.read_end.get(), &code, 1) != 1) {
    std::cerr << "chaos: the guard was killed, and the run with it\n";
    sweep(traces);
    return failed;
  }
  return interrupted.value_or(code);
}

}  // namespace berth::chaos
