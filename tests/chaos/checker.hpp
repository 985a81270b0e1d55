// Judges what a run of chaos left behind against Berth's promises (ARCHITECTURE.md). Pure.
//
// What is taken for true, in this order: what a job's own process wrote down, what clients were told, what
// Docker has, and only then Berth's records and feed, which must agree with all of it. What can't be known
// isn't held against Berth: an attempt whose machine lost its power has no last line, and a request that got
// no answer may have been carried out or not.
#pragma once

#include "tests/chaos/history.hpp"

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace berth::chaos {

// What can have gone wrong; one line of the report each.
enum class Wrong {
  lost,           // acknowledged or even run, and there is no record of it, or of something else
  duplicate,      // one key, several jobs; or a job that nobody asked for
  second_ending,  // something happened after a job's end, or its record disagrees with how it ended
  overlap,        // two attempts of a job lived at once
  run_again,      // against at_most_once, or beyond the retries; or one attempt began twice
  gave_up,        // failed with retries left
  phantom,        // SUCCEEDED, and no process of that attempt says that it did
  wrong_code,     // another code, signal or cause than the process's own
  exit_unknown,   // EXIT_UNKNOWN where nothing was broken that explains it
  leak,           // a container that is left over
  wrong_abort,    // ran on or began anew after its abort was acknowledged; or ABORTED unasked
  log_loss,       // output is missing, and Berth doesn't say so
  drift,          // resources are held at the end, by nobody
  overcommit,     // more was promised of a machine than it has
  false_loss,     // EXECUTOR_LOST, and the machine was never disturbed
  stuck,          // has no end
  feed,           // the feed has holes, says things twice, or in another order
  slow_leader,    // these: slower than promised after a fault, or never
  slow_loss,
  slow_move,
};
inline constexpr std::size_t wrong_count = 20;

// What it's called and which promise that breaks ("G4").
struct WrongName {
  std::string_view name;
  std::string_view promise;
};
WrongName name_of(Wrong wrong);

struct Finding {
  Wrong wrong = Wrong::lost;
  std::string what;  // in words: which job, which attempt, when
};

// How often it was looked for, and how often it was found.
struct Count {
  std::size_t looked_at = 0;
  std::size_t found = 0;
};

// Recovery times of one kind of fault, in seconds; a time that never came is infinite.
struct RecoveryTimes {
  std::vector<Seconds> leader;
  std::vector<Seconds> decided;
  std::vector<Seconds> moved;
};

// Of one run, or the sum of several.
struct Verdict {
  std::vector<std::uint64_t> seeds;
  double minutes = 0;  // during which faults struck
  std::vector<std::string> guards_off;

  std::size_t submitted = 0;                         // jobs that clients asked for
  std::size_t acknowledged = 0;                      // jobs that they were promised
  std::size_t aborts = 0;                            // that were acknowledged
  std::size_t finished = 0;                          // jobs
  std::size_t attempts = 0;                          // by the records
  std::size_t begun = 0;                             // by the ground truth
  std::map<std::string, std::size_t> endings;        // "SUCCEEDED", "FAILED(TIMEOUT)" … of jobs
  std::map<std::string, std::size_t> faults;         // by kind
  std::map<std::string, std::size_t> losses;         // attempts that were EXECUTOR_LOST, by the fault
  std::map<std::string, std::size_t> unknown_exits;  // attempts that were EXIT_UNKNOWN, by the fault
  Seconds longest_overlap = 0;
  std::int64_t log_bytes = 0;                     // that were compared
  std::int64_t log_bytes_missing = 0;             // that Berth doesn't say are missing
  std::size_t marked_logs = 0;                    // of which Berth says that they aren't whole
  std::map<std::string, RecoveryTimes> recovery;  // by kind of fault

  std::array<Count, wrong_count> counts{};
  std::vector<Finding> findings;

  const Count& count(Wrong wrong) const { return counts[static_cast<std::size_t>(wrong)]; }
  void looked_for(Wrong wrong, std::size_t times = 1) {
    counts[static_cast<std::size_t>(wrong)].looked_at += times;
  }
  void found(Wrong wrong, std::string what) {
    ++counts[static_cast<std::size_t>(wrong)].found;
    findings.push_back({wrong, std::move(what)});
  }
  bool is_good() const { return findings.empty(); }
};

Verdict check(const History& history);

// The verdict over all of them.
Verdict sum(const std::vector<Verdict>& verdicts);

}  // namespace berth::chaos
