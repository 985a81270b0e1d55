// How far many jobs are, for a progress line: all of them are looked at once, a page a look, and from then on
// only what happened since, in one request whatever their number.
#pragma once

#include "cli/client.hpp"
#include "cli/wait_board.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace berth::cli {

class JobsOverview {
 public:
  // `client` outlives it. At least one job.
  JobsOverview(Client& client, const std::vector<JobId>& ids) : client_(client), board_(ids) {}

  // Looks again, at a bounded number of jobs or events. Nothing depends on it: what can't be read now is read
  // by the next call, or the one after.
  Task<> refresh();
  WaitBoard& board() { return board_; }
  // Whether every job has been looked at.
  bool is_complete() const { return position_ && looked_at_ >= board_.size(); }

 private:
  Task<Result<>> find_position();
  Task<Result<>> look_at_jobs();
  Task<Result<>> read_events();
  void start_over() { position_.reset(); }

  // One who waits for a job has its end told between two looks.
  static constexpr std::size_t event_pages_a_look = 5;
  static constexpr std::size_t calls_a_look = 200;  // where jobs are read one by one

  Client& client_;
  WaitBoard board_;
  // The event up to which the board knows of everything, once every job was looked at; nothing: start over.
  std::optional<std::string> position_;
  std::size_t looked_at_ = 0;
};

}  // namespace berth::cli
