// A job in the foreground: what `berth run` does after the submit.
#pragma once

#include "cli/formatters/progress.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "shared/runtime/task_group.hpp"

#include <boost/asio/signal_set.hpp>

#include <memory>

namespace berth::cli {

// Four tasks under one roof: the output, the progress line (its changes and its clock), and Ctrl-C. The first
// that knows how it ends says so; run() then joins the others.
class AttachedJob {
 public:
  // Catches SIGINT and SIGTERM from here on.
  AttachedJob(asio::any_io_executor executor, Session session);

  // Follows the job to its end, or until the person detaches. Returns the exit code of `berth run`.
  Task<int> run(JobRecord record);

 private:
  Task<> follow();
  Task<> obey_interrupts();
  Task<> detach();
  Task<> watch_changes();
  Task<> draw();
  Task<Result<>> await_final_record();
  void conclude();
  void note(const std::string& text);      // not with --quiet
  void complain(const std::string& text);  // why it isn't the job's own exit
  OutputCopy output();

  Session session_;
  asio::signal_set interrupts_;
  ProgressLine progress_;
  TaskGroup tasks_;
  Wakeup abort_answered_;
  std::shared_ptr<OneShot<int>> outcome_;
  JobRecord record_;  // the latest known
};

}  // namespace berth::cli
