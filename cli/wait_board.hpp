// Where many jobs are that somebody waits for: five bytes a job beside its number. Pure.
#pragma once

#include "shared/base/ids.hpp"
#include "shared/base/time.hpp"
#include "shared/model/job.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace berth::cli {

struct WaitCounts {
  std::size_t all = 0;
  std::size_t unseen = 0;   // nothing is known of them yet
  std::size_t waiting = 0;  // PENDING
  std::size_t running = 0;
  std::size_t done = 0;    // ended, however
  std::size_t failed = 0;  // of those: FAILED
  std::size_t aborted = 0;
  std::size_t gone = 0;            // there is no such job, or not any more
  std::size_t done_meanwhile = 0;  // of those: seen to live before
};

// "42 of 100 jobs done, 8 running, 50 waiting, 3 failed · ETA 5m 10s": from the rate at which jobs ended in
// the time `watched`, and unknown until a few have.
std::string wait_text(const WaitCounts& counts, Milliseconds watched);

class WaitBoard {
 public:
  // Each once, in any order.
  explicit WaitBoard(const std::vector<JobId>& ids);

  // Where a job is now; of others nothing is kept. One that has ended stays so: what is heard later is older.
  void note(JobId id, JobStatus status);
  // There is no such job. How it ended stays known if it was.
  void note_gone(JobId id);

  WaitCounts counts() const;
  // Those that aren't known to have ended, of so many jobs from a place on.
  std::vector<JobId> alive(std::size_t from, std::size_t count) const;
  std::size_t size() const { return ids_.size(); }
  JobId first() const { return ids_.front(); }
  JobId last() const { return ids_.back(); }

 private:
  static constexpr std::uint8_t unseen = 5;  // behind the five words
  static constexpr std::uint8_t gone = 6;
  void set(JobId id, std::uint8_t status);

  std::vector<JobId> ids_;              // ascending
  std::vector<std::uint8_t> statuses_;  // of these, or `unseen` or `gone`
  std::array<std::size_t, 7> counts_{};
  std::size_t done_meanwhile_ = 0;
};

}  // namespace berth::cli
