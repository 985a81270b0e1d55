// A list of jobs that stays right: `berth ls --watch`.
#pragma once

#include "cli/formatters/watch_text.hpp"
#include "cli/live_screen.hpp"
#include "cli/session.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace berth::cli {

// Two tasks under one screen: the events, which only say that something happened, and the list, which is then
// asked for again. While events keep coming it is asked for at most twice a second, and no more often than
// after ten times as long as the server took for the last.
class WatchedJobs {
 public:
  // At most so many jobs, newest first.
  using Fetch = std::function<Task<Result<JobPage>>(std::size_t limit)>;

  // Catches signals from here on. Not more than `limit` jobs, however large the screen is.
  WatchedJobs(asio::any_io_executor executor, Session session, Fetch fetch, std::optional<std::size_t> limit,
              ScreenPorts ports = own_terminal());

  // Shows `first`, and what becomes of it, until the person leaves. Returns the exit code.
  Task<int> run(JobPage first);

 private:
  Task<> follow_events();
  Task<Result<>> copy_hints();
  Task<> follow_list();
  void take(Result<JobPage> page);
  std::vector<std::string> lines(const ScreenSize& size);
  std::size_t wanted() const;

  Session session_;
  Fetch fetch_;
  std::optional<std::size_t> limit_;
  Wakeup news_;
  WatchPage page_;
  std::string events_trouble_;  // why nobody would tell of a change
  std::string list_trouble_;    // why the list couldn't be read
  std::string seen_;            // the last event: where to go on
  LiveScreen screen_;
};

}  // namespace berth::cli
