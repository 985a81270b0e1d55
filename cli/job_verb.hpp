// What the verbs that take jobs have in common.
#pragma once

#include "cli/resolve.hpp"
#include "cli/session.hpp"

#include <functional>
#include <string>
#include <vector>

namespace berth::cli {

// What goes on around all that is asked for a verb, the jobs' numbers included; its result is the exit code.
using AroundVerb = std::function<Task<int>(Session, Task<int>)>;

// Runs `verb` on the jobs that `texts` name. References that can't be read are exit_code::usage before
// anything is asked; jobs that don't exist, or a server that can't be reached, go to `on_error`, whose result
// is the exit code.
int run_on_jobs(const Context& context, const std::vector<std::string>& texts,
                int (*on_error)(const Context&, const Error&),
                std::function<Task<int>(Session, std::vector<JobId>)> verb, const AroundVerb& around = {});

// What a verb tells of one job: as --json, and otherwise.
struct Told {
  json::value raw;
  std::string text;
};

// Tells of each job in turn, texts apart by an empty line (not with --quiet). The jobs that exist are told of
// even when others of a range don't; the exit code then says so.
Task<int> tell_each(Session session, std::vector<JobId> ids, Task<Result<Told>> (*tell)(Session, JobId));

// Several records as --json prints them: one as it is, several as a list.
void print_records(const std::vector<json::value>& records);

}  // namespace berth::cli
