// A store in memory, for tests that need no Redis: held to the same contract (tests/contract/store_test.cpp),
// and able to fail on command.
#pragma once

#include "shared/store/store.hpp"

#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace berth::test {

class MemoryStore : public Store {
 public:
  MemoryStore(asio::any_io_executor executor, const Clock& clock)
      : executor_(std::move(executor)), clock_(clock) {}

  // From now on every call fails with `error` and does nothing, until repair().
  void break_down(Error error);
  void repair();

  // Drops the oldest events, up to this one, as a stream that is trimmed does.
  void forget_events(std::uint64_t up_to) { forgotten_ = up_to; }

  // Loses the events behind this one, as a failover does to a replica that had missed them. Records stay.
  void go_back(std::uint64_t to);
  // And what has happened to one job since its record was this.
  void go_back_to(const Job& earlier);

  Task<Result<Admitted>> admit(std::vector<JobDefinition> definitions, std::optional<IdempotencyKey> key,
                               std::string actor) override;
  Task<Result<std::vector<Changed>>> transition(std::vector<Change> changes,
                                                std::optional<Epoch> epoch) override;
  Task<Result<std::vector<Changed>>> lose_attempts(std::vector<Change> changes, Epoch epoch,
                                                   Sighting last) override;
  Task<Result<std::vector<std::optional<Job>>>> jobs(std::vector<JobId> ids) override;
  Task<Result<std::vector<JobId>>> find_jobs(JobQuery query) override;
  Task<Result<std::array<std::uint64_t, 5>>> count_jobs() override;
  Task<Result<std::vector<JobId>>> ended_jobs(JobId after, std::size_t limit) override;
  Task<Result<std::size_t>> forget_jobs(std::vector<Job> jobs, Epoch epoch) override;

  Task<Result<std::uint64_t>> last_event() override;
  std::uint64_t history() const override { return history_; }
  Task<Result<std::vector<Event>>> read_events(std::uint64_t seq, std::size_t limit,
                                               Deadline deadline) override;

  Task<Result<std::uint64_t>> register_executor(ExecutorInfo info, std::uint64_t seen) override;
  Task<Result<HeartbeatReply>> heartbeat(std::string name, std::uint64_t incarnation,
                                         std::optional<RuntimeInfo> news,
                                         std::optional<UsageReport> usage) override;
  Task<Result<std::vector<std::optional<UsageReport>>>> usage(std::vector<std::string> executors) override;
  Task<Result<>> leave_executor(std::string name, std::uint64_t incarnation) override;
  Task<Result<>> drain_executor(std::string name, std::string reason, std::optional<Milliseconds> deadline,
                                std::string actor) override;
  Task<Result<>> resume_executor(std::string name, std::string actor) override;
  Task<Result<std::vector<RegisteredExecutor>>> executors() override;
  Task<Result<std::vector<Job>>> assigned_jobs(std::string executor) override;
  Task<Result<std::string>> inbox_end(std::string executor) override;
  Task<Result<std::vector<InboxEntry>>> read_inbox(std::string executor, std::string position,
                                                   Deadline deadline) override;

  Task<Result<std::optional<Leader>>> leader() override;
  Task<Result<Epoch>> take_leadership(std::string name, std::optional<Leader> seen) override;
  Task<Result<>> renew_leadership(Epoch epoch) override;
  Task<Result<>> resign_leadership(std::string name, Epoch epoch) override;

  Task<Result<std::map<std::string, WebhookProgress>>> webhook_progress() override;
  Task<Result<>> note_webhooks(std::vector<WebhookNote> notes, Epoch epoch) override;

  Task<Result<>> append_log(JobId job, std::uint32_t attempt, std::vector<LogPiece> pieces,
                            std::vector<LogPiece> drop) override;
  Task<Result<std::vector<LogPiece>>> read_log_page(JobId job, std::uint32_t attempt, std::uint64_t after,
                                                    std::size_t most) override;
  Task<Result<std::uint64_t>> seek_log(JobId job, std::uint32_t attempt, LogStart start) override;
  Task<Result<LogSize>> log_size(JobId job, std::uint32_t attempt) override;
  std::unique_ptr<LogWatch> watch_log(JobId job) override;

 private:
  class Watch;
  using LogKey = std::pair<std::uint64_t, std::uint8_t>;  // end, stream
  struct Log {
    std::map<LogKey, LogPiece> pieces;
    LogKey last{};  // the newest ever appended: what isn't above it is known
  };
  struct Told {
    UsageReport usage;
    std::uint64_t beat = 0;  // with which it came
  };
  struct KnownRequest {
    std::string body_hash;
    std::vector<JobId> ids;
  };

  // Gives others a turn, as a real store would, and tells how the call fails if it does.
  Task<std::optional<Error>> arrive();
  // Returns when something was written, or at the deadline.
  Task<> wait_for_writes(Deadline deadline);
  void written();
  void append_event(Event event);
  Changed apply(const Change& change);
  bool is_deposed(Epoch epoch) const;
  // Conflict when the name isn't held by this incarnation.
  Result<RegisteredExecutor*> held_by(const std::string& name, std::uint64_t incarnation);

  asio::any_io_executor executor_;
  const Clock& clock_;
  std::optional<Error> outage_;
  std::list<Wakeup*> readers_;  // that wait for a write

  std::map<JobId, Job> jobs_;
  std::uint64_t last_job_ = 0;
  std::map<std::string, KnownRequest> known_requests_;
  std::deque<Event> events_;  // the n-th has seq n
  std::uint64_t history_ = 0;
  std::uint64_t forgotten_ = 0;  // of these, the oldest, as far as readers see
  std::map<std::string, std::map<std::uint64_t, Job>> inboxes_;  // by executor, then by the seq of the event
  std::map<std::string, RegisteredExecutor> executors_;
  std::map<std::string, Told> usage_;
  std::optional<Leader> leader_;
  std::map<std::string, WebhookProgress> webhooks_;
  std::map<std::pair<JobId, std::uint32_t>, Log> logs_;
  std::multimap<JobId, Watch*> watches_;
};

}  // namespace berth::test
