#include "cli/wait_board.hpp"

#include "cli/formatters/words.hpp"

#include <algorithm>

namespace berth::cli {
namespace {

constexpr std::size_t ends_enough = 3;  // to speak of a rate

std::string time_left(const WaitCounts& counts, Milliseconds watched) {
  if (counts.done_meanwhile < ends_enough || watched <= Milliseconds{0}) return "unknown";
  const auto each = static_cast<double>(watched.count()) / static_cast<double>(counts.done_meanwhile);
  const auto left = each * static_cast<double>(counts.all - counts.done - counts.gone);
  return say_span(Milliseconds{static_cast<std::int64_t>(std::min(left, 1e15))});
}

}  // namespace

std::string wait_text(const WaitCounts& counts, Milliseconds watched) {
  std::string text = std::to_string(counts.done) + " of " + say_count(counts.all, "job") + " done";
  const auto add = [&text](std::size_t count, const char* what) {
    if (count > 0) text += ", " + std::to_string(count) + what;
  };
  add(counts.running, " running");
  add(counts.waiting, " waiting");
  add(counts.unseen, " not looked at yet");
  add(counts.failed, " failed");
  add(counts.aborted, " aborted");
  add(counts.gone, " not there");
  return text + " · ETA " + time_left(counts, watched);
}

WaitBoard::WaitBoard(const std::vector<JobId>& ids) : ids_(ids), statuses_(ids.size(), unseen) {
  std::sort(ids_.begin(), ids_.end());
  counts_[unseen] = ids_.size();
}

void WaitBoard::note(JobId id, JobStatus status) { set(id, static_cast<std::uint8_t>(status)); }

void WaitBoard::note_gone(JobId id) { set(id, gone); }

void WaitBoard::set(JobId id, std::uint8_t status) {
  const auto found = std::lower_bound(ids_.begin(), ids_.end(), id);
  if (found == ids_.end() || *found != id) return;
  auto& known = statuses_[static_cast<std::size_t>(found - ids_.begin())];
  const bool was_alive = known != unseen && !is_terminal(static_cast<JobStatus>(known));
  if (known != unseen && !was_alive) return;
  if (was_alive && status != gone && is_terminal(static_cast<JobStatus>(status))) ++done_meanwhile_;
  --counts_[known];
  known = status;
  ++counts_[known];
}

WaitCounts WaitBoard::counts() const {
  const auto count = [this](JobStatus status) { return counts_[static_cast<std::size_t>(status)]; };
  WaitCounts counts;
  counts.all = ids_.size();
  counts.unseen = counts_[unseen];
  counts.waiting = count(JobStatus::pending);
  counts.running = count(JobStatus::running);
  counts.failed = count(JobStatus::failed);
  counts.aborted = count(JobStatus::aborted);
  counts.done = count(JobStatus::succeeded) + counts.failed + counts.aborted;
  counts.gone = counts_[gone];
  counts.done_meanwhile = done_meanwhile_;
  return counts;
}

std::vector<JobId> WaitBoard::alive(std::size_t from, std::size_t count) const {
  std::vector<JobId> ids;
  const auto end = std::min(ids_.size(), from + count);
  for (auto i = from; i < end; ++i) {
    if (statuses_[i] == unseen || !is_terminal(static_cast<JobStatus>(statuses_[i]))) ids.push_back(ids_[i]);
  }
  return ids;
}

}  // namespace berth::cli
