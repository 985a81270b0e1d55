#include "tests/support/memory_store.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace berth::test {
namespace {

// The number in a position "<seq>-0".
std::uint64_t seq_of(const std::string& position) {
  return parse_integer<std::uint64_t>(position.substr(0, position.find('-'))).value_or(0);
}

bool is_for_inbox(const Job& before, const Job& after) {
  if (!after.executor || !holds_resources(after)) return false;
  const bool is_new = after.reason == Reason::assigned &&
                      (before.reason != Reason::assigned || before.attempt != after.attempt);
  return is_new || (after.abort_requested_at && !before.abort_requested_at);
}

Error conflict(std::string message) { return {ErrorKind::conflict, std::move(message)}; }

// As the function of this name in shared/redis/functions.lua.
bool is_as_read(const Job& record, const Job& read) {
  return record.version == read.version && record.status == read.status &&
         record.created_at == read.created_at && record.scheduled_at == read.scheduled_at;
}

}  // namespace

class MemoryStore::Watch final : public LogWatch {
 public:
  Watch(MemoryStore& store, JobId job) : store_(store), job_(job), wakeup_(store.executor_) {
    store_.watches_.emplace(job_, this);
  }
  ~Watch() override {
    const auto [first, last] = store_.watches_.equal_range(job_);
    store_.watches_.erase(
        std::find_if(first, last, [this](const auto& entry) { return entry.second == this; }));
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  void notify() { wakeup_.notify(); }
  Task<> wait(Deadline deadline) override { co_await wakeup_.wait(deadline); }

 private:
  MemoryStore& store_;
  JobId job_;
  Wakeup wakeup_;
};

void MemoryStore::break_down(Error error) {
  outage_ = std::move(error);
  written();  // whoever waits finds out
}

void MemoryStore::repair() { outage_.reset(); }

void MemoryStore::go_back(std::uint64_t to) {
  events_.resize(to);
  ++history_;
  written();
}

void MemoryStore::go_back_to(const Job& earlier) {
  jobs_.insert_or_assign(earlier.id, earlier);
  ++history_;
  written();
}

Task<std::optional<Error>> MemoryStore::arrive() {
  co_await asio::post(executor_, asio::use_awaitable);
  co_return outage_;
}

Task<> MemoryStore::wait_for_writes(Deadline deadline) {
  struct Enlisted {
    std::list<Wakeup*>& list;
    std::list<Wakeup*>::iterator place;
    ~Enlisted() { list.erase(place); }
  };
  Wakeup wakeup(executor_);
  const Enlisted enlisted{readers_, readers_.insert(readers_.end(), &wakeup)};
  co_await wakeup.wait(deadline);
}

void MemoryStore::written() {
  for (Wakeup* reader : readers_) reader->notify();
}

void MemoryStore::append_event(Event event) {
  event.seq = events_.size() + 1;
  event.at = clock_.wall();
  events_.push_back(std::move(event));
  written();
}

Task<Result<Admitted>> MemoryStore::admit(std::vector<JobDefinition> definitions,
                                          std::optional<IdempotencyKey> key, std::string actor) {
  if (auto failure = co_await arrive()) co_return *failure;
  if (definitions.empty()) co_return Admitted{};
  if (key) {
    const auto known = known_requests_.find(key->key);
    if (known != known_requests_.end()) {
      if (known->second.body_hash == key->body_hash) co_return Admitted{known->second.ids, true};
      co_return conflict("The idempotency key was used for another request.");
    }
  }
  Admitted admitted;
  for (auto& definition : definitions) {
    Job job;
    job.id = {++last_job_};
    job.definition = std::move(definition);
    job.reason = Reason::queued;
    job.created_at = clock_.wall();
    job.version = 1;
    admitted.ids.push_back(job.id);
    Event event;
    event.type = "job.submitted";
    event.job = job.id;
    event.status = job.status;
    event.reason = job.reason;
    event.actor = actor;
    event.version = job.version;
    event.webhooks = !job.definition.webhooks.empty();
    jobs_.emplace(job.id, std::move(job));
    append_event(std::move(event));
  }
  if (key) known_requests_[key->key] = {key->body_hash, admitted.ids};
  co_return admitted;
}

Changed MemoryStore::apply(const Change& change) {
  const auto found = jobs_.find(change.after.id);
  if (found == jobs_.end()) return {Changed::Outcome::conflict, 0};
  Job& record = found->second;
  if (!is_as_read(record, change.before)) return {Changed::Outcome::conflict, record.version};
  record = change.after;
  record.version = change.before.version + 1;
  Event event;
  event.type = change.event;
  event.job = record.id;
  event.status = record.status;
  event.reason = record.reason;
  event.cause = record.cause;
  event.attempt = record.attempt;
  event.executor = record.executor;
  event.actor = change.actor;
  event.message = record.message;
  event.version = record.version;
  event.webhooks = !record.definition.webhooks.empty();
  append_event(std::move(event));
  if (is_for_inbox(change.before, record)) inboxes_[*record.executor].emplace(events_.size(), record);
  return {Changed::Outcome::done, record.version};
}

Task<Result<std::vector<Changed>>> MemoryStore::transition(std::vector<Change> changes,
                                                           std::optional<Epoch> epoch) {
  if (auto failure = co_await arrive()) co_return *failure;
  if (changes.empty()) co_return std::vector<Changed>();
  if (epoch && is_deposed(*epoch)) co_return conflict("Another scheduler has become the leader.");
  std::vector<Changed> results;
  for (const Change& change : changes) results.push_back(apply(change));
  co_return results;
}

Task<Result<std::vector<Changed>>> MemoryStore::lose_attempts(std::vector<Change> changes, Epoch epoch,
                                                              Sighting last) {
  if (auto failure = co_await arrive()) co_return *failure;
  if (changes.empty()) co_return std::vector<Changed>();
  if (is_deposed(epoch)) co_return conflict("Another scheduler has become the leader.");
  const auto found = executors_.find(last.executor);
  const bool is_silent = found != executors_.end() && found->second.incarnation == last.incarnation &&
                         found->second.beat == last.beat;
  std::vector<Changed> results;
  for (const Change& change : changes) {
    const auto record = jobs_.find(change.after.id);
    const auto version = record == jobs_.end() ? 0 : record->second.version;
    results.push_back(is_silent ? apply(change) : Changed{Changed::Outcome::conflict, version});
  }
  co_return results;
}

Task<Result<std::vector<std::optional<Job>>>> MemoryStore::jobs(std::vector<JobId> ids) {
  if (auto failure = co_await arrive()) co_return *failure;
  std::vector<std::optional<Job>> found;
  for (const JobId id : ids) {
    const auto entry = jobs_.find(id);
    found.push_back(entry == jobs_.end() ? std::nullopt : std::optional<Job>(entry->second));
  }
  co_return found;
}

Task<Result<std::vector<JobId>>> MemoryStore::find_jobs(JobQuery query) {
  if (auto failure = co_await arrive()) co_return *failure;
  const auto& wanted = query.statuses;
  std::vector<JobId> ids;
  for (auto entry = jobs_.rbegin(); entry != jobs_.rend() && ids.size() < query.limit; ++entry) {
    const Job& job = entry->second;
    if (query.before && job.id >= *query.before) continue;
    if (query.name && job.definition.name != query.name) continue;
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), job.status) == wanted.end()) continue;
    ids.push_back(job.id);
  }
  co_return ids;
}

