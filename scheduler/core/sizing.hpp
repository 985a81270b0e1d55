// Right-sizing: what jobs of a name asked for against what they used, and what to ask for. Pure.
//
// Assumptions. Memory is a limit that kills (swap is off), so the advice goes by the highest peak and not by
// a percentile. A peak says how much is needed only where nothing was killed for memory: where every run that
// had as much was killed, nobody has seen how much would be enough, and twice as much is the advice. Cached
// files count into a peak, and give way: what a run took to its limit without being killed is enough. CPU is
// shared in time: too little makes a job slower and nothing else, so that it goes by the 95th percentile of
// what runs used on average, and never above what was asked for. Runs of one name are alike; those who use a
// name for different things get the advice of the largest.
#pragma once

#include "shared/model/job.hpp"
#include "shared/model/sizing.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace berth {

// With a fifth on top, 4MiB at least, rounded up to a step of 16MiB, or of a sixteenth of the power of two
// below it where that is more.
Bytes with_headroom(Bytes peak);
// With a fifth on top, rounded up: steps of 0.05 up to one core, of 0.25 up to four, of whole ones above.
Millicores with_headroom(Millicores used);

class SizingHistory {
 public:
  // Jobs that have ended, newest first; others are left out.
  void add(const Job& job);

  std::size_t jobs() const { return jobs_; }
  std::size_t runs() const { return runs_; }

  // Of at most so many names: those that are too small first, then those that waste the most.
  SizingReport report(std::size_t most_names) const;

  struct Run {
    Millicores cpu;
    Bytes memory;
    Milliseconds ran;
    std::optional<Bytes> peak;
    std::optional<Milliseconds> cpu_time;
    bool oom_killed = false;
  };
  struct Named {
    std::uint64_t jobs = 0;
    Resources latest;
    std::vector<Run> runs;
  };

 private:
  std::map<std::string, Named> names_;
  std::size_t jobs_ = 0;
  std::size_t runs_ = 0;
  std::size_t unnamed_ = 0;
  std::optional<WallTime> since_;
};

}  // namespace berth
