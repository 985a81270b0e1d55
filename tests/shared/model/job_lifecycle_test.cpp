// The transition table, held against the one that docs/job-lifecycle.md draws, and what single events make of
// a record.
#include "shared/model/job_lifecycle.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace berth::lifecycle {
namespace {

using namespace std::chrono_literals;

constexpr WallTime now{1'000'000};

Job job_in(State state) {
  Job job;
  job.id = JobId{7};
  job.definition.image = "busybox";
  job.version = 3;
  const auto with_attempt = [&] {
    job.attempt = 1;
    job.executor = "one";
    job.attempts.push_back({1, "one", {}, WallTime{5}, {}, {}, {}, {}, {}, false, {}, {}, ""});
  };
  const auto pending = [&](Reason reason) {
    job.status = JobStatus::pending;
    job.reason = reason;
  };
  switch (state) {
    case State::queued:
      pending(Reason::queued);
      break;
    case State::unsatisfiable:
      pending(Reason::unsatisfiable);
      break;
    case State::backoff:
      with_attempt();
      pending(Reason::backoff);
      break;
    case State::held:
      pending(Reason::held);
      break;
    case State::assigned:
      with_attempt();
      pending(Reason::assigned);
      break;
    case State::pulling:
      with_attempt();
      pending(Reason::pulling);
      break;
    case State::starting:
      with_attempt();
      pending(Reason::starting);
      break;
    case State::aborting:
      with_attempt();
      pending(Reason::starting);
      job.abort_requested_at = WallTime{9};
      break;
    case State::executing:
    case State::stopping:
      with_attempt();
      job.status = JobStatus::running;
      job.reason = state == State::stopping ? Reason::stopping : Reason::executing;
      break;
    case State::succeeded:
      job.status = JobStatus::succeeded;
      break;
    case State::failed:
      job.status = JobStatus::failed;
      break;
    case State::aborted:
      job.status = JobStatus::aborted;
      break;
  }
  return job;
}

Outcome exited(int code) {
  Outcome outcome;
  outcome.cause = Cause::exit;
  outcome.exit_code = code;
  outcome.finished_at = now;
  return outcome;
}

Outcome ended(Cause cause) {
  Outcome outcome;
  outcome.cause = cause;
  outcome.finished_at = now;
  return outcome;
}

std::vector<Event> every_event() {
  return {Assigned{"two"},
          Unsatisfiable{"why"},
          Satisfiable{},
          BackoffElapsed{},
          QueueTimedOut{"late"},
          ExecutorLost{"gone"},
          AbortRequested{"enough"},
          Pulling{},
          Starting{},
          Started{now},
          Stopping{"timeout"},
          Noted{"note"},
          AttemptEnded{exited(7)}};
}

std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> parts;
  std::istringstream in(line.substr(1));
  for (std::string cell; std::getline(in, cell, '|');) {
    const auto begin = cell.find_first_not_of(' ');
    const auto end = cell.find_last_not_of(' ');
    parts.push_back(begin == std::string::npos ? "" : cell.substr(begin, end - begin + 1));
  }
  return parts;
}

TEST(JobLifecycle, EveryStateAndEventIsAsTheDocumentedTableSays) {
  std::ifstream page(BERTH_SOURCE_DIR "/docs/job-lifecycle.md");
  ASSERT_TRUE(page) << "docs/job-lifecycle.md is missing";
  std::string line;
  while (std::getline(page, line) && !line.starts_with("| state |")) {
  }
  auto header = cells(line);
  const auto events = every_event();
  ASSERT_EQ(header.size(), events.size() + 1);
  for (std::size_t e = 0; e < events.size(); ++e) EXPECT_EQ(header[e + 1], event_name(events[e]));
  std::getline(page, line);
  for (std::size_t s = 0; s < state_count; ++s) {
    std::getline(page, line);
    const auto row = cells(line);
    const auto state = static_cast<State>(s);
    ASSERT_EQ(row.size(), events.size() + 1);
    ASSERT_EQ(row[0], to_string(state));
    const auto before = job_in(state);
    ASSERT_EQ(state_of(before), state);
    for (std::size_t e = 0; e < events.size(); ++e) {
      const auto after = apply(before, events[e], now);
      const std::string result = after ? std::string(to_string(state_of(*after))) : ".";
      EXPECT_EQ(result, row[e + 1]) << to_string(state) << " × " << event_name(events[e]);
      EXPECT_TRUE(after || after.error().kind == ErrorKind::conflict);
    }
  }
}

