// What berth-init wrote down of one attempt (init/protocol.h has the format).
#pragma once

#include "shared/base/quantity.hpp"
#include "shared/base/time.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace berth {

struct InitRecord {
  enum class Why { itself, timeout, lease };
  struct Failure {
    WallTime at{};
    int error = 0;  // errno of the execve
  };
  struct Ending {
    WallTime at{};
    bool by_signal = false;
    int number = 0;  // the exit code, or the signal's
    Why why = Why::itself;
    Bytes peak_memory{};      // 0: not known
    Milliseconds cpu_time{};  // of the whole container
    std::uint64_t oom_kills = 0;
  };

  std::optional<WallTime> started;
  bool is_piped = false;    // its output goes through pipes, not to the container's own stdout and stderr
  bool is_emptied = false;  // nothing was left in these
  std::optional<Failure> failed;
  std::optional<Ending> ended;
  bool is_signalled = false;  // a signal from outside reached it, and was passed on

  // Whether the job's process was ever begun, or tried to.
  bool has_begun() const { return started || failed || ended; }
};

// Lines that aren't whole, or not understood, are left out: a record may have been cut off by a power
// failure.
InitRecord parse_init_record(std::string_view text);

}  // namespace berth
