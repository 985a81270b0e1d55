#include "tests/chaos/host.hpp"

#include "tests/chaos/mounts.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <string_view>
#include <system_error>

extern char** environ;  // NOLINT: POSIX wants it declared here

namespace berth::chaos {
namespace {

[[noreturn]] void throw_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

[[noreturn]] void reap_for_ever() {
  sigset_t child_ended;
  ::sigemptyset(&child_ended);
  ::sigaddset(&child_ended, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &child_ended, nullptr);
  for (;;) {
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    ::sigwaitinfo(&child_ended, nullptr);
  }
}

// Says over `ready` that it can be used, or why not.
[[noreturn]] void be_the_first_process(const std::function<void()>& prepare, int ready) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_NAME, "chaos-machine");
  int failure = 0;
  try {
    mount_own("proc", "/proc");
    mount_own("tmpfs", "/run");
    if (prepare) prepare();
  } catch (const std::system_error& error) {
    failure = error.code().value();
  }
  if (::write(ready, &failure, sizeof failure) != sizeof failure || failure != 0) ::_exit(1);
  ::close_range(3, ~0U, 0);
  reap_for_ever();
}

std::vector<std::string> environment(const std::map<std::string, std::string>& variables) {
  std::vector<std::string> result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (!variables.contains(std::string(text.substr(0, text.find('='))))) result.emplace_back(text);
  }
  for (const auto& [name, value] : variables) result.push_back(name + "=" + value);
  return result;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (auto& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

// In a child that has just been forked: only what is safe there. Who enters a mount namespace stands at its
// very root, which isn't ours where this runs in a root of its own: `root` is the machine's.
[[noreturn]] void execute(int namespaces, int root, int output, const char* log, char** argv, char** envp) {
  if (namespaces >= 0) {
    if (::setns(namespaces, CLONE_NEWNET | CLONE_NEWNS) != 0) ::_exit(126);
    if (::fchdir(root) != 0 || ::chroot(".") != 0) ::_exit(126);
  }
  if (output < 0) output = ::open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(nothing, 0);
  ::dup2(output, 1);
  ::dup2(output, 2);
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  ::setsid();
  ::execvpe(argv[0], argv, envp);
  ::_exit(127);
}

pid_t start_process(int namespaces, int root, int output, const Command& command) {
  auto words = command.words;
  auto variables = environment(command.variables);
  auto argv = pointers(words);
  auto envp = pointers(variables);
  const pid_t pid = ::fork();
  if (pid == 0) execute(namespaces, root, output, command.log.c_str(), argv.data(), envp.data());
  return pid;
}

std::string content(int file) {
  std::string text;
  std::array<char, 65536> buffer{};
  ::lseek(file, 0, SEEK_SET);
  for (ssize_t size = 0; (size = ::read(file, buffer.data(), buffer.size())) > 0;)
    text.append(buffer.data(), static_cast<std::size_t>(size));
  return text;
}

// Children of this process that are forked within `enter` belong to the pid namespace of `handle`.
class ChildrenOf {
 public:
  ChildrenOf(int handle, int own) : own_(own), entered_(::setns(handle, CLONE_NEWPID) == 0) {}
  ~ChildrenOf() {
    if (entered_) ::setns(own_, CLONE_NEWPID);
  }
  ChildrenOf(const ChildrenOf&) = delete;
  ChildrenOf& operator=(const ChildrenOf&) = delete;
  bool entered() const { return entered_; }

 private:
  int own_;
  bool entered_;
};

}  // namespace

Host::Host(const std::function<void()>& prepare) : own_(::open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC)) {
  const auto flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | SIGCHLD;
  std::array<int, 2> ready{};
  if (::pipe2(ready.data(), O_CLOEXEC) != 0) throw_errno("pipe2");
  const FileDescriptor reader(ready[0]);
  FileDescriptor writer(ready[1]);
  pid_ = static_cast<pid_t>(::syscall(SYS_clone, flags, nullptr, nullptr, nullptr, 0));
  if (pid_ < 0) throw_errno("namespaces for a machine");
  if (pid_ == 0) be_the_first_process(prepare, writer.get());
  writer = FileDescriptor();
  int failure = EIO;
  ssize_t size = -1;
  do {
    size = ::read(reader.get(), &failure, sizeof failure);
  } while (size < 0 && errno == EINTR);
  if (size != sizeof failure || failure != 0)
    throw std::system_error(failure, std::generic_category(), "mounts of a machine");
  handle_ = FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  if (!handle_.is_open()) throw_errno("pidfd_open");
  const auto root = "/proc/" + std::to_string(pid_) + "/root";
  root_ = FileDescriptor(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root_.is_open()) throw_errno("the root of a machine");
}

Host::~Host() { cut_power(); }

std::optional<pid_t> Host::start(const Command& command) const {
  const ChildrenOf inside(handle_.get(), own_.get());
  if (!inside.entered()) return std::nullopt;
  const pid_t pid = start_process(handle_.get(), root_.get(), -1, command);
  if (pid < 0) return std::nullopt;
  return pid;
}

void Host::cut_power() const { ::kill(pid_, SIGKILL); }

namespace {

// Whether it ended, and how: the signal that another child has ended may come in between.
bool await_end(pid_t child, int& status) {
  pid_t ended = -1;
  do {
    ended = ::waitpid(child, &status, 0);
  } while (ended < 0 && errno == EINTR);
  return ended == child;
}

}  // namespace

std::string run_on(const Host* host, std::vector<std::string> words) {
  const FileDescriptor output(::memfd_create("output", MFD_CLOEXEC));
  Command command{std::move(words)};
  command.log = "/proc/self/fd/" + std::to_string(output.get());
  const auto pid = host != nullptr ? host->start(command) : start_process(-1, -1, output.get(), command);
  int status = 0;
  const bool has_run = pid && *pid > 0 && await_end(*pid, status);
  if (has_run && status == 0) return content(output.get());
  std::string text;
  for (const auto& word : command.words) text += word + ' ';
  if (!has_run) throw std::runtime_error(text + "can't be started");
  throw std::runtime_error(text + "ended with status " + std::to_string(status) + ": " +
                           content(output.get()));
}

}  // namespace berth::chaos
