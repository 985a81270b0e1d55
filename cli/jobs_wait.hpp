// Waiting for many jobs: one after the other in the order in which they were named, with one request in
// flight however many there are. What has ended already is read in pages that grow, so that a job costs less
// than a request; nothing is kept of a job but its number.
#pragma once

#include "cli/formatters/progress.hpp"
#include "cli/job_records.hpp"
#include "cli/jobs_overview.hpp"
#include "cli/session.hpp"

#include <functional>
#include <optional>
#include <vector>

namespace berth::cli {

class JobsWait {
 public:
  using OnEnded = std::function<void(JobRecord&&)>;
  using OnMissing = std::function<void(JobId)>;

  // `on_ended` is called with each job that has ended, `on_missing` with each that there isn't, which may
  // have ended and been deleted meanwhile: in order, while no progress is on the screen.
  JobsWait(Session session, std::vector<JobId> ids, Deadline deadline, OnEnded on_ended,
           OnMissing on_missing);

  // Returns when all have ended: nothing. Else the record of the one that hadn't when the deadline came, or
  // the client's error.
  Task<Result<std::optional<JobRecord>>> run();

  // How many have been told of, or passed over.
  std::size_t told() const { return next_; }

 private:
  using Records = std::vector<std::optional<JobRecord>>;

  Task<Result<std::optional<JobRecord>>> go_on();
  Task<Result<Records>> read(std::vector<JobId> ids);
  Task<Result<JobRecord>> await_one(JobRecord record);
  Task<> look_around();
  void tell(JobRecord&& record);
  void pass_over(JobId id);

  Session session_;
  std::vector<JobId> ids_;
  Deadline deadline_;
  OnEnded on_ended_;
  OnMissing on_missing_;
  ProgressLine progress_;
  std::optional<JobsOverview> overview_;  // where progress is shown
  Deadline began_ = no_deadline;
  std::size_t next_ = 0;    // of ids_: all before it have ended
  std::size_t stride_ = 1;  // records to read at once
  bool has_answered_ = false;
};

}  // namespace berth::cli
