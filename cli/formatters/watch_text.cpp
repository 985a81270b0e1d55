#include "cli/formatters/watch_text.hpp"

#include "cli/formatters/job_text.hpp"
#include "cli/formatters/text.hpp"

#include <algorithm>

namespace berth::cli {
namespace {

constexpr std::size_t title_and_foot = 2;

}  // namespace

std::size_t watched_jobs(const ScreenSize& size) {
  return std::max(size.rows, title_and_foot + 1) - title_and_foot;
}

std::vector<std::string> watch_lines(const WatchPage& page, WallTime now, const ScreenSize& size,
                                     bool colour) {
  auto jobs = page.jobs;
  const bool is_cut = jobs.size() > watched_jobs(size);
  if (is_cut) jobs.erase(jobs.begin() + static_cast<std::ptrdiff_t>(watched_jobs(size)), jobs.end());
  std::vector<std::string> lines;
  if (jobs.empty()) {
    lines.emplace_back("no jobs");
  } else {
    lines = split_lines(job_table(jobs, now).render({size.columns, colour}));
  }
  if (!page.trouble.empty()) {
    lines.push_back(paint("not up to date: " + escape_control(page.trouble), Colour::red, colour));
  } else if (page.has_more || is_cut) {
    lines.push_back(paint("… and older ones", Colour::dim, colour));
  }
  for (auto& line : lines) line = clip(line, size.columns);
  return lines;
}

}  // namespace berth::cli
