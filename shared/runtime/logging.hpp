// Where log lines go and how they look. The log is written with spdlog's own functions: spdlog::info("… {}",
// …).
#pragma once

#include "shared/base/result.hpp"

#include <string_view>

namespace berth {

// Sends the log to standard error from now on.
//   level   "trace", "debug", "info", "warn", "error" or "off": what is less important is not written
//   format  "human": time (UTC), level, message, in colour on a terminal unless NO_COLOR is set
//           "json": one object a line, {"time":"2026-11-23T18:56:02.123Z","level":"info","message":"…"}, with
//           "executor", "job" and "attempt" where the line is about one (log_subject.hpp)
// Error invalid for other words; its field is the flag, "--log-level" or "--log-format".
Result<> setup_logging(std::string_view level, std::string_view format);

}  // namespace berth