Task<Result<std::array<std::uint64_t, 5>>> MemoryStore::count_jobs() {
  if (auto failure = co_await arrive()) co_return *failure;
  std::array<std::uint64_t, 5> counts{};
  for (const auto& [id, job] : jobs_) ++counts[static_cast<std::size_t>(job.status)];
  co_return counts;
}

Task<Result<std::vector<JobId>>> MemoryStore::ended_jobs(JobId after, std::size_t limit) {
  if (auto failure = co_await arrive()) co_return *failure;
  std::vector<JobId> ids;
  for (auto entry = jobs_.upper_bound(after); entry != jobs_.end() && ids.size() < limit; ++entry) {
    if (is_terminal(entry->second.status)) ids.push_back(entry->first);
  }
  co_return ids;
}

Task<Result<std::size_t>> MemoryStore::forget_jobs(std::vector<Job> jobs, Epoch epoch) {
  if (auto failure = co_await arrive()) co_return *failure;
  if (is_deposed(epoch)) co_return conflict("Another scheduler leads.");
  std::size_t forgotten = 0;
  for (const Job& job : jobs) {
    const auto found = jobs_.find(job.id);
    if (found == jobs_.end() || !is_as_read(found->second, job)) continue;
    for (std::uint32_t attempt = 1; attempt <= job.attempt; ++attempt) logs_.erase({job.id, attempt});
    jobs_.erase(found);
    ++forgotten;
  }
  co_return forgotten;
}

