// What a person sees while waiting: one line on stderr that rewrites itself and leaves no trace.
#pragma once

#include "shared/base/time.hpp"
#include "shared/model/job.hpp"

#include <optional>
#include <string>

namespace berth::cli {

// Where a live job is: "job 7 waits for room: 3 jobs are ahead · 12s", "job 7 is pulling busybox on box ·
// 3s"; without the time where the job's record can't be read. Pure.
std::string progress_text(const Job& job, WallTime now);

class ProgressLine {
 public:
  // Draws only where stderr is a terminal that can erase, and `wanted`.
  explicit ProgressLine(bool wanted);
  ~ProgressLine() { hide(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  bool enabled() const { return width_.has_value(); }
  // Replaces the line; it is escaped and cut to the terminal.
  void show(const std::string& text);
  // Erases it. To be called before anything else is written to the terminal.
  void hide();
  // Erases it and draws no more.
  void end();

 private:
  std::optional<std::size_t> width_;
  bool visible_ = false;
};

}  // namespace berth::cli
