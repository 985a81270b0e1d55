// What one run of chaos leaves behind, in a directory: what was asked, what clients were told, what was
// broken, what the jobs themselves wrote down, and everything that Berth says of itself at the end. The
// runner writes it, line by line, so that a run that dies can be judged up to there; the checker reads
// nothing else.
//
// All times are seconds of CLOCK_BOOTTIME: one clock for all processes, containers and machines, that never
// steps. Sizes are bytes, cores are thousandths.
#pragma once

#include "shared/base/file_descriptor.hpp"
#include "shared/model/event.hpp"

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace berth::chaos {

using Seconds = double;

struct Machine {
  std::string name{};
  std::int64_t cpu = 0;
  std::int64_t memory = 0;
};
BOOST_DESCRIBE_STRUCT(Machine, (), (name, cpu, memory))

// run.json
struct Run {
  std::uint64_t seed = 0;
  double minutes = 0;                     // as asked for
  std::vector<std::string> faults{};      // kinds that were drawn from
  std::vector<std::string> guards_off{};  // guards that were switched off to see the checker turn red
  double patience =
      1;  // how many times as long as promised everything may take: the machine is busy with other things
  std::uint32_t schedulers = 0;
  std::vector<Machine> executors{};
  Seconds lease = 0;
  Seconds began = 0;
  Seconds ended = 0;    // the last fault was healed, and everything runs again
  Seconds settled = 0;  // what is read at the end had been read
};
BOOST_DESCRIBE_STRUCT(Run, (),
                      (seed, minutes, faults, guards_off, patience, schedulers, executors, lease, began,
                       ended, settled))

// asked.jsonl: a definition, before the request for it left.
struct Asked {
  std::string key{};        // its Idempotency-Key; several definitions of one request have the same
  std::uint32_t index = 0;  // among those of its key
  std::string kind{};       // of job, in a word
  int exit_code = 0;        // with which it ends if it is left alone
  Seconds run = 0;
  std::int64_t output = 0;  // bytes that it prints on stdout
  std::int64_t cpu = 0;
  std::int64_t memory = 0;
  bool at_most_once = false;
  std::uint32_t retries = 0;
  std::optional<Seconds> timeout{};
};
BOOST_DESCRIBE_STRUCT(Asked, (),
                      (key, index, kind, exit_code, run, output, cpu, memory, at_most_once, retries, timeout))

enum class Operation { submit, abort };
BOOST_DESCRIBE_ENUM(Operation, submit, abort)

enum class CallOutcome {
  ok,       // acknowledged: a 2xx
  refused,  // another answer: nothing happened
  unknown,  // no whole answer: it happened, or will, or not
};
BOOST_DESCRIBE_ENUM(CallOutcome, ok, refused, unknown)

// history.jsonl: a client's call, when it had returned.
struct Call {
  std::string client{};
  Seconds began = 0;
  Seconds ended = 0;
  Operation op = Operation::submit;
  std::optional<std::string> key{};    // of a submit
  std::optional<std::uint64_t> job{};  // of an abort
  CallOutcome outcome = CallOutcome::unknown;
  int status = 0;                    // HTTP; 0: no answer
  std::vector<std::uint64_t> ids{};  // of an acknowledged submit's jobs, as their definitions come
  std::string message{};
};
BOOST_DESCRIBE_STRUCT(Call, (), (client, began, ended, op, key, job, outcome, status, ids, message))

// faults.jsonl: once it was healed.
struct Fault {
  Seconds began = 0;
  Seconds ended = 0;
  std::string kind{};
  std::string target{};  // whom: "s2", "m1", "redis", "docker m1" …
  std::string detail{};
};
BOOST_DESCRIBE_STRUCT(Fault, (), (began, ended, kind, target, detail))

// recovery.jsonl: how long Berth took to come back. A span that is absent doesn't apply, or `leader` and
// `moved`: didn't come to pass while it was waited for.
struct Recovery {
  std::string kind{};
  std::string target{};
  Seconds healed = 0;
  std::optional<Seconds> leader{};   // from the heal until a scheduler led
  std::optional<Seconds> decided{};  // from the cut until the machine was lost or its jobs had moved
  std::optional<Seconds> moved{};    // from the heal until a job that fits had begun
};
BOOST_DESCRIBE_STRUCT(Recovery, (), (kind, target, healed, leader, decided, moved))

enum class Sign { begin, beat, end };

// truth/JOB: a line that the job's own process wrote: "ATTEMPT begin|beat|end SECONDS [CODE]".
struct TruthLine {
  std::uint32_t attempt = 0;
  Sign sign = Sign::beat;
  Seconds at = 0;
  std::optional<int> code{};  // of an end: with which it is about to exit
};

// events.jsonl has the feed's events and, between them, what the feed said it no longer has.
struct FeedGap {
  std::uint64_t after = 0;  // the last event before it
  std::uint64_t next = 0;   // the first one after it
};
BOOST_DESCRIBE_STRUCT(FeedGap, (), (after, next))
using FeedLine = std::variant<Event, FeedGap>;

// containers.jsonl: what a Docker daemon still had at the end, running or not.
struct Container {
  std::string machine{};
  std::string name{};
  std::string state{};
  std::map<std::string, std::string> labels{};
};
BOOST_DESCRIBE_STRUCT(Container, (), (machine, name, state, labels))

// assigned.jsonl: what the API said at the end that an executor's jobs hold.
struct Allocation {
  std::string executor{};
  std::int64_t allocated_cpu = 0;
  std::int64_t allocated_memory = 0;
  std::uint32_t jobs = 0;
};
BOOST_DESCRIBE_STRUCT(Allocation, (), (executor, allocated_cpu, allocated_memory, jobs))

// logs.jsonl: the stdout of an attempt that ended by itself.
struct LogCheck {
  std::uint64_t job = 0;
  std::uint32_t attempt = 0;
  std::int64_t bytes = 0;
  std::string sha256{};
  std::int64_t expected_bytes = 0;
  std::string expected_sha256{};
  bool marked = false;  // Berth itself says that something is missing
};
BOOST_DESCRIBE_STRUCT(LogCheck, (), (job, attempt, bytes, sha256, expected_bytes, expected_sha256, marked))

struct History {
  Run run;
  std::vector<Asked> asked;
  std::vector<Call> calls;
  std::vector<Fault> faults;
  std::vector<Recovery> recoveries;
  std::map<std::uint64_t, std::vector<TruthLine>> truth;  // by job, in the order in which they were written
  std::vector<Job> jobs;
  std::vector<FeedLine> feed;
  std::vector<Container> containers;
  std::vector<Allocation> allocations;
  std::vector<LogCheck> logs;
};

// Writes a run's directory. Each line is one write at the file's end: whole when the call returns, and never
// mixed with another's. All functions throw std::system_error when the disk doesn't take it.
class HistoryWriter {
 public:
  // Makes the directory and empty files in it.
  explicit HistoryWriter(std::filesystem::path directory);

  void write(const Run& run) const;  // in place of what was there
  void append(const Asked& line) const;
  void append(const Call& line) const;
  void append(const Fault& line) const;
  void append(const Recovery& line) const;
  void append(const Job& line) const;
  void append(const Event& line) const;
  void append(const FeedGap& line) const;
  void append(const Container& line) const;
  void append(const Allocation& line) const;
  void append(const LogCheck& line) const;

  // Where jobs write; anybody may.
  std::filesystem::path truth_folder() const { return directory_ / "truth"; }

 private:
  void append_line(std::string_view name, std::string line) const;

  std::filesystem::path directory_;
  std::map<std::string, FileDescriptor, std::less<>> files_;
};

// A last line that was cut off is left out. The error names the file, and the line of it, that is missing or
// isn't what it should be.
Result<History> read_history(const std::filesystem::path& directory);

}  // namespace berth::chaos
