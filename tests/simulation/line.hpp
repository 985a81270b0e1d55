// The ways of a simulated process to the store and to its container runtime, on which things go wrong.
#pragma once

#include "executor/runtime/container_runtime.hpp"
#include "shared/store/store.hpp"

#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace berth::test {

// One process's connections. What goes wrong is set by the nemesis.
struct Line {
  explicit Line(std::uint64_t seed) : random(seed) {}

  bool is_dead = false;  // the process was killed: nothing that it still does has any effect
  bool loses_requests = false;
  bool loses_answers = false;
  bool is_runtime_away = false;
  bool repeats_inbox = false;  // every entry comes twice
  Milliseconds slowness{5};    // the longest way of one message
  std::mt19937_64 random;

  // One message's way to the store, or back.
  Task<> travel() {
    const auto span = std::uniform_int_distribution<std::int64_t>(0, slowness.count())(random);
    co_await sleep_until(deadline_in(Milliseconds{span}));
  }
};

class LinedStore final : public Store {
 public:
  LinedStore(Store& store, Line& line) : store_(store), line_(line) {}

  Task<Result<Admitted>> admit(std::vector<JobDefinition> d, std::optional<IdempotencyKey> k,
                               std::string a) override {
    return send(store_.admit(std::move(d), std::move(k), std::move(a)));
  }
  Task<Result<std::vector<Changed>>> transition(std::vector<Change> c, std::optional<Epoch> e) override {
    return send(store_.transition(std::move(c), e));
  }
  Task<Result<std::vector<Changed>>> lose_attempts(std::vector<Change> c, Epoch e, Sighting s) override {
    return send(store_.lose_attempts(std::move(c), e, std::move(s)));
  }
  Task<Result<std::vector<std::optional<Job>>>> jobs(std::vector<JobId> ids) override {
    return send(store_.jobs(std::move(ids)));
  }
  Task<Result<std::vector<JobId>>> find_jobs(JobQuery q) override {
    return send(store_.find_jobs(std::move(q)));
  }
  Task<Result<std::array<std::uint64_t, 5>>> count_jobs() override { return send(store_.count_jobs()); }
  Task<Result<std::vector<JobId>>> ended_jobs(JobId after, std::size_t limit) override {
    return send(store_.ended_jobs(after, limit));
  }
  Task<Result<std::size_t>> forget_jobs(std::vector<Job> jobs, Epoch e) override {
    return send(store_.forget_jobs(std::move(jobs), e));
  }
  Task<Result<std::uint64_t>> last_event() override { return send(store_.last_event()); }
  std::uint64_t history() const override { return store_.history(); }
  Task<Result<std::vector<Event>>> read_events(std::uint64_t seq, std::size_t limit, Deadline d) override {
    return send(store_.read_events(seq, limit, d));
  }
  Task<Result<std::uint64_t>> register_executor(ExecutorInfo i, std::uint64_t seen) override {
    return send(store_.register_executor(std::move(i), seen));
  }
  Task<Result<HeartbeatReply>> heartbeat(std::string n, std::uint64_t i, std::optional<RuntimeInfo> r,
                                         std::optional<UsageReport> u) override {
    return send(store_.heartbeat(std::move(n), i, std::move(r), std::move(u)));
  }
  Task<Result<std::vector<std::optional<UsageReport>>>> usage(std::vector<std::string> e) override {
    return send(store_.usage(std::move(e)));
  }
  Task<Result<>> leave_executor(std::string n, std::uint64_t i) override {
    return send(store_.leave_executor(std::move(n), i));
  }
  Task<Result<>> drain_executor(std::string n, std::string r, std::optional<Milliseconds> d,
                                std::string a) override {
    return send(store_.drain_executor(std::move(n), std::move(r), d, std::move(a)));
  }
  Task<Result<>> resume_executor(std::string n, std::string a) override {
    return send(store_.resume_executor(std::move(n), std::move(a)));
  }
  Task<Result<std::vector<RegisteredExecutor>>> executors() override { return send(store_.executors()); }
  Task<Result<std::vector<Job>>> assigned_jobs(std::string e) override {
    return send(store_.assigned_jobs(std::move(e)));
  }
  Task<Result<std::string>> inbox_end(std::string e) override { return send(store_.inbox_end(std::move(e))); }
  Task<Result<std::vector<InboxEntry>>> read_inbox(std::string e, std::string p, Deadline d) override {
    return stutter(send(store_.read_inbox(std::move(e), std::move(p), d)));
  }
  Task<Result<std::optional<Leader>>> leader() override { return send(store_.leader()); }
  Task<Result<Epoch>> take_leadership(std::string n, std::optional<Leader> s) override {
    return send(store_.take_leadership(std::move(n), std::move(s)));
  }
  Task<Result<>> renew_leadership(Epoch e) override { return send(store_.renew_leadership(e)); }
  Task<Result<>> resign_leadership(std::string n, Epoch e) override {
    return send(store_.resign_leadership(std::move(n), e));
  }
  Task<Result<std::map<std::string, WebhookProgress>>> webhook_progress() override {
    return send(store_.webhook_progress());
  }
  Task<Result<>> note_webhooks(std::vector<WebhookNote> notes, Epoch e) override {
    return send(store_.note_webhooks(std::move(notes), e));
  }
  Task<Result<>> append_log(JobId j, std::uint32_t a, std::vector<LogPiece> p,
                            std::vector<LogPiece> d) override {
    return send(store_.append_log(j, a, std::move(p), std::move(d)));
  }
  Task<Result<std::vector<LogPiece>>> read_log_page(JobId j, std::uint32_t a, std::uint64_t s,
                                                    std::size_t m) override {
    return send(store_.read_log_page(j, a, s, m));
  }
  Task<Result<std::uint64_t>> seek_log(JobId j, std::uint32_t a, LogStart s) override {
    return send(store_.seek_log(j, a, s));
  }
  Task<Result<LogSize>> log_size(JobId j, std::uint32_t a) override { return send(store_.log_size(j, a)); }
  std::unique_ptr<LogWatch> watch_log(JobId j) override { return store_.watch_log(j); }

