// The model of the store (tests/support/memory_store) against Redis: the same random calls to both, and every
// answer must be the same. Tests and the simulation believe the model.
//
//     BERTH_SEEDS=1000 [BERTH_FIRST_SEED=1] build/dev/tests/contract_tests --gtest_filter='StoreModel.*'
#include "tests/contract/store_calls.hpp"
#include "tests/contract/store_fixture.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/seeds.hpp"

#include <algorithm>
#include <deque>
#include <random>

namespace berth::test {
namespace {

constexpr std::size_t steps_of_a_seed = 200;
constexpr std::size_t calls_shown = 12;

const std::vector<std::string> executor_names{"m1", "m2", "m3"};
const std::vector<std::string> scheduler_names{"s1", "s2"};

// Draws calls that make sense often enough, and that come too late or mean nobody often enough.
class Caller {
 public:
  explicit Caller(std::uint64_t seed) : random_(seed) {}

  // Looks at what there is, and remembers it: later calls will still believe it.
  Task<> look(Store& store);
  Call next();
  std::uint64_t last_job() const { return last_job_; }

 private:
  using Draw = Call (Caller::*)();

  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : random_() % bound; }
  bool chance(std::size_t percent) { return below(100) < percent; }
  template <class List>
  auto one_of(const List& list) {
    return *std::next(std::begin(list), static_cast<std::ptrdiff_t>(below(std::size(list))));
  }
  // What was seen last, or something older.
  template <class T>
  T recent(const std::vector<T>& seen) {
    return chance(80) ? seen.back() : one_of(seen);
  }

  JobDefinition some_definition();
  Job some_job();
  JobId some_id() { return {1 + below(last_job_ + 2)}; }
  Epoch some_epoch();
  std::uint64_t some_incarnation(const std::string& name);
  lifecycle::Event some_event();
  bool is_sure_to_be_made(const std::vector<Change>& changes) const;
  std::vector<Change> some_changes();
  std::vector<LogPiece> some_pieces();
  std::string some_position() { return std::to_string(below(last_event_ + 1)) + "-0"; }

  Call admit();
  Call transition();
  Call lose_attempts();
  Call forget_jobs();
  Call find_jobs();
  Call ended_jobs();
  Call read_events();
  Call register_executor();
  Call heartbeat();
  Call leave_executor();
  Call drain_executor();
  Call resume_executor();
  Call assigned_jobs();
  Call read_inbox();
  Call take_leadership();
  Call renew_leadership();
  Call resign_leadership();
  Call note_webhooks();
  Call append_log();
  Call read_log();

