#include "executor/core/exit_cause.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <initializer_list>
#include <string_view>

namespace berth {
namespace {

// Linux's numbers on every machine that Docker runs on but MIPS.
constexpr std::array<std::string_view, 32> signal_names{
    "",          "SIGHUP",  "SIGINT",    "SIGQUIT", "SIGILL",   "SIGTRAP", "SIGABRT", "SIGBUS",
    "SIGFPE",    "SIGKILL", "SIGUSR1",   "SIGSEGV", "SIGUSR2",  "SIGPIPE", "SIGALRM", "SIGTERM",
    "SIGSTKFLT", "SIGCHLD", "SIGCONT",   "SIGSTOP", "SIGTSTP",  "SIGTTIN", "SIGTTOU", "SIGURG",
    "SIGXCPU",   "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO",   "SIGPWR",  "SIGSYS"};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool has_any(const std::string& text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return text.find(word) != std::string::npos; });
}

// A process may exit with 137 by itself: the code alone doesn't prove a signal, so the cause stays EXIT.
void name_exit(lifecycle::Outcome& outcome, int code) {
  outcome.cause = Cause::exit;
  if (code == 0) return;
  outcome.message = "exited with code " + std::to_string(code);
  if (const auto signal = code > 128 ? signal_name(code - 128) : std::nullopt) {
    outcome.message += ", as after " + *signal;
  }
}

std::string memory_words(Bytes limit, const std::optional<Bytes>& peak) {
  return "memory limit was " + to_string(limit) + (peak ? ", peak " + to_string(*peak) : std::string()) +
         ": try --memory " + to_string(limit + limit);
}

}  // namespace

std::optional<std::string> signal_name(int number) {
  if (number <= 0 || number >= static_cast<int>(signal_names.size())) return std::nullopt;
  return std::string(signal_names[static_cast<std::size_t>(number)]);
}

std::optional<int> signal_number(const std::string& signal) {
  const auto found = std::find(signal_names.begin() + 1, signal_names.end(), signal);
  if (found != signal_names.end()) return static_cast<int>(found - signal_names.begin());
  return parse_integer<int>(signal);
}

lifecycle::Outcome judge_exit(const ContainerView& container, const std::optional<StopCause>& stopped,
                              Bytes memory, WallTime now) {
  lifecycle::Outcome outcome;
  outcome.exit_code = container.exit_code;
  outcome.signal = container.signal ? signal_name(*container.signal) : std::nullopt;
  outcome.oom_killed = container.oom_killed;
  outcome.peak_memory = container.peak_memory;
  outcome.cpu_time = container.cpu_time;
  outcome.started_at = container.started_at;
  outcome.finished_at = container.finished_at.value_or(now);
  if (stopped) {
    outcome.cause = stopped->cause;
    outcome.message = stopped->message;
  } else if (!container.error.empty()) {
    return judge_failed_start(container.error, outcome.finished_at);
  } else if (container.is_lease_over) {
    outcome.cause = Cause::executor_lost;
    outcome.message =
        "its executor had lost contact for longer than its lease, so its container ended itself";
  } else if (!container.exit_code) {
    outcome.cause = Cause::exit_unknown;
    outcome.message = "its container ended while nobody could see how, so its exit code isn't known";
  } else if (container.oom_killed && *container.exit_code != 0) {
    outcome.cause = Cause::oom;
    outcome.message = "killed: " + memory_words(memory, container.peak_memory);
  } else if (container.signal) {
    outcome.cause = Cause::signal;
    outcome.message = "ended by " + outcome.signal.value_or("signal " + std::to_string(*container.signal));
  } else {
    name_exit(outcome, *container.exit_code);
    if (container.oom_killed)
      outcome.message = "one of its processes was killed: " + memory_words(memory, container.peak_memory);
  }
  return outcome;
}

lifecycle::Outcome judge_failed_start(std::string words, WallTime now) {
  lifecycle::Outcome outcome;
  outcome.cause = Cause::start;
  outcome.finished_at = now;
  const auto text = lower(words);
  if (has_any(text, {"no such file or directory", "executable file not found", "no such command"})) {
    outcome.exit_code = 127;
  } else if (has_any(text, {"permission denied", "not executable", "exec format error", "is a directory"})) {
    outcome.exit_code = 126;
  }
  outcome.message = std::move(words);
  return outcome;
}

}  // namespace berth
