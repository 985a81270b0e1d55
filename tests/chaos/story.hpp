// Tells histories for the checker's tests: jobs live by Berth's own transition table, so that a story is one
// that Berth could really have had, until a test plants a wrong in it.
#pragma once

#include "shared/model/job_lifecycle.hpp"
#include "tests/chaos/history.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace berth::chaos {

class Story {
 public:
  Story() {
    history.run = {.seed = 7, .minutes = 3, .schedulers = 3, .lease = 15, .began = 1'000};
    for (const auto* name : {"m1", "m2"}) {
      history.run.executors.push_back({name, 1'000, 1 << 30});
      history.allocations.push_back({.executor = name});
    }
  }

  History history;
  Seconds now = 1'000;

  static Asked asked(std::string key) {
    return {.key = std::move(key), .kind = "ok", .cpu = 500, .memory = 64 << 20};
  }

  // A client asks with this key, and Berth admits it, whether or not the client learns of it.
  std::uint64_t submit(const Asked& asked, CallOutcome outcome = CallOutcome::ok) {
    history.asked.push_back(asked);
    Job job;
    job.id = JobId{history.jobs.size() + 1};
    job.definition.image = "busybox";
    job.definition.resources = {Millicores{asked.cpu}, Bytes{asked.memory}, std::nullopt};
    job.definition.at_most_once = asked.at_most_once;
    job.definition.retries.max = asked.retries;
    job.definition.stop_grace = Milliseconds{1'000};
    if (asked.timeout)
      job.definition.timeout = Milliseconds{static_cast<std::int64_t>(*asked.timeout * 1'000)};
    job.reason = Reason::queued;
    job.version = 1;
    history.jobs.push_back(job);
    const auto sent = now;
    tell(job, "job.submitted", "api");
    answer_submit(asked.key, {job.id.value}, sent, outcome);
    return job.id.value;
  }

  void answer_submit(const std::string& key, std::vector<std::uint64_t> ids, Seconds sent,
                     CallOutcome outcome) {
    if (outcome != CallOutcome::ok) ids.clear();
    history.calls.push_back({.client = "c1",
                             .began = sent,
                             .ended = now,
                             .op = Operation::submit,
                             .key = key,
                             .outcome = outcome,
                             .status = outcome == CallOutcome::ok ? 201 : 0,
                             .ids = std::move(ids)});
    now += 0.1;
  }

  Job& job(std::uint64_t id) {
    const auto found = std::find_if(history.jobs.begin(), history.jobs.end(),
                                    [&](const Job& job) { return job.id.value == id; });
    if (found == history.jobs.end()) throw std::logic_error("the story has no such job");
    return *found;
  }

  void happens(std::uint64_t id, const lifecycle::Event& event, const std::string& actor) {
    auto after = lifecycle::apply(job(id), event, WallTime{static_cast<std::int64_t>(now * 1'000)}).value();
    ++after.version;
    job(id) = after;
    tell(after, lifecycle::feed_type(event, after), actor);
  }

  // The job's next attempt begins there, and its process too.
  void begin(std::uint64_t id, const std::string& executor) {
    if (job(id).reason == Reason::backoff) happens(id, lifecycle::BackoffElapsed{}, "scheduler/s1");
    happens(id, lifecycle::Assigned{executor}, "scheduler/s1");
    write(id, Sign::begin);
    happens(id, lifecycle::Started{}, "executor/" + executor);
    write(id, Sign::beat);
  }
  // It ends by itself, and that is seen.
  void exit(std::uint64_t id, int code) {
    write(id, Sign::end, code);
    end(id, Cause::exit, code);
  }
  void end(std::uint64_t id, Cause cause, std::optional<int> code = {},
           std::optional<std::string> signal = {}) {
    lifecycle::Outcome outcome;
    outcome.cause = cause;
    outcome.exit_code = code;
    outcome.signal = std::move(signal);
    happens(id, lifecycle::AttemptEnded{outcome}, "executor/" + *job(id).executor);
  }
  void lose(std::uint64_t id) { happens(id, lifecycle::ExecutorLost{"silent"}, "scheduler/s1"); }

  void abort(std::uint64_t id, CallOutcome outcome = CallOutcome::ok) {
    const auto sent = now;
    if (!is_terminal(job(id).status)) happens(id, lifecycle::AbortRequested{"not needed"}, "api");
    history.calls.push_back({.client = "c2",
                             .began = sent,
                             .ended = now,
                             .op = Operation::abort,
                             .job = id,
                             .outcome = outcome,
                             .status = 200});
    now += 0.1;
  }

  void write(std::uint64_t id, Sign sign, std::optional<int> code = {}) {
    history.truth[id].push_back({job(id).attempt, sign, now, code});
    now += 0.5;
  }

  void breaks(const std::string& kind, const std::string& target, Seconds lasts) {
    history.faults.push_back({.began = now, .ended = now + lasts, .kind = kind, .target = target});
  }

  Event& event(std::size_t back = 0) {
    return std::get<Event>(history.feed.at(history.feed.size() - 1 - back));
  }
  void tell(const Job& after, std::string type, std::string actor) {
    Event event;
    event.seq = history.feed.size() + 1;
    event.type = std::move(type);
    event.job = after.id;
    event.status = after.status;
    event.reason = after.reason;
    event.cause = after.cause;
    event.attempt = after.attempt;
    event.executor = after.executor;
    event.actor = std::move(actor);
    event.version = after.version;
    history.feed.emplace_back(event);
    now += 0.1;
  }

  void settle() {
    history.run.ended = now;
    history.run.settled = now + 20;
  }
};

// The jobs of the healthy story.
struct Cast {
  std::uint64_t good = 0;
  std::uint64_t failing = 0;  // twice
  std::uint64_t lost = 0;     // by a power cut; then good
  std::uint64_t once = 0;     // lost by it, too
  std::uint64_t aborted = 0;  // while it ran
  std::uint64_t late = 0;     // aborted after its end
  std::uint64_t unheard = 0;  // its submit got no answer
  std::uint64_t unknown = 0;  // its init was killed
  std::uint64_t timed_out = 0;
  std::uint64_t killed = 0;  // by itself
};

// Everything that may happen to jobs, and nothing that mustn't.
struct HealthyStory : Story {
  HealthyStory() {
    play_quiet_jobs();
    play_losses();
    play_aborts();
    play_odd_ends();
    history.recoveries.push_back({"power-cut", "m1", now, 0.5, 17.5, 2.5});
    history.recoveries.push_back({"kill-init", "m1", now, 0.0, std::nullopt, 1.5});
    settle();
  }

  Cast cast;

 private:
  void play_quiet_jobs() {
    cast.good = submit(asked("good"));
    begin(cast.good, "m1");
    exit(cast.good, 0);
    history.logs.push_back({.job = cast.good,
                            .attempt = 1,
                            .bytes = 12,
                            .sha256 = "ab",
                            .expected_bytes = 12,
                            .expected_sha256 = "ab"});
    auto failing = asked("failing");
    failing.exit_code = 3;
    failing.retries = 1;
    cast.failing = submit(failing);
    begin(cast.failing, "m1");
    exit(cast.failing, 3);
    begin(cast.failing, "m2");
    exit(cast.failing, 3);
    cast.unheard = submit(asked("unheard"), CallOutcome::unknown);
    begin(cast.unheard, "m1");
    exit(cast.unheard, 0);
    // And one that was never admitted.
    history.asked.push_back(asked("unheard too"));
    answer_submit("unheard too", {}, now, CallOutcome::unknown);
  }

  void play_losses() {
    now += 60;
    auto once = asked("once");
    once.at_most_once = true;
    cast.lost = submit(asked("lost"));
    cast.once = submit(once);
    begin(cast.lost, "m1");
    begin(cast.once, "m1");
    // This one's process had just ended well when the power went: nobody saw it.
    write(cast.lost, Sign::end, 0);
    breaks("power-cut", "m1", 30);
    now += 17.5;
    lose(cast.lost);
    lose(cast.once);
    begin(cast.lost, "m2");
    exit(cast.lost, 0);
    now += 80;
  }

  void play_aborts() {
    cast.aborted = submit(asked("aborted"));
    begin(cast.aborted, "m1");
    abort(cast.aborted);
    write(cast.aborted, Sign::beat);
    end(cast.aborted, Cause::aborted, std::nullopt, "SIGTERM");
    cast.late = submit(asked("late"));
    begin(cast.late, "m1");
    exit(cast.late, 0);
    abort(cast.late);
  }

  void play_odd_ends() {
    cast.unknown = submit(asked("unknown"));
    begin(cast.unknown, "m1");
    breaks("kill-init", "m1", 0);
    end(cast.unknown, Cause::exit_unknown);
    auto slow = asked("slow");
    slow.timeout = 2;
    cast.timed_out = submit(slow);
    begin(cast.timed_out, "m2");
    now += 2;
    end(cast.timed_out, Cause::timeout, std::nullopt, "SIGKILL");
    cast.killed = submit(asked("killed"));
    begin(cast.killed, "m2");
    write(cast.killed, Sign::end, 137);
    end(cast.killed, Cause::signal, 137, "SIGKILL");
  }
};

}  // namespace berth::chaos
