#include "berth/private_redis.hpp"

#include "shared/base/backoff.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <spdlog/spdlog.h>

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

namespace berth {
namespace {

using namespace std::chrono_literals;

constexpr Milliseconds lock_patience = 15s;
constexpr Milliseconds stop_patience = 15s;

std::vector<std::string> arguments(const DataDirectory& data) {
  return {"redis-server", "--port", "0", "--unixsocket", data.socket().string(), "--unixsocketperm", "700",
          "--dir", data.redis_directory().string(), "--logfile", data.redis_log().string(), "--daemonize",
          "no",
          // What was acknowledged is on disk; nothing is ever evicted.
          "--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction", "--save", "",
          // Records stay in Redis' compact encoding: about a third of the memory.
          "--hash-max-listpack-value", "4096"};
}

// Runs in the child between fork and exec: only async-signal-safe calls. Reports why exec failed through
// `report`.
[[noreturn]] void become_redis(char* const* argv, pid_t parent, int lock, int report) {
  ::setpgid(0, 0);                     // Ctrl-C is for berth, which then stops its Redis in order
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // a berth that was killed leaves no Redis behind
  if (::getppid() != parent) ::_exit(1);
  // Nothing of berth's is Redis' (sockets of clients would stay open for as long as it runs) but the lock,
  // which lives as long as Redis does.
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  ::fcntl(lock, F_SETFD, 0);
  const int null = ::open("/dev/null", O_RDWR);
  for (const int stream : {0, 1, 2}) ::dup2(null, stream);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execvp(argv[0], argv);
  const int reason = errno;
  [[maybe_unused]] const auto written = ::write(report, &reason, sizeof reason);
  ::_exit(127);
}

}  // namespace

Task<Result<FileDescriptor>> PrivateRedis::take_lock() {
  const auto path = data_.redis_lock();
  FileDescriptor lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (lock.get() < 0) co_return unavailable("can't open " + path.string() + ": " + std::strerror(errno));
  // The Redis of a berth that was just killed is still writing its last: no event tells when it lets go.
  Backoff backoff(20ms, 200ms);
  const auto deadline = deadline_in(lock_patience);
  while (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (deadline_in(0ms) >= deadline) {
      co_return unavailable("an earlier redis-server still has " + data_.redis_directory().string() +
                            " and doesn't end; its log is " + data_.redis_log().string());
    }
    co_await sleep_until(deadline_in(backoff.next()));
  }
  co_return lock;
}

Result<> PrivateRedis::spawn(int lock) {
  auto words = arguments(data_);
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::array<int, 2> report{};
  if (::pipe2(report.data(), O_CLOEXEC) != 0)
    return unavailable(std::string("can't make a pipe: ") + std::strerror(errno));
  const FileDescriptor read_end(report[0]);
  FileDescriptor write_end(report[1]);
  const auto parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) return unavailable(std::string("can't start redis-server: ") + std::strerror(errno));
  if (pid_ == 0) become_redis(argv.data(), parent, lock, report[1]);
  write_end = FileDescriptor();
  int reason = 0;
  // Returns at once: exec closes the other end.
  if (::read(read_end.get(), &reason, sizeof reason) == sizeof reason) {
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
    if (reason == ENOENT)
      return unavailable("redis-server isn't installed. On Debian: apt-get install redis-server");
    return unavailable(std::string("can't run redis-server: ") + std::strerror(reason));
  }
  // By number: glibc 2.36 declares pidfd_open without C linkage.
  process_ = FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  return {};
}

Task<Result<>> PrivateRedis::start() {
  const auto lock = co_await take_lock();
  if (!lock) co_return lock.error();
  co_return spawn(lock->get());
}

// Returns when the process has ended, or at the deadline.
Task<> PrivateRedis::wait_for_end(Deadline deadline) {
  using namespace asio::experimental::awaitable_operators;
  asio::posix::stream_descriptor ended(executor_, ::dup(process_.get()));
  asio::steady_timer timer(executor_, deadline);
  co_await (ended.async_wait(asio::posix::stream_descriptor::wait_read, use_tuple) ||
            timer.async_wait(use_tuple));
  co_await throw_if_cancelled();
}

// How it ended, in words; empty while it runs.
std::string PrivateRedis::reap() {
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return {};
  pid_ = -1;
  if (WIFSIGNALED(status)) return std::string("signal ") + ::strsignal(WTERMSIG(status));
  return "exit code " + std::to_string(WEXITSTATUS(status));
}

Task<> PrivateRedis::supervise() {
  Backoff backoff(100ms, 10s);
  for (;;) {
    if (pid_ > 0) co_await wait_for_end(no_deadline);
    const auto how = pid_ > 0 ? reap() : std::string("it couldn't be started");
    if (pid_ > 0) continue;
    spdlog::warn("Redis ended ({}): starting it again; what was acknowledged is on disk. Its log: {}", how,
                 data_.redis_log().string());
    co_await sleep_until(deadline_in(backoff.next()));
    const auto started = co_await start();
    if (!started) spdlog::error("{}", started.error().message);
  }
}

Task<> PrivateRedis::stop() {
  if (pid_ <= 0) co_return;
  ::kill(pid_, SIGTERM);
  co_await wait_for_end(deadline_in(stop_patience));
  if (reap().empty() && pid_ > 0) {
    spdlog::warn("Redis doesn't end: killing it");
    ::kill(pid_, SIGKILL);
    co_await wait_for_end(no_deadline);
    reap();
  }
}

}  // namespace berth
