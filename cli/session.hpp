// The run of one client verb: its event loop, its connection to the server, and its end.
#pragma once

#include "cli/client.hpp"
#include "cli/context.hpp"
#include "cli/exit_code.hpp"

#include <functional>
#include <string>

namespace berth::cli {

// What a verb works with. Both outlive the verb's task.
struct Session {
  const Context& context;
  Client& client;
};

enum class OnInterrupt {
  leave,     // Ctrl-C ends the verb with exit_code::interrupted; nothing else happens
  own_rules  // the verb handles the signals itself
};

// Runs the task that `verb` returns to its end, and returns its exit code. A URL that can't be read is
// exit_code::usage. `verb` only makes the task; it isn't a coroutine itself.
int run_session(const Context& context, OnInterrupt on_interrupt,
                const std::function<Task<int>(Session)>& verb);

// The error on stderr, with what to do when the server couldn't be reached; `url` is where it was looked for.
std::string explain(const Error& error, const std::string& url);
int fail(const Context& context, const Error& error);           // exit_code_for
int fail_job_verb(const Context& context, const Error& error);  // exit_code_for_job_verb
int fail_usage(const Error& error);                             // exit_code::usage

}  // namespace berth::cli