Task<Result<std::uint64_t>> MemoryStore::last_event() {
  if (auto failure = co_await arrive()) co_return *failure;
  co_return events_.size();
}

Task<Result<std::vector<Event>>> MemoryStore::read_events(std::uint64_t seq, std::size_t limit,
                                                          Deadline deadline) {
  const auto history = history_;
  for (;;) {
    if (auto failure = co_await arrive()) co_return *failure;
    if (history != history_) co_return std::vector<Event>();
    seq = std::max(seq, forgotten_);
    if (events_.size() > seq) {
      const auto first = events_.begin() + static_cast<std::ptrdiff_t>(seq);
      const auto count = std::min<std::ptrdiff_t>(events_.end() - first, static_cast<std::ptrdiff_t>(limit));
      co_return std::vector<Event>(first, first + count);
    }
    if (loop_now() >= deadline) co_return std::vector<Event>();
    co_await wait_for_writes(deadline);
  }
}

Task<Result<std::uint64_t>> MemoryStore::register_executor(ExecutorInfo info, std::uint64_t seen) {
  if (auto failure = co_await arrive()) co_return *failure;
  const auto holder = executors_.find(info.name);
  if (seen != (holder == executors_.end() ? 0 : holder->second.incarnation))
    co_return conflict("Another executor has just registered under this name.");
  RegisteredExecutor& executor = executors_[info.name];
  executor.has_left = false;
  usage_.erase(info.name);
  Event event;
  event.type = "executor.registered";
  event.executor = info.name;
  event.actor = "executor/" + info.name;
  executor.info = std::move(info);
  ++executor.incarnation;
  ++executor.beat;
  append_event(std::move(event));
  co_return executor.incarnation;
}

Result<RegisteredExecutor*> MemoryStore::held_by(const std::string& name, std::uint64_t incarnation) {
  const auto found = executors_.find(name);
  if (found == executors_.end()) return conflict("This executor is not registered.");
  if (found->second.incarnation != incarnation)
    return conflict(
        "Another executor has registered under this name; give each machine a name of its own with --name.");
  return &found->second;
}

Task<Result<HeartbeatReply>> MemoryStore::heartbeat(std::string name, std::uint64_t incarnation,
                                                    std::optional<RuntimeInfo> news,
                                                    std::optional<UsageReport> usage) {
  if (auto failure = co_await arrive()) co_return *failure;
  const auto executor = held_by(name, incarnation);
  if (!executor) co_return executor.error();
  if (news) (*executor)->info.runtime = std::move(*news);
  ++(*executor)->beat;
  if (usage) usage_[name] = {std::move(*usage), (*executor)->beat};
  HeartbeatReply heard;
  const auto& drain = (*executor)->drain;
  if (drain && drain->deadline && *drain->deadline <= clock_.wall()) heard.stop_jobs = drain->reason;
  co_return heard;
}

Task<Result<std::vector<std::optional<UsageReport>>>> MemoryStore::usage(std::vector<std::string> executors) {
  if (auto failure = co_await arrive()) co_return *failure;
  std::vector<std::optional<UsageReport>> found;
  for (const auto& name : executors) {
    const auto told = usage_.find(name);
    const bool is_present =
        told != usage_.end() && executors_[name].beat - told->second.beat < limits::usage_beats;
    found.push_back(is_present ? std::optional(told->second.usage) : std::nullopt);
  }
  co_return found;
}

