// The store on Redis 7: records and indexes in hashes and sorted sets, events, inboxes and logs in streams,
// every change by a function that runs inside Redis (functions.lua). docs/redis-layout.md draws it.
//
// Life: construct, start(), use, close(), destroy. Between start() and close() its connections run by
// themselves, and come back after an outage; calls wait for that up to limits::store_call.
#pragma once

#include "shared/redis/blocking_pool.hpp"
#include "shared/redis/connection.hpp"
#include "shared/redis/keys.hpp"
#include "shared/redis/log_directory.hpp"
#include "shared/redis/log_hints.hpp"
#include "shared/runtime/task_group.hpp"
#include "shared/store/store.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace berth {

struct RedisOptions {
  RedisUrl url;
  std::string cluster = "berth";      // clusters of different names share a Redis without seeing each other
  std::string client_name = "berth";  // what CLIENT LIST shows; no spaces
  bool wait_for_server = false;       // start() waits for one that doesn't answer yet
  bool accept_unsafe = false;         // go on, with a warning, although Redis may lose acknowledged writes
  std::string log_dir{};              // where output is kept in files; empty: in Redis, up to a limit
  bool sweeps_log_dir = false;        // and deletes what is there of jobs that aren't known any more
  bool accept_unfinished_restore = false;  // start() on a cluster into which a backup is only half put back
};

class RedisStore final : public Store {
 public:
  RedisStore(asio::any_io_executor executor, RedisOptions options, const Clock& clock);

  // Connects, checks that Redis is 7.0 or later and keeps what it acknowledges, and loads the functions. A
  // server that can't be reached is an error at once, unless it is waited for. refused: the message has the
  // lines for redis.conf. On any error the store must be closed all the same.
  Task<Result<>> start(Deadline deadline);
  // Calls under way and to come fail with `cancelled`. Returns when no task of the store is left.
  Task<> close();

  // --- beyond the port: for what copies a whole cluster (shared/backup) ---
  const redis::Keys& keys() const { return keys_; }
  // Sends commands to Redis. Functions that it has lost (FUNCTION FLUSH, a new server behind the same name)
  // are loaded again, and the calls that missed them repeated: those had done nothing. A failure reply is an
  // error.
  Task<Result<std::vector<redis::Reply>>> send(std::vector<redis::Command> commands);
  Task<Result<redis::Reply>> send(redis::Command command);
  Error broken_contract(std::string_view what) const;

  // Deletes the files below the log directory of jobs that were forgotten: whoever did that may have died
  // before it came to their files, or not have had the directory. Returns how many logs had any. A number
  // that wasn't given yet, as this Redis has it, is nobody's business: it may be of what a restore brings
  // back.
  Task<Result<std::size_t>> sweep_log_dir();

  std::uint64_t failed_calls() const override { return failed_calls_; }

  Task<Result<Admitted>> admit(std::vector<JobDefinition> definitions, std::optional<IdempotencyKey> key,
                               std::string actor) override;
  // More than limits::max_batch changes go as several calls: an error then says nothing about which were
  // made.
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
  Task<Result<std::vector<Changed>>> write(std::vector<Change> changes, std::optional<Epoch> epoch,
                                           std::optional<Sighting> last);
  using Reply = redis::Reply;
  using Command = redis::Command;
  using Replies = Result<std::vector<Reply>>;

  Task<Result<>> check_server(Deadline deadline);
  Task<Result<>> load_functions(Deadline deadline);
  Task<Result<>> check_restore();
  // Refused when the scheduler that leads now and this process don't work together (wire_version.hpp).
  Task<Result<>> check_leader();
  void note_stranger(const Leader& leader, std::string why);

  // After every reconnect: says so if the store has forgotten what this process had seen.
  Task<> watch_history();
  Task<> check_history();
  void remember(std::uint64_t seq, std::string_view body);
  // True if a reader's position in `stream` lies behind the end of all events, which a store that kept what
  // it had can't bring about. Asks Redis only after a reconnect or a read that failed.
  Task<Result<bool>> has_gone_back(std::string stream, std::string_view position);
  Task<Replies> send_loaded(std::vector<Command> commands);
  // Reads that belong together: nothing changes between them.
  Task<Replies> read_at_once(std::vector<Command> reads);
  std::optional<Error> first_failure(const std::vector<Reply>& replies) const;

  Task<Result<std::vector<JobId>>> ids_with_status(JobQuery query);
  Task<Result<std::vector<JobId>>> ids_with_name(JobQuery query);
  // The entries behind `position` in a stream, each an array of id and words; waits for one until the
  // deadline. With `forget`, those up to it are deleted.
  Task<Replies> read_stream(std::string key, std::string position, std::size_t limit, bool forget,
                            Deadline deadline);
  // Output in files: store_logs.cpp.
  Task<Result<>> append_to_files(JobId job, std::uint32_t attempt, std::vector<LogPiece> pieces);
  Task<Result<std::vector<LogPiece>>> read_files(JobId job, std::uint32_t attempt, std::uint64_t count,
                                                 std::uint64_t after, std::size_t most);
  Task<> remove_files(std::vector<Job> jobs, std::size_t forgotten);
  Task<> sweep_again_and_again();
  Task<Result<std::vector<redis::LogDirectory::Log>>> forgotten_of(
      std::vector<redis::LogDirectory::Log> logs);
  Task<Result<>> send_append(redis::Command append);

  void count_failure(const Error& error);
  std::string event_of(std::string type, std::string actor, std::optional<std::string> executor,
                       std::string message) const;

  asio::any_io_executor executor_;
  RedisOptions options_;
  const Clock& clock_;
  redis::Keys keys_;
  TaskGroup tasks_;
  redis::Connection calls_;
  redis::BlockingPool blocking_;
  redis::LogHints log_hints_;
  std::unique_ptr<redis::LogDirectory> files_;  // absent: output lies in Redis
  // What of a log in files counts, where that is known: a cache of its entry in Redis.
  struct FiledLog {
    std::uint64_t end = 0;
    std::uint8_t stream = 0;
    std::uint64_t count = 0;  // of pieces
  };
  std::map<redis::LogDirectory::Log, FiledLog> filed_;
  std::uint64_t failed_calls_ = 0;
  Wakeup reconnected_;
  std::uint64_t newest_seen_ = 0;  // the last event that this process knows to have been stored
  std::string newest_body_;        // of that event; empty: not known
  std::uint64_t history_ = 0;
  std::uint64_t connections_ = 0;                  // how often it was connected
  std::optional<Leader> stranger_;                 // who leads, if this process doesn't work together with it
  std::uint32_t leader_wire_ = 0;                  // what who leads speaks, as last heard
  std::string why_strange_;                        // set once it was seen to be alive
  std::map<std::string, std::uint64_t> verified_;  // streams whose reader is right, as of which connection
};

}  // namespace berth
