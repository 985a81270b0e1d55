#include "cli/exit_code.hpp"

#include "cli/formatters/text.hpp"

#include <signal.h>
#include <string.h>

#include <array>
#include <utility>

namespace berth::cli {
namespace {

// The numbers that Linux gives on every platform Berth runs on, by the names that a record holds ("SIGKILL").
std::optional<int> signal_number(std::string_view name) {
  if (name.starts_with("SIG")) name.remove_prefix(3);
  for (int number = 1; number < NSIG; ++number) {
    const char* known = ::sigabbrev_np(number);
    if (known != nullptr && name == known) return number;
  }
  return std::nullopt;
}

bool says(const std::string& message, std::string_view words) {
  return message.find(words) != std::string::npos;
}

// The runtime's own code where the record has it, else what its words mean: the codes that `docker run`
// gives.
int start_failure(const Job& job) {
  if (job.exit_code && *job.exit_code != 0) return *job.exit_code;
  if (says(job.message, "permission denied")) return exit_code::not_executable;
  if (says(job.message, "executable file not found") || says(job.message, "no such file or directory")) {
    return exit_code::not_found;
  }
  return exit_code::berth_failed;
}

}  // namespace

int exit_code_for(const Error& error) {
  switch (error.kind) {
    case ErrorKind::unavailable:
    case ErrorKind::timeout:
      return exit_code::unreachable;
    case ErrorKind::not_found:
      return exit_code::no_such_job;
    case ErrorKind::cancelled:
      return exit_code::interrupted;
    default:
      return exit_code::refused;
  }
}

int exit_code_for_job_verb(const Error& error) {
  switch (error.kind) {
    case ErrorKind::not_found:
      return exit_code::no_such_job;
    case ErrorKind::cancelled:
      return exit_code::interrupted;
    default:
      return exit_code::berth_failed;
  }
}

int exit_code_for(const Job& job) {
  if (job.status == JobStatus::succeeded) return exit_code::ok;
  if (!is_terminal(job.status)) return exit_code::berth_failed;
  if (job.cause == Cause::start) return start_failure(job);
  if (job.exit_code && *job.exit_code != 0) return *job.exit_code;
  if (job.signal) {
    if (const auto number = signal_number(*job.signal)) return 128 + *number;
  }
  if (job.cause == Cause::oom) return 128 + SIGKILL;
  // A process that answers SIGTERM with exit 0 was still cut short by a timeout or an abort: never success.
  return exit_code::berth_failed;
}

std::optional<std::string> unusual_ending(const Job& job) {
  if (!is_terminal(job.status) || job.status == JobStatus::succeeded || job.cause == Cause::exit)
    return std::nullopt;
  std::string line = "job " + to_string(job.id) + " " + std::string(to_string(job.status));
  if (job.cause && job.status == JobStatus::failed) line += " (" + std::string(to_string(*job.cause)) + ")";
  if (!job.message.empty()) line += ": " + escape_control(job.message);
  return line;
}

}  // namespace berth::cli