Task<Result<>> MemoryStore::leave_executor(std::string name, std::uint64_t incarnation) {
  if (auto failure = co_await arrive()) co_return *failure;
  const auto executor = held_by(name, incarnation);
  if (!executor) co_return executor.error();
  (*executor)->has_left = true;
  co_return Result<>();
}

Task<Result<>> MemoryStore::drain_executor(std::string name, std::string reason,
                                           std::optional<Milliseconds> deadline, std::string actor) {
  if (auto failure = co_await arrive()) co_return *failure;
  const auto found = executors_.find(name);
  if (found == executors_.end()) co_return conflict("This executor is not registered.");
  Drain drain;
  drain.reason = reason;
  drain.since = clock_.wall();
  if (deadline) drain.deadline = drain.since + *deadline;
  found->second.drain = std::move(drain);
  Event event;
  event.type = "executor.draining";
  event.executor = std::move(name);
  event.actor = std::move(actor);
  event.message = std::move(reason);
  append_event(std::move(event));
  co_return Result<>();
}

Task<Result<>> MemoryStore::resume_executor(std::string name, std::string actor) {
  if (auto failure = co_await arrive()) co_return *failure;
  const auto found = executors_.find(name);
  if (found == executors_.end()) co_return conflict("This executor is not registered.");
  if (!std::exchange(found->second.drain, std::nullopt)) co_return Result<>();
  Event event;
  event.type = "executor.resumed";
  event.executor = std::move(name);
  event.actor = std::move(actor);
  append_event(std::move(event));
  co_return Result<>();
}

Task<Result<std::vector<RegisteredExecutor>>> MemoryStore::executors() {
  if (auto failure = co_await arrive()) co_return *failure;
  std::vector<RegisteredExecutor> all;
  for (const auto& [name, executor] : executors_) all.push_back(executor);
  co_return all;
}

Task<Result<std::vector<Job>>> MemoryStore::assigned_jobs(std::string executor) {
  if (auto failure = co_await arrive()) co_return *failure;
  std::vector<Job> live;
  for (const auto& [id, job] : jobs_) {
    if (holds_resources(job) && job.executor == executor) live.push_back(job);
  }
  co_return live;
}

Task<Result<std::string>> MemoryStore::inbox_end(std::string executor) {
  if (auto failure = co_await arrive()) co_return *failure;
  const auto& inbox = inboxes_[executor];
  co_return std::to_string(inbox.empty() ? 0 : inbox.rbegin()->first) + "-0";
}

Task<Result<std::vector<InboxEntry>>> MemoryStore::read_inbox(std::string executor, std::string position,
                                                              Deadline deadline) {
  auto& inbox = inboxes_[executor];
  for (;;) {
    if (auto failure = co_await arrive()) co_return *failure;
    inbox.erase(inbox.begin(), inbox.upper_bound(seq_of(position)));
    std::vector<InboxEntry> entries;
    for (const auto& [seq, job] : inbox) entries.push_back({std::to_string(seq) + "-0", job});
    if (!entries.empty() || loop_now() >= deadline) co_return entries;
    co_await wait_for_writes(deadline);
  }
}

Task<Result<std::optional<Leader>>> MemoryStore::leader() {
  if (auto failure = co_await arrive()) co_return *failure;
  co_return leader_;
}

Task<Result<Epoch>> MemoryStore::take_leadership(std::string name, std::optional<Leader> seen) {
  if (auto failure = co_await arrive()) co_return *failure;
  const bool is_as_seen = leader_.has_value() == seen.has_value() &&
                          (!seen || (leader_->epoch == seen->epoch && leader_->beat == seen->beat));
  if (!is_as_seen) co_return conflict("Another scheduler was faster, or the leader is alive.");
  const Epoch epoch{seen ? seen->epoch.value + 1 : 1};
  leader_ = Leader{name, epoch, 0, false};
  Event event;
  event.type = "leader.elected";
  event.actor = "scheduler/" + name;
  append_event(std::move(event));
  co_return epoch;
}

