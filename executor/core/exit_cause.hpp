// From what the runtime says about an ending to its typed cause.
#pragma once

#include "executor/core/container_view.hpp"
#include "shared/model/job_lifecycle.hpp"

#include <optional>
#include <string>

namespace berth {

// Why Berth itself ended a process.
struct StopCause {
  Cause cause = Cause::aborted;  // ABORTED or TIMEOUT
  std::string message;
};

// The ending of a container that has exited. `stopped` is given when a signal of Berth's reached the process
// before it ended, or its timeout ended it: then that is the cause, whatever the exit code, because the
// process did not end by itself. `now` stands in where the runtime doesn't know when it ended.
//
//   Berth ended it                   -> ABORTED, TIMEOUT, or whatever `stopped` says
//   the start itself failed          -> START
//   the executor's lease was over    -> EXECUTOR_LOST
//   nobody saw the exit              -> EXIT_UNKNOWN, never success
//   OOM flag and a code that isn't 0 -> OOM (a child's OOM with exit 0 is a success with the flag set)
//   it was seen to end by a signal   -> SIGNAL
//   anything else                    -> EXIT, also with 128 + n: a process may exit with 137 by itself
//
// `memory` is the limit that the container had, for its message.
lifecycle::Outcome judge_exit(const ContainerView& container, const std::optional<StopCause>& stopped,
                              Bytes memory, WallTime now);

// The ending of an attempt whose container couldn't be started. The exit code is the one that `docker run`
// gives: 127 for a command that doesn't exist, 126 for one that can't be executed, none for everything else.
lifecycle::Outcome judge_failed_start(std::string words, WallTime now);

// The number of a definition's stop_signal: "SIGTERM", or a number.
std::optional<int> signal_number(const std::string& signal);

// "SIGKILL" for 9; nothing for a number that is no signal.
std::optional<std::string> signal_name(int number);

}  // namespace berth
