// What a verb's exit code means. Scripts rely on these: they are part of the product's contract.
#pragma once

#include "shared/base/result.hpp"
#include "shared/model/job.hpp"

#include <optional>
#include <string>

namespace berth::cli {

namespace exit_code {
inline constexpr int ok = 0;
inline constexpr int refused = 1;      // the server understood and said no
inline constexpr int usage = 2;        // the command line or a file is wrong
inline constexpr int unreachable = 3;  // no server answered, or it can't answer now
inline constexpr int no_such_job = 4;
inline constexpr int wait_timeout = 124;
inline constexpr int berth_failed = 125;  // `run` and `wait`: not the job's own doing
inline constexpr int not_executable = 126;
inline constexpr int not_found = 127;
inline constexpr int interrupted = 130;
}  // namespace exit_code

// For verbs that ask the server something.
int exit_code_for(const Error& error);

// For `run` and `wait`, whose exit code belongs to the job: no answer from Berth must not look like one of
// the job's (except that a job that doesn't exist is exit_code::no_such_job).
int exit_code_for_job_verb(const Error& error);

// What `run` and `wait` exit with for a job that ended: its own code, 128+n for a signal, 127 and 126 for a
// command that isn't there or can't be executed, else 125. Zero for SUCCEEDED only.
int exit_code_for(const Job& job);

// One line for a person when the ending wasn't simply the process's own exit:
// "job 7 FAILED (IMAGE_NOT_FOUND): no such image: nope". Nothing for EXIT and SUCCEEDED.
std::optional<std::string> unusual_ending(const Job& job);

}  // namespace berth::cli
