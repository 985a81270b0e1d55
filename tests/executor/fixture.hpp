// One executor's world in a test: a store in memory that can lose answers, the simulated runtime, and a
// scheduler that is the test itself.
#pragma once

#include "executor/runtime/simulated.hpp"
#include "shared/model/job_lifecycle.hpp"
#include "tests/shared/runtime/loop.hpp"
#include "tests/support/memory_store.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace berth::test {

// MemoryStore as its user sees it, with a fault to inject and the writes counted.
class WatchedStore final : public Store {
 public:
  explicit WatchedStore(MemoryStore& store) : store_(store) {}

  int lose_answers = 0;  // of that many transitions to come: they take effect, and time out
  int transition_calls = 0;
  std::size_t changes = 0;
  int append_calls = 0;
  std::vector<LogPiece> appended;
  std::vector<LogPiece> dropped;
  std::optional<Error> refuse_logs;
  int log_reads = 0;
  std::optional<Error> refuse_log_reads;
  bool hides_inbox = false;    // nothing of it arrives
  bool repeats_inbox = false;  // every answer begins with all that came before, and has what is new twice

  Task<Result<std::vector<Changed>>> lose_attempts(std::vector<Change> c, Epoch e, Sighting s) override {
    return store_.lose_attempts(std::move(c), e, std::move(s));
  }
  Task<Result<std::vector<Changed>>> transition(std::vector<Change> c, std::optional<Epoch> e) override {
    ++transition_calls;
    changes += c.size();
    auto result = co_await store_.transition(std::move(c), e);
    if (lose_answers == 0) co_return result;
    --lose_answers;
    co_return Error{ErrorKind::timeout, "no answer in time"};
  }
  Task<Result<>> append_log(JobId j, std::uint32_t a, std::vector<LogPiece> p,
                            std::vector<LogPiece> d) override {
    ++append_calls;
    if (refuse_logs) co_return *refuse_logs;
    auto pieces = p;
    auto drop = d;
    auto result = co_await store_.append_log(j, a, std::move(p), std::move(d));
    if (!result) co_return result;
    appended.insert(appended.end(), pieces.begin(), pieces.end());
    dropped.insert(dropped.end(), drop.begin(), drop.end());
    co_return result;
  }

