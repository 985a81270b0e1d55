// Preloaded into one process: its wall clock is off by the nanoseconds in the file CHAOS_CLOCK, which may
// change at any time. The clocks that count time, CLOCK_MONOTONIC and CLOCK_BOOTTIME, are the machine's.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

namespace {

const volatile std::int64_t* shift = nullptr;

__attribute__((constructor)) void open_shift() {
  const char* path = std::getenv("CHAOS_CLOCK");
  const int file = path == nullptr ? -1 : ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  void* page = ::mmap(nullptr, sizeof *shift, PROT_READ, MAP_SHARED, file, 0);
  if (page != MAP_FAILED) shift = static_cast<const volatile std::int64_t*>(page);
  ::close(file);
}

bool is_wall_clock(clockid_t clock) { return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE; }

timespec wall_time() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return now;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* now) noexcept {
  const auto failure = static_cast<int>(::syscall(SYS_clock_gettime, clock, now));
  if (failure != 0 || shift == nullptr || !is_wall_clock(clock)) return failure;
  constexpr std::int64_t second = 1'000'000'000;
  const std::int64_t shifted = std::int64_t{now->tv_sec} * second + now->tv_nsec + *shift;
  now->tv_sec = shifted / second;
  now->tv_nsec = shifted % second;
  return 0;
}

int gettimeofday(timeval* now, void*) noexcept {
  const auto precise = wall_time();
  now->tv_sec = precise.tv_sec;
  now->tv_usec = precise.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* now) noexcept {
  const auto seconds = wall_time().tv_sec;
  if (now != nullptr) *now = seconds;
  return seconds;
}
}