TEST(JobLifecycle, AWholeLife) {
  auto job = job_in(State::queued);
  job = *apply(job, Assigned{"one"}, WallTime{10});
  EXPECT_EQ(job.attempt, 1u);
  EXPECT_EQ(job.executor, "one");
  EXPECT_EQ(job.scheduled_at, WallTime{10});
  EXPECT_TRUE(holds_resources(job));
  job = *apply(job, Pulling{"43 %"}, WallTime{11});
  EXPECT_EQ(job.message, "43 %");
  job = *apply(job, Starting{}, WallTime{12});
  EXPECT_EQ(job.status, JobStatus::pending) << "an assigned job isn't running before its process is";
  job = *apply(job, Started{WallTime{13}}, WallTime{14});
  EXPECT_EQ(job.status, JobStatus::running);
  EXPECT_EQ(job.started_at, WallTime{13});
  auto outcome = exited(0);
  outcome.peak_memory = 64_MiB;
  outcome.cpu_time = Milliseconds{2};
  outcome.output = AttemptOutput{3, "abc"};
  job = *apply(job, AttemptEnded{outcome}, WallTime{15});
  EXPECT_EQ(job.attempts.at(0).peak_memory, 64_MiB);
  EXPECT_EQ(job.attempts.at(0).cpu_time, Milliseconds{2});
  EXPECT_EQ(job.attempts.at(0).output, (AttemptOutput{3, "abc"}));
  EXPECT_EQ(job.status, JobStatus::succeeded);
  EXPECT_EQ(job.cause, Cause::exit);
  EXPECT_EQ(job.exit_code, 0);
  EXPECT_EQ(job.finished_at, now);
  EXPECT_FALSE(job.reason.has_value());
  EXPECT_FALSE(holds_resources(job));
  EXPECT_EQ(job.attempts.at(0).exit_code, 0);
}

TEST(JobLifecycle, TheRuntimesOwnTimesOfAShortProcessReplaceTheOnesThatWereTold) {
  auto job = *apply(job_in(State::starting), Started{WallTime{100}}, WallTime{100});
  auto outcome = exited(0);
  outcome.started_at = WallTime{60};
  outcome.finished_at = WallTime{90};
  job = *apply(job, AttemptEnded{outcome}, WallTime{120});
  EXPECT_EQ(*job.finished_at - *job.started_at, 30ms);
  EXPECT_EQ(job.attempts.at(0).started_at, WallTime{60});
}

TEST(JobLifecycle, SuccessNeedsAnObservedExitCodeOfZero) {
  const auto running = job_in(State::executing);
  EXPECT_EQ(apply(running, AttemptEnded{exited(0)}, now)->status, JobStatus::succeeded);
  EXPECT_EQ(apply(running, AttemptEnded{exited(1)}, now)->status, JobStatus::failed);
  EXPECT_EQ(apply(running, AttemptEnded{ended(Cause::exit)}, now)->status, JobStatus::failed)
      << "no code at all";
  auto timed_out = exited(0);  // it handled SIGTERM and left with 0: still a timeout
  timed_out.cause = Cause::timeout;
  EXPECT_EQ(apply(running, AttemptEnded{timed_out}, now)->status, JobStatus::failed);
}

TEST(JobLifecycle, AnAbortedJobThatHadEndedByItselfKeepsItsEnding) {
  const auto stopping = *apply(job_in(State::executing), AbortRequested{"enough"}, now);
  EXPECT_EQ(apply(stopping, AttemptEnded{exited(0)}, now)->status, JobStatus::succeeded);
  const auto aborted = *apply(stopping, AttemptEnded{ended(Cause::aborted)}, now);
  EXPECT_EQ(aborted.status, JobStatus::aborted);
  EXPECT_EQ(aborted.message, "enough");
}

TEST(JobLifecycle, AbortIsIdempotentAndKeepsTheFirstRequest) {
  const auto once = *apply(job_in(State::starting), AbortRequested{"first"}, WallTime{50});
  const auto twice = *apply(once, AbortRequested{"second"}, WallTime{60});
  EXPECT_EQ(once, twice);
  EXPECT_FALSE(apply(once, Started{now}, now)) << "nothing new starts once the abort was acknowledged";
}

TEST(JobLifecycle, RetriesGoThroughBackoffAndEndAtTheirBudget) {
  auto job = job_in(State::queued);
  job.definition.retries.max = 2;
  job.definition.retries.backoff = 3s;
  for (std::uint32_t attempt = 1; attempt <= 2; ++attempt) {
    job = *apply(job, Assigned{"one"}, now);
    job = *apply(job, AttemptEnded{exited(1)}, now);
    ASSERT_EQ(state_of(job), State::backoff) << "attempt " << attempt;
    EXPECT_EQ(*job.retry_at - now, attempt == 1 ? 3s : 6s);
    EXPECT_FALSE(job.exit_code.has_value()) << "a job that goes on has no result yet";
    job = *apply(job, BackoffElapsed{}, now);
  }
  job = *apply(job, Assigned{"one"}, now);
  job = *apply(job, AttemptEnded{exited(1)}, now);
  EXPECT_EQ(job.status, JobStatus::failed);
  EXPECT_EQ(job.attempts.size(), 3u);
  EXPECT_EQ(job.exit_code, 1);
}