  Task<Result<Admitted>> admit(std::vector<JobDefinition> d, std::optional<IdempotencyKey> k,
                               std::string a) override {
    return store_.admit(std::move(d), std::move(k), std::move(a));
  }
  Task<Result<std::vector<std::optional<Job>>>> jobs(std::vector<JobId> i) override {
    return store_.jobs(std::move(i));
  }
  Task<Result<std::vector<JobId>>> find_jobs(JobQuery q) override { return store_.find_jobs(std::move(q)); }
  Task<Result<std::array<std::uint64_t, 5>>> count_jobs() override { return store_.count_jobs(); }
  Task<Result<std::vector<JobId>>> ended_jobs(JobId a, std::size_t l) override {
    return store_.ended_jobs(a, l);
  }
  Task<Result<std::size_t>> forget_jobs(std::vector<Job> j, Epoch e) override {
    return store_.forget_jobs(std::move(j), e);
  }
  Task<Result<std::uint64_t>> last_event() override { return store_.last_event(); }
  std::uint64_t history() const override { return store_.history(); }
  Task<Result<std::vector<Event>>> read_events(std::uint64_t s, std::size_t l, Deadline d) override {
    return store_.read_events(s, l, d);
  }
  Task<Result<std::uint64_t>> register_executor(ExecutorInfo i, std::uint64_t s) override {
    return store_.register_executor(std::move(i), s);
  }
  Task<Result<HeartbeatReply>> heartbeat(std::string n, std::uint64_t i, std::optional<RuntimeInfo> r,
                                         std::optional<UsageReport> u) override {
    return store_.heartbeat(std::move(n), i, std::move(r), std::move(u));
  }
  Task<Result<std::vector<std::optional<UsageReport>>>> usage(std::vector<std::string> e) override {
    return store_.usage(std::move(e));
  }
  Task<Result<>> leave_executor(std::string n, std::uint64_t i) override {
    return store_.leave_executor(std::move(n), i);
  }
  Task<Result<>> drain_executor(std::string n, std::string r, std::optional<Milliseconds> d,
                                std::string a) override {
    return store_.drain_executor(std::move(n), std::move(r), d, std::move(a));
  }
  Task<Result<>> resume_executor(std::string n, std::string a) override {
    return store_.resume_executor(std::move(n), std::move(a));
  }
  Task<Result<std::vector<RegisteredExecutor>>> executors() override { return store_.executors(); }
  Task<Result<std::vector<Job>>> assigned_jobs(std::string e) override {
    return store_.assigned_jobs(std::move(e));
  }
  Task<Result<std::string>> inbox_end(std::string e) override { return store_.inbox_end(std::move(e)); }
  Task<Result<std::vector<InboxEntry>>> read_inbox(std::string e, std::string p, Deadline d) override {
    auto fresh = co_await store_.read_inbox(std::move(e), std::move(p), d);
    if (hides_inbox) {
      co_await sleep_until(deadline_in(std::chrono::milliseconds{50}));
      co_return std::vector<InboxEntry>{};
    }
    if (!fresh || !repeats_inbox) co_return fresh;
    auto told = inbox_;
    for (const auto& entry : *fresh) {
      inbox_.push_back(entry);
      told.insert(told.end(), 2, entry);
    }
    co_return told;
  }
  Task<Result<std::optional<Leader>>> leader() override { return store_.leader(); }
  Task<Result<Epoch>> take_leadership(std::string n, std::optional<Leader> s) override {
    return store_.take_leadership(std::move(n), std::move(s));
  }
  Task<Result<>> renew_leadership(Epoch e) override { return store_.renew_leadership(e); }
  Task<Result<>> resign_leadership(std::string n, Epoch e) override {
    return store_.resign_leadership(std::move(n), e);
  }
  Task<Result<std::map<std::string, WebhookProgress>>> webhook_progress() override {
    return store_.webhook_progress();
  }
  Task<Result<>> note_webhooks(std::vector<WebhookNote> n, Epoch e) override {
    return store_.note_webhooks(std::move(n), e);
  }
  Task<Result<std::vector<LogPiece>>> read_log_page(JobId j, std::uint32_t a, std::uint64_t s,
                                                    std::size_t m) override {
    ++log_reads;
    if (refuse_log_reads) co_return *refuse_log_reads;
    auto read = co_await store_.read_log_page(j, a, s, m);
    co_return read;
  }
  Task<Result<std::uint64_t>> seek_log(JobId j, std::uint32_t a, LogStart s) override {
    return store_.seek_log(j, a, s);
  }
  Task<Result<LogSize>> log_size(JobId j, std::uint32_t a) override { return store_.log_size(j, a); }
  std::unique_ptr<LogWatch> watch_log(JobId j) override { return store_.watch_log(j); }

 private:
  MemoryStore& store_;
  std::vector<InboxEntry> inbox_;
};

// SimulatedRuntime that counts what is made, and whose images can be missing.
class WatchedRuntime final : public SimulatedRuntime {
 public:
  using SimulatedRuntime::SimulatedRuntime;

  int creates = 0;
  std::function<Task<>(JobId)> on_create = nullptr;  // before it is done
  bool has_images = true;                            // otherwise a pull goes on for ever