 private:
  Task<Result<std::vector<InboxEntry>>> stutter(Task<Result<std::vector<InboxEntry>>> call) {
    auto entries = co_await std::move(call);
    if (!entries || !line_.repeats_inbox) co_return entries;
    std::vector<InboxEntry> twice;
    for (const auto& entry : *entries) twice.insert(twice.end(), 2, entry);
    co_return twice;
  }

  // The call isn't made before it is awaited: a request that is lost has no effect.
  template <class T>
  Task<Result<T>> send(Task<Result<T>> call) {
    const auto give_up = deadline_in(limits::store_call);
    co_await line_.travel();
    if (line_.is_dead) co_return unavailable("this process is dead");
    if (!line_.loses_requests) {
      auto answer = co_await std::move(call);
      co_await line_.travel();
      if (line_.is_dead) co_return unavailable("this process is dead");
      if (!line_.loses_answers) co_return answer;
    }
    co_await sleep_until(give_up);
    co_return Error{ErrorKind::timeout, "the store gives no answer"};
  }

  Store& store_;
  Line& line_;
};

// A machine's containers as one process sees them. They live on without it.
class LinedRuntime final : public ContainerRuntime {
 public:
  // Called when a process was allowed to begin.
  using OnBegin = std::function<Task<>(ContainerIdentity)>;

  LinedRuntime(ContainerRuntime& runtime, Line& line, OnBegin on_begin)
      : runtime_(runtime), line_(line), on_begin_(std::move(on_begin)) {}

  Task<RuntimeInfo> probe() override {
    auto info = co_await runtime_.probe();
    info.healthy = !is_away();
    co_return info;
  }
  Task<Result<bool>> has_image(std::string i) override { return call(runtime_.has_image(std::move(i))); }
  Task<Result<>> pull(std::string i, OnPullProgress p) override {
    return call(runtime_.pull(std::move(i), std::move(p)));
  }
  Task<Result<>> create(ContainerSpec s) override { return call(runtime_.create(std::move(s))); }
  Task<Result<>> start(ContainerSpec spec, MayStart may_start) override {
    bool was_allowed = false;
    MayStart tell = [&] { return see(was_allowed, may_start); };
    const auto identity = spec.identity;
    auto started = co_await call(runtime_.start(std::move(spec), std::move(tell)));
    if (was_allowed) co_await on_begin_(identity);
    co_return started;
  }
  void extend_lease(BootTime until) override {
    if (!line_.is_dead) runtime_.extend_lease(until);
  }
  Task<Result<ContainerState>> wait(ContainerIdentity i) override {
    return call(runtime_.wait(std::move(i)));
  }
  Task<Result<>> kill(ContainerIdentity i, std::string s) override {
    return call(runtime_.kill(std::move(i), std::move(s)));
  }
  Task<Result<>> remove(ContainerIdentity i) override { return call(runtime_.remove(std::move(i))); }
  Task<Result<ContainerState>> inspect(ContainerIdentity i) override {
    return call(runtime_.inspect(std::move(i)));
  }
  Task<Result<std::vector<ContainerState>>> list(std::string c, std::string e) override {
    return call(runtime_.list(std::move(c), std::move(e)));
  }
  Task<Result<>> copy_logs(ContainerIdentity i, std::uint64_t skip, LogSink& sink) override {
    return call(runtime_.copy_logs(std::move(i), skip, sink));
  }
  Task<Result<>> copy_ended_logs(ContainerIdentity i, std::uint64_t skip, LogSink& sink) override {
    return call(runtime_.copy_ended_logs(std::move(i), skip, sink));
  }

 private:
  static Task<Result<>> see(bool& was_allowed, const MayStart& may_start) {
    auto allowed = co_await may_start();
    was_allowed = allowed.has_value();
    co_return allowed;
  }

  bool is_away() const { return line_.is_dead || line_.is_runtime_away; }

  template <class T>
  Task<Result<T>> call(Task<Result<T>> work) {
    co_await line_.travel();
    if (is_away()) co_return unavailable("Docker doesn't answer");
    auto answer = co_await std::move(work);
    if (is_away()) co_return unavailable("Docker doesn't answer");
    co_return answer;
  }

  ContainerRuntime& runtime_;
  Line& line_;
  OnBegin on_begin_;
};

}  // namespace berth::test