TEST(JobLifecycle, TheInfrastructuresFailuresDoNotBurnTheUsersBudget) {
  auto job = job_in(State::queued);
  job.definition.retries.max = 1;
  for (std::uint32_t i = 0; i < limits::infrastructure_retries; ++i) {
    job = *apply(*apply(job, Assigned{"one"}, now), ExecutorLost{"gone"}, now);
    ASSERT_EQ(state_of(job), State::backoff);
    job = *apply(job, BackoffElapsed{}, now);
  }
  job = *apply(*apply(job, Assigned{"one"}, now), AttemptEnded{exited(1)}, now);
  EXPECT_EQ(state_of(job), State::backoff) << "its own retry is still there";
  job = *apply(*apply(job, BackoffElapsed{}, now), Assigned{"one"}, now);
  EXPECT_EQ(apply(job, ExecutorLost{"gone"}, now)->cause, Cause::executor_lost);
  EXPECT_EQ(apply(job, AttemptEnded{exited(1)}, now)->status, JobStatus::failed);
}

TEST(JobLifecycle, AtMostOnceIsNotRerunAfterALostMachine) {
  auto job = job_in(State::executing);
  job.definition.at_most_once = true;
  const auto after = *apply(job, ExecutorLost{"gone"}, now);
  EXPECT_EQ(after.status, JobStatus::failed);
  EXPECT_EQ(after.cause, Cause::executor_lost);
}

TEST(JobLifecycle, RetriesOnlyOnTheCausesThatAreListed) {
  auto job = job_in(State::executing);
  job.definition.retries.max = 1;
  job.definition.retries.on = {Cause::oom};
  EXPECT_EQ(apply(job, AttemptEnded{exited(1)}, now)->status, JobStatus::failed);
  EXPECT_EQ(state_of(*apply(job, AttemptEnded{ended(Cause::oom)}, now)), State::backoff);
  job.definition.retries.on = {};
  EXPECT_EQ(apply(job, AttemptEnded{ended(Cause::start)}, now)->status, JobStatus::failed)
      << "a command that isn't there isn't there the second time either";
}

TEST(JobLifecycle, BackoffDoublesUpToItsBound) {
  EXPECT_EQ(retry_delay(1s, 1), 1s);
  EXPECT_EQ(retry_delay(1s, 4), 8s);
  EXPECT_EQ(retry_delay(1s, 30), limits::longest_backoff);
  EXPECT_EQ(retry_delay(10min, 3), 10min) << "a wait that the user set longer than the bound stays as it is";
  EXPECT_EQ(retry_delay(0s, 5), 0s);
}

TEST(JobLifecycle, TheFeedNamesWhatHappened) {
  const auto type = [](State state, const Event& event) {
    return feed_type(event, *apply(job_in(state), event, now));
  };
  EXPECT_EQ(type(State::queued, Assigned{"x"}), "job.assigned");
  EXPECT_EQ(type(State::starting, Started{now}), "job.started");
  EXPECT_EQ(type(State::executing, AttemptEnded{exited(0)}), "job.succeeded");
  EXPECT_EQ(type(State::executing, AttemptEnded{exited(3)}), "job.failed");
  EXPECT_EQ(type(State::executing, ExecutorLost{""}), "job.backoff");
  EXPECT_EQ(type(State::executing, AbortRequested{""}), "job.stopping");
  EXPECT_EQ(type(State::queued, AbortRequested{""}), "job.aborted");
}

// What a container wrote may end up in a message; a record that isn't UTF-8 could never be read again.
TEST(JobLifecycle, MessagesAreUtf8WhateverAContainerWrote) {
  Job job;
  job.status = JobStatus::running;
  job.reason = Reason::executing;
  job.attempt = 1;
  job.attempts.emplace_back();
  Outcome outcome;
  outcome.cause = Cause::start;
  outcome.message = "exec \xff failed";
  const auto after = apply(job, AttemptEnded{outcome}, WallTime{});
  ASSERT_TRUE(after);
  EXPECT_EQ(after->message, "exec \xef\xbf\xbd failed");
  EXPECT_EQ(after->attempts[0].message, "exec \xef\xbf\xbd failed");
}

}  // namespace
}  // namespace berth::lifecycle
