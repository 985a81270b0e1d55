// `berth ls --watch` as lines of text. Pure.
#pragma once

#include "cli/formatters/frame.hpp"
#include "shared/base/time.hpp"
#include "shared/model/job.hpp"

#include <string>
#include <vector>

namespace berth::cli {

struct WatchPage {
  std::vector<Job> jobs;  // newest first
  bool has_more = false;  // there are older ones
  std::string trouble{};  // why it may be out of date; empty: nothing is wrong
};

// The list, and at its foot what is wrong, or that there are older ones.
std::vector<std::string> watch_lines(const WatchPage& page, WallTime now, const ScreenSize& size,
                                     bool colour);

// As many jobs as fit beside title and foot.
std::size_t watched_jobs(const ScreenSize& size);

}  // namespace berth::cli