  Task<Result<>> create(ContainerSpec spec) override {
    if (!has_images) co_return Error{ErrorKind::not_found, "No such image: " + spec.definition.image};
    ++creates;
    if (on_create) co_await on_create(spec.identity.job);
    auto created = co_await SimulatedRuntime::create(std::move(spec));
    co_return created;
  }
  Task<Result<>> pull(std::string image, OnPullProgress on_progress) override {
    if (!has_images) co_await sleep_until(no_deadline);
    auto pulled = co_await SimulatedRuntime::pull(std::move(image), std::move(on_progress));
    co_return pulled;
  }
};

// The machine's clock, whose time of day somebody sets.
class SteppedClock final : public Clock {
 public:
  WallTime wall() const override { return system_.wall() + step_; }
  Monotonic monotonic() const override { return system_.monotonic(); }
  BootTime boot() const override { return system_.boot(); }

  void step_wall(Milliseconds span) { step_ += span; }

 private:
  SystemClock system_;
  Milliseconds step_{};
};

struct World {
  static constexpr auto executor_name = "node1";

  Loop loop;
  SteppedClock clock;
  MemoryStore memory{loop.executor(), clock};
  WatchedStore store{memory};
  WatchedRuntime runtime{loop.executor(), clock};

  static JobDefinition definition(std::string run = "0s", std::string exit = "0") {
    JobDefinition definition;
    definition.image = "busybox";
    definition.env = {{"SIMULATE_RUN", std::move(run)}, {"SIMULATE_EXIT", std::move(exit)}};
    return definition;
  }

  // Admits jobs and puts them on the executor.
  std::vector<Job> assign(std::vector<JobDefinition> definitions) {
    return loop.run(assigned(std::move(definitions)));
  }
  Job assign(JobDefinition definition) {
    std::vector<JobDefinition> one{std::move(definition)};
    return assign(std::move(one)).front();
  }

  // What a scheduler does to a job, whatever version it is at.
  Job change(JobId id, lifecycle::Event event) { return loop.run(changed(id, std::move(event))); }

  Job record(JobId id) { return loop.run(read(id)); }

  void run_until(JobId id, std::function<bool(const Job&)> condition) {
    loop.run(until(id, std::move(condition)));
  }
  Job finished(JobId id) {
    run_until(id, [](const Job& job) { return is_terminal(job.status); });
    return record(id);
  }

  Task<> abort(JobId id) {
    lifecycle::Event event = lifecycle::AbortRequested{"enough"};
    co_await changed(id, std::move(event));
  }

 private:
  Task<Job> read(JobId id) {
    std::vector<JobId> ids{id};
    auto jobs = co_await memory.jobs(std::move(ids));
    co_return *jobs.value().front();
  }
  Task<std::vector<Job>> assigned(std::vector<JobDefinition> definitions) {
    auto admitted = co_await memory.admit(std::move(definitions), std::nullopt, "test");
    std::vector<Job> jobs;
    for (const auto id : admitted.value().ids) {
      lifecycle::Event event = lifecycle::Assigned{executor_name};
      auto job = co_await changed(id, std::move(event));
      jobs.push_back(std::move(job));
    }
    co_return jobs;
  }
  Task<Job> changed(JobId id, lifecycle::Event event) {
    while (true) {
      const auto before = co_await read(id);
      auto after = lifecycle::apply(before, event, clock.wall()).value();
      std::vector<Change> changes{{before, after, lifecycle::feed_type(event, after), "test"}};
      const auto result = co_await memory.transition(std::move(changes), std::nullopt);
      if (result.value().front().outcome == Changed::Outcome::conflict) continue;
      after.version = result.value().front().version;
      co_return after;
    }
  }
  Task<> until(JobId id, std::function<bool(const Job&)> condition) {
    std::uint64_t seq = 0;
    while (true) {
      const auto job = co_await read(id);
      if (condition(job)) co_return;
      const auto last = co_await memory.last_event();
      seq = last.value();
      const auto again = co_await read(id);
      if (condition(again)) co_return;
      co_await memory.read_events(seq, 1, deadline_in(std::chrono::seconds{30}));
    }
  }
};

}  // namespace berth::test