  std::mt19937_64 random_;
  std::uint64_t last_job_ = 0;
  std::uint64_t last_event_ = 0;
  std::vector<Job> jobs_;       // as they are
  std::vector<Job> jobs_seen_;  // every version
  std::vector<std::optional<Leader>> leader_seen_;
  std::vector<RegisteredExecutor> executors_;
  std::vector<Sighting> sightings_;
  std::vector<LogPiece> pieces_seen_;
  std::uint64_t log_end_ = 0;
};

Task<> Caller::look(Store& store) {
  JobQuery all;
  all.limit = 10'000;
  auto found = co_await store.find_jobs(all);
  const auto ids = must(std::move(found));
  if (!ids.empty()) last_job_ = std::max(last_job_, ids.front().value);
  auto read = co_await store.jobs(ids);
  std::vector<Job> jobs;
  for (auto& job : must(std::move(read))) {
    const bool is_known = std::find(jobs_.begin(), jobs_.end(), *job) != jobs_.end();
    if (!is_known) jobs_seen_.push_back(*job);
    jobs.push_back(std::move(*job));
  }
  jobs_ = std::move(jobs);
  auto end = co_await store.last_event();
  last_event_ = must(std::move(end));
  auto leader = co_await store.leader();
  leader_seen_.push_back(must(std::move(leader)));
  auto registered = co_await store.executors();
  executors_ = must(std::move(registered));
  for (const auto& executor : executors_)
    sightings_.push_back({executor.info.name, executor.incarnation, executor.beat});
}

Call Caller::next() {
  struct Weighed {
    std::size_t weight;
    Draw draw;
  };
  static constexpr std::array draws{
      Weighed{6, &Caller::admit},
      Weighed{30, &Caller::transition},
      Weighed{5, &Caller::lose_attempts},
      Weighed{5, &Caller::forget_jobs},
      Weighed{5, &Caller::find_jobs},
      Weighed{2, &Caller::ended_jobs},
      Weighed{4, &Caller::read_events},
      Weighed{5, &Caller::register_executor},
      Weighed{6, &Caller::heartbeat},
      Weighed{2, &Caller::leave_executor},
      Weighed{3, &Caller::drain_executor},
      Weighed{3, &Caller::resume_executor},
      Weighed{2, &Caller::assigned_jobs},
      Weighed{5, &Caller::read_inbox},
      Weighed{4, &Caller::take_leadership},
      Weighed{3, &Caller::renew_leadership},
      Weighed{1, &Caller::resign_leadership},
      Weighed{3, &Caller::note_webhooks},
      Weighed{6, &Caller::append_log},
      Weighed{3, &Caller::read_log},
  };
  std::size_t all = 0;
  for (const auto& one : draws) all += one.weight;
  std::size_t drawn = below(all);
  for (const auto& one : draws) {
    if (drawn < one.weight) return (this->*one.draw)();
    drawn -= one.weight;
  }
  return read_log();
}

// --- what calls are made of ---

JobDefinition Caller::some_definition() {
  JobDefinition made = definition(chance(50) ? one_of(std::array{"red", "blue"}) : "");
  made.retries.max = static_cast<std::uint32_t>(below(3));
  made.at_most_once = chance(10);
  if (chance(20)) made.webhooks.push_back({"https://example.com/" + std::to_string(below(3))});
  return made;
}

Job Caller::some_job() {
  if (jobs_.empty() || chance(5)) {
    Job nobody;
    nobody.id = some_id();
    nobody.reason = Reason::queued;
    nobody.version = 1'000;  // if there is such a job, it isn't at that version
    return nobody;
  }
  return chance(80) ? one_of(jobs_) : one_of(jobs_seen_);
}

Epoch Caller::some_epoch() {
  const auto leader = recent(leader_seen_);
  return leader ? leader->epoch : Epoch{below(3)};
}

std::uint64_t Caller::some_incarnation(const std::string& name) {
  for (const auto& executor : executors_) {
    if (executor.info.name == name && chance(85)) return executor.incarnation;
  }
  return below(4);
}

lifecycle::Event Caller::some_event() {
  lifecycle::AttemptEnded ended;
  ended.outcome.cause = static_cast<Cause>(below(static_cast<std::size_t>(Cause::aborted) + 1));
  if (ended.outcome.cause == Cause::exit) ended.outcome.exit_code = static_cast<int>(below(2));
  if (ended.outcome.cause == Cause::signal) ended.outcome.signal = "SIGKILL";
  ended.outcome.oom_killed = chance(10);
  ended.outcome.message = chance(30) ? "not UTF-8: \xff" : "";
  ended.outcome.finished_at = WallTime{1'700'000'002'000};
  const std::vector<lifecycle::Event> all{lifecycle::Assigned{one_of(executor_names)},
                                          lifecycle::Assigned{one_of(executor_names), {"GPU-1"}},
                                          lifecycle::Unsatisfiable{"too large"},
                                          lifecycle::Satisfiable{},
                                          lifecycle::BackoffElapsed{},
                                          lifecycle::QueueTimedOut{"waited too long"},
                                          lifecycle::AbortRequested{"enough"},
                                          lifecycle::Pulling{"10 of 20 MiB"},
                                          lifecycle::Starting{},
                                          lifecycle::Started{WallTime{1'700'000'001'500}},
                                          lifecycle::Stopping{"timeout"},
                                          lifecycle::Noted{"the daemon hangs"},
                                          ended};
  return one_of(all);
}

bool Caller::is_sure_to_be_made(const std::vector<Change>& changes) const {
  if (changes.empty()) return false;
  const auto& last = changes.back().before;
  const auto is_it = [&](const Job& job) { return job.id == last.id && job.version == last.version; };
  const auto names_it = [&](const Change& change) { return change.before.id == last.id; };
  return std::any_of(jobs_.begin(), jobs_.end(), is_it) &&
         std::count_if(changes.begin(), changes.end(), names_it) == 1;
}

std::vector<Change> Caller::some_changes() {
  std::vector<Change> changes;
  for (std::size_t wanted = below(5); wanted > 0; --wanted) {
    Job job = some_job();
    // The same again: it finds what the change before has made, if that is sure to be made. A record that
    // never was there is nothing that a caller may bring.
    if (chance(15) && is_sure_to_be_made(changes)) {
      job = changes.back().after;
      job.version = changes.back().before.version + 1;
    }
    for (int tries = 0; tries < 30; ++tries) {
      const auto event = some_event();
      if (!lifecycle::is_legal(lifecycle::state_of(job), event)) continue;
      changes.push_back(change_of(job, event));
      break;
    }
  }
  return changes;
}

std::vector<LogPiece> Caller::some_pieces() {
  std::vector<LogPiece> pieces;
  for (std::size_t wanted = below(4); wanted > 0; --wanted) {
    if (!pieces_seen_.empty() && chance(30)) {
      pieces.push_back(one_of(pieces_seen_));
      continue;
    }
    const auto stream = static_cast<std::uint8_t>(1 + below(2));
    const std::string bytes("x\0\xff\n", 1 + below(4));
    if (chance(80)) log_end_ += bytes.size();
    pieces.push_back(
        piece(log_end_, stream, log_end_ - std::min<std::uint64_t>(log_end_, bytes.size()), bytes));
    pieces_seen_.push_back(pieces.back());
  }
  return pieces;
}

// --- the calls ---

std::string words_of(const std::vector<Change>& changes) {
  std::string text;
  for (const auto& change : changes) {
    text +=
        " " + to_string(change.after.id) + "@" + std::to_string(change.before.version) + " " + change.event;
  }
  return text;
}

Call Caller::admit() {
  const std::size_t most = jobs_.size() < 20 ? 4 : 2;  // so that jobs are met again
  std::vector<JobDefinition> definitions;
  for (std::size_t wanted = below(most); wanted > 0; --wanted) definitions.push_back(some_definition());
  std::optional<IdempotencyKey> key;
  if (chance(40)) key = IdempotencyKey{"key" + std::to_string(below(5)), one_of(std::array{"a", "a", "b"})};
  return {"admit " + std::to_string(definitions.size()) + (key ? " " + key->key + " " + key->body_hash : ""),
          [=](Store& store) { return told(store.admit(definitions, key, actor)); }};
}

Call Caller::transition() {
  const auto changes = some_changes();
  std::optional<Epoch> epoch;
  if (chance(40)) epoch = some_epoch();
  return {"transition" + (epoch ? " epoch " + std::to_string(epoch->value) : "") + words_of(changes),
          [=](Store& store) { return told(store.transition(changes, epoch)); }};
}

Call Caller::lose_attempts() {
  const auto changes = some_changes();
  const Epoch epoch = some_epoch();
  Sighting last{one_of(executor_names), below(3), below(5)};
  if (!sightings_.empty() && chance(90)) last = recent(sightings_);
  return {"lose_attempts epoch " + std::to_string(epoch.value) + " " + last.executor + " " +
              std::to_string(last.incarnation) + "/" + std::to_string(last.beat) + words_of(changes),
          [=](Store& store) { return told(store.lose_attempts(changes, epoch, last)); }};
}

Call Caller::forget_jobs() {
  std::vector<Job> ended;
  std::string text = "forget_jobs";
  const Epoch epoch = some_epoch();
  for (const Job& job : jobs_seen_) {
    if (!is_terminal(job.status) || !chance(15)) continue;
    ended.push_back(job);
    if (chance(10)) ++ended.back().version;
    text += " " + to_string(job.id) + "@" + std::to_string(ended.back().version);
  }
  return {text + " epoch " + std::to_string(epoch.value),
          [=](Store& store) { return told(store.forget_jobs(ended, epoch)); }};
}

Call Caller::find_jobs() {
  JobQuery query;
  for (const auto& [status, name] : EnumNames<JobStatus>::names) {
    if (chance(25)) query.statuses.push_back(status);
  }
  if (chance(50)) query.name = one_of(std::array{"red", "blue", "green"});
  if (chance(30)) query.before = some_id();
  query.limit = below(12);
  std::string text = "find_jobs";
  for (const auto status : query.statuses) text += " " + std::string(to_string(status));
  if (query.name) text += " " + *query.name;
  if (query.before) text += " before " + to_string(*query.before);
  return {text + " limit " + std::to_string(query.limit),
          [=](Store& store) { return told(store.find_jobs(query)); }};
}

Call Caller::ended_jobs() {
  const JobId after = some_id();
  const std::size_t limit = below(8);
  return {"ended_jobs after " + to_string(after) + " limit " + std::to_string(limit),
          [=](Store& store) { return told(store.ended_jobs(after, limit)); }};
}

Call Caller::read_events() {
  const std::uint64_t seq = below(last_event_ + 1);
  const std::size_t limit = 1 + below(20);
  return {"read_events " + std::to_string(seq) + " limit " + std::to_string(limit),
          [=](Store& store) { return told(store.read_events(seq, limit, deadline_in({}))); }};
}

Call Caller::register_executor() {
  ExecutorInfo info = executor(one_of(executor_names));
  info.version = std::to_string(below(3));
  const auto seen = some_incarnation(info.name);
  return {"register_executor " + info.name + " seen " + std::to_string(seen),
          [=](Store& store) { return told(store.register_executor(info, seen)); }};
}

Call Caller::heartbeat() {
  const auto name = one_of(executor_names);
  const auto incarnation = some_incarnation(name);
  std::optional<RuntimeInfo> news;
  if (chance(40)) {
    news.emplace();
    news->healthy = chance(50);
    news->message = chance(50) ? "hangs" : "";
  }
  std::optional<UsageReport> usage;
  if (chance(40)) {
    AttemptUsage one;
    one.job = JobId{1 + below(5)};
    one.memory = Bytes{static_cast<std::int64_t>(below(100))};
    if (chance(50)) one.cpu = Millicores{static_cast<std::int64_t>(below(100))};
    usage = usage_report({one});
  }
  return {"heartbeat " + name + " " + std::to_string(incarnation) + (news ? " with news" : "") +
              (usage ? " with usage" : ""),
          [=](Store& store) { return told(store.heartbeat(name, incarnation, news, usage)); }};
}

Call Caller::leave_executor() {
  const auto name = one_of(executor_names);
  const auto incarnation = some_incarnation(name);
  return {"leave_executor " + name + " " + std::to_string(incarnation),
          [=](Store& store) { return told(store.leave_executor(name, incarnation)); }};
}

Call Caller::drain_executor() {
  const auto name = one_of(executor_names);
  std::optional<Milliseconds> deadline;
  if (chance(60))
    deadline = chance(50) ? Milliseconds{0} : Milliseconds{3'600'000};  // either way it is certain
  return {"drain_executor " + name + (deadline ? " " + to_string(*deadline) : ""),
          [=](Store& store) { return told(store.drain_executor(name, "new disk", deadline, actor)); }};
}

Call Caller::resume_executor() {
  const auto name = one_of(executor_names);
  return {"resume_executor " + name, [=](Store& store) { return told(store.resume_executor(name, actor)); }};
}

Call Caller::assigned_jobs() {
  const auto name = one_of(executor_names);
  return {"assigned_jobs " + name, [=](Store& store) { return told(store.assigned_jobs(name)); }};
}

Call Caller::read_inbox() {
  const auto name = one_of(executor_names);
  const auto position = some_position();
  return {"read_inbox " + name + " " + position,
          [=](Store& store) { return told(store.read_inbox(name, position, deadline_in({}))); }};
}

Call Caller::take_leadership() {
  const auto name = one_of(scheduler_names);
  const auto seen = recent(leader_seen_);
  return {"take_leadership " + name + " from " + text_of(seen),
          [=](Store& store) { return told(store.take_leadership(name, seen)); }};
}

Call Caller::renew_leadership() {
  const Epoch epoch = some_epoch();
  return {"renew_leadership " + std::to_string(epoch.value),
          [=](Store& store) { return told(store.renew_leadership(epoch)); }};
}

Call Caller::resign_leadership() {
  const Epoch epoch = some_epoch();
  const auto name = one_of(scheduler_names);
  return {"resign_leadership " + name + " " + std::to_string(epoch.value),
          [=](Store& store) { return told(store.resign_leadership(name, epoch)); }};
}

Call Caller::note_webhooks() {
  const Epoch epoch = some_epoch();
  std::string text = "note_webhooks epoch " + std::to_string(epoch.value);
  std::map<std::string, std::optional<WebhookProgress>> drawn;
  for (std::size_t wanted = below(4); wanted > 0; --wanted) {
    WebhookProgress progress{below(last_event_ + 1), {}};
    for (std::size_t owed = below(3); owed > 0; --owed) progress.owed.push_back(last_event_ + 3 - owed);
    const auto name = one_of(std::array{"jobs", "job/1/0", "cluster/https://example.com/a b"});
    drawn[name] = chance(70) ? std::optional(progress) : std::nullopt;
  }
  std::vector<WebhookNote> notes;
  for (const auto& [target, progress] : drawn) {
    notes.push_back({target, progress});
    text += " " + target + (progress ? " at " + std::to_string(progress->position) : " forgotten");
  }
  return {text, [=](Store& store) { return told(store.note_webhooks(notes, epoch)); }};
}

Call Caller::append_log() {
  const JobId job = some_id();
  const auto attempt = static_cast<std::uint32_t>(1 + below(2));
  const auto pieces = some_pieces();
  std::vector<LogPiece> drop;
  if (!pieces_seen_.empty() && chance(40)) drop.push_back(one_of(pieces_seen_));
  std::string text = "append_log " + to_string(job) + " " + std::to_string(attempt);
  for (const auto& one : pieces) text += " " + std::to_string(one.end) + "-" + std::to_string(one.stream);
  for (const auto& one : drop) text += " drop " + std::to_string(one.end) + "-" + std::to_string(one.stream);
  return {text, [=](Store& store) { return told(store.append_log(job, attempt, pieces, drop)); }};
}

Call Caller::read_log() {
  const JobId job = some_id();
  const std::uint64_t after = below(log_end_ + 1);
  return {"read_log " + to_string(job) + " after " + std::to_string(after),
          [=](Store& store) { return told(store.read_log(job, 1, after)); }};
}

// --- both ---

// The answer of each; the difference, if there is one.
Task<std::string> difference(Call call, Store& model, Store& redis) {
  const std::string expected = co_await call.make(redis);
  const std::string answered = co_await call.make(model);
  if (expected == answered) co_return "";
  co_return "Redis answered " + expected + "\n  the model " + answered;
}

Task<> play(std::uint64_t seed, Store& model, Store& redis) {
  Caller caller(seed);
  std::deque<std::string> last_calls;
  for (std::size_t step = 1; step <= steps_of_a_seed; ++step) {
    co_await caller.look(model);
    std::vector<Call> calls;
    calls.push_back(caller.next());
    if (step == steps_of_a_seed) {
      for (auto& read : all_reads(caller.last_job(), executor_names)) calls.push_back(std::move(read));
    }
    for (const Call& call : calls) {
      last_calls.push_back(call.text);
      if (last_calls.size() > calls_shown) last_calls.pop_front();
      const std::string differs = co_await difference(call, model, redis);
      if (differs.empty()) continue;
      std::string report = "seed " + std::to_string(seed) + ", step " + std::to_string(step) + ":\n";
      for (const auto& text : last_calls) report += "  " + text + "\n";
      ADD_FAILURE() << report << "  " << differs;
      co_return;
    }
  }
}

TEST(StoreModel, AnswersEveryCallAsRedisDoes) {
  const auto first = from_environment("BERTH_FIRST_SEED", 1);
  const auto seeds = from_environment("BERTH_SEEDS", 5);
  RedisServer server;
  asio::io_context io;
  ManualClock clock;  // that both read: what they write of it must be the same
  for (auto seed = first; seed < first + seeds && !::testing::Test::HasFailure(); ++seed) {
    MemoryStore model(io.get_executor(), clock);
    RedisStore redis(io.get_executor(), options_for(server, "test" + std::to_string(seed)), clock);
    const std::function<Task<>(RedisStore&)> story = [&](RedisStore& store) {
      return play(seed, model, store);
    };
    run(io, tell_with_redis(redis, story));
  }
}

}  // namespace
}  // namespace berth::test
