// Waiting for the end of a job, over servers that come and go.
#pragma once

#include "cli/client.hpp"

#include <functional>

namespace berth::cli {

struct EndWait {
  JobId job;
  std::optional<JobRecord> known{};  // where the caller is already
  Deadline deadline = no_deadline;   // of the whole wait
  Milliseconds longest_poll = limits::max_long_poll;
  std::function<void(const JobRecord&)> on_record{};  // called with each that came, `known` included

  // How long the server may be away, and until when if it hasn't answered yet at all.
  static constexpr Milliseconds patience{60'000};
  Deadline give_up = deadline_in(patience);
};

// The record as soon as the job has ended, or as it is at the deadline. Errors: the client's; transient ones
// only once the server was away for too long, or at the deadline when it never answered. `client` outlives
// the task.
Task<Result<JobRecord>> await_end(Client& client, EndWait wait);

}  // namespace berth::cli