bool MemoryStore::is_deposed(Epoch epoch) const {
  return !leader_ || leader_->epoch != epoch || leader_->resigned;
}

Task<Result<>> MemoryStore::renew_leadership(Epoch epoch) {
  if (auto failure = co_await arrive()) co_return *failure;
  if (is_deposed(epoch)) co_return conflict("Another scheduler leads.");
  ++leader_->beat;
  co_return Result<>();
}

Task<Result<>> MemoryStore::resign_leadership(std::string name, Epoch epoch) {
  if (auto failure = co_await arrive()) co_return *failure;
  if (is_deposed(epoch)) co_return conflict("Another scheduler leads.");
  leader_->resigned = true;
  Event event;
  event.type = "leader.resigned";
  event.actor = "scheduler/" + name;
  append_event(std::move(event));
  co_return Result<>();
}

Task<Result<std::map<std::string, WebhookProgress>>> MemoryStore::webhook_progress() {
  if (auto failure = co_await arrive()) co_return *failure;
  co_return webhooks_;
}

Task<Result<>> MemoryStore::note_webhooks(std::vector<WebhookNote> notes, Epoch epoch) {
  if (auto failure = co_await arrive()) co_return *failure;
  if (is_deposed(epoch)) co_return conflict("Another scheduler leads.");
  for (WebhookNote& note : notes) {
    if (note.progress) {
      webhooks_[note.target] = std::move(*note.progress);
    } else {
      webhooks_.erase(note.target);
    }
  }
  co_return Result<>();
}

Task<Result<>> MemoryStore::append_log(JobId job, std::uint32_t attempt, std::vector<LogPiece> pieces,
                                       std::vector<LogPiece> drop) {
  if (auto failure = co_await arrive()) co_return *failure;
  Log& log = logs_[{job, attempt}];
  for (LogPiece& piece : pieces) {
    const LogKey key{piece.end, piece.stream};
    if (key <= log.last) continue;
    log.last = key;
    log.pieces.emplace(key, std::move(piece));
  }
  for (const LogPiece& piece : drop) log.pieces.erase({piece.end, piece.stream});
  const auto [first, last] = watches_.equal_range(job);
  for (auto watch = first; watch != last; ++watch) watch->second->notify();
  co_return Result<>();
}

Task<Result<std::vector<LogPiece>>> MemoryStore::read_log_page(JobId job, std::uint32_t attempt,
                                                               std::uint64_t after, std::size_t most) {
  if (auto failure = co_await arrive()) co_return *failure;
  std::vector<LogPiece> found;
  std::size_t size = 0;
  for (const auto& [key, piece] : logs_[{job, attempt}].pieces) {
    if (key.first <= after) continue;
    if (size >= most) break;
    size += piece.bytes.size();
    found.push_back(piece);
  }
  co_return found;
}

Task<Result<std::uint64_t>> MemoryStore::seek_log(JobId job, std::uint32_t attempt, LogStart start) {
  if (auto failure = co_await arrive()) co_return *failure;
  std::uint64_t before = 0;
  std::uint64_t after = 0;
  for (const auto& [key, piece] : logs_[{job, attempt}].pieces) {
    const bool is_there =
        start.since ? piece.at >= *start.since : chosen_of(size_up_to(piece), start.stream) >= start.offset;
    if (is_there) co_return after;
    before = std::exchange(after, piece.end);
  }
  co_return before;
}

Task<Result<LogSize>> MemoryStore::log_size(JobId job, std::uint32_t attempt) {
  if (auto failure = co_await arrive()) co_return *failure;
  const auto& pieces = logs_[{job, attempt}].pieces;
  co_return pieces.empty() ? LogSize{} : size_up_to(pieces.rbegin()->second);
}

std::unique_ptr<LogWatch> MemoryStore::watch_log(JobId job) { return std::make_unique<Watch>(*this, job); }

}  // namespace berth::test
