// The contract of the store (shared/store/store.hpp), told once and held against both: the fake that tests
// use, and Redis.
#include "tests/contract/store_fixture.hpp"

namespace berth::test {
namespace {

enum class StoreKind { memory, redis };

class StoreContract : public ::testing::TestWithParam<StoreKind> {
 protected:
  void tell(Story story) {
    if (GetParam() == StoreKind::memory) {
      MemoryStore store(io_.get_executor(), clock_);
      run(io_, story(store));
      return;
    }
    // As the user of the documentation: what it may not, Berth must not need.
    static RedisServer server(documented_user(BERTH_SOURCE_DIR, "secret", "test"));
    static int cluster = 0;
    auto options = options_for(server, "test" + std::to_string(++cluster));
    options.url.user = "berth";
    options.url.password = "secret";
    RedisStore store(io_.get_executor(), std::move(options), clock_);
    const std::function<Task<>(RedisStore&)> with_redis = story;
    run(io_, tell_with_redis(store, with_redis));
  }

  asio::io_context io_;
  SystemClock clock_;
};

INSTANTIATE_TEST_SUITE_P(Both, StoreContract, ::testing::Values(StoreKind::memory, StoreKind::redis),
                         [](const auto& info) {
                           return info.param == StoreKind::memory ? "Memory" : "Redis";
                         });

// --- admit ---

Task<> admitted_jobs_wait_in_order(Store& store) {
  std::vector<JobDefinition> definitions{definition("first"), definition("second"), definition()};
  definitions[1].resources.cpu = Millicores{250};
  auto admitted = co_await store.admit(definitions, std::nullopt, actor);
  const auto ids = must(std::move(admitted)).ids;
  const std::vector<JobId> expected{{1}, {2}, {3}};
  EXPECT_EQ(ids, expected);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const Job job = co_await read(store, ids[i]);
    EXPECT_EQ(job.id, ids[i]);
    EXPECT_EQ(job.definition, definitions[i]);
    EXPECT_EQ(job.status, JobStatus::pending);
    EXPECT_EQ(job.reason, Reason::queued);
    EXPECT_EQ(job.version, 1u);
    EXPECT_GT(job.created_at.milliseconds, 0);
  }
}
TEST_P(StoreContract, AdmittedJobsWaitInTheOrderOfTheRequest) { tell(admitted_jobs_wait_in_order); }

Task<> a_repeated_request_makes_nothing_new(Store& store) {
  const IdempotencyKey key{"night run", "hash of the body"};
  std::vector<JobDefinition> definitions(3, definition());
  auto first = co_await store.admit(definitions, key, actor);
  auto again = co_await store.admit(definitions, key, actor);
  const Admitted original = must(std::move(first));
  const Admitted repeated = must(std::move(again));
  EXPECT_FALSE(original.repeated);
  EXPECT_TRUE(repeated.repeated);
  EXPECT_EQ(repeated.ids, original.ids);
  auto counts = co_await store.count_jobs();
  EXPECT_EQ(must(std::move(counts))[0], 3u);
}
TEST_P(StoreContract, ARepeatedRequestMakesNothingNew) { tell(a_repeated_request_makes_nothing_new); }

Task<> a_misused_key_is_a_conflict(Store& store) {
  const IdempotencyKey key{"night run", "one hash"};
  const IdempotencyKey misused{"night run", "another hash"};
  std::vector<JobDefinition> definitions(1, definition());
  auto first = co_await store.admit(definitions, key, actor);
  must(std::move(first));
  auto second = co_await store.admit(definitions, misused, actor);
  EXPECT_EQ(kind_of(second), ErrorKind::conflict);
  auto counts = co_await store.count_jobs();
  EXPECT_EQ(must(std::move(counts))[0], 1u);
}
TEST_P(StoreContract, AKeyUsedForAnotherRequestIsAConflictAndAdmitsNothing) {
  tell(a_misused_key_is_a_conflict);
}

Task<> a_large_batch_is_admitted_whole(Store& store) {
  const auto ids = co_await admit(store, 3000);
  EXPECT_EQ(ids.size(), 3000u);
  EXPECT_EQ(ids.back(), JobId{3000});
  auto counts = co_await store.count_jobs();
  EXPECT_EQ(must(std::move(counts))[0], 3000u);
}
TEST_P(StoreContract, ABatchOfThousandsIsAdmittedWhole) { tell(a_large_batch_is_admitted_whole); }

// --- transition ---

Task<> a_job_lives_its_life(Store& store) {
  co_await admit(store, 1);
  const Job assigned = co_await assign(store, 1, "m1");
  EXPECT_EQ(assigned.reason, Reason::assigned);
  EXPECT_EQ(assigned.attempts.size(), 1u);
  const Job running = co_await begin(store, 1);
  EXPECT_EQ(running.status, JobStatus::running);
  const Job ended = co_await finish(store, 1, 7);
  EXPECT_EQ(ended.status, JobStatus::failed);
  EXPECT_EQ(ended.exit_code, 7);
  EXPECT_EQ(ended.reason, std::nullopt);
  EXPECT_EQ(ended.version, 4u);
  EXPECT_EQ(ended.definition, definition());
}
TEST_P(StoreContract, AJobLivesItsLifeAndItsRecordKeepsUp) { tell(a_job_lives_its_life); }

Task<> the_slower_writer_learns_of_it(Store& store) {
  co_await admit(store, 1);
  const Job seen = co_await read(store, {1});
  const Changed first = co_await assign_as_seen(store, seen, "m1");
  const Changed second = co_await assign_as_seen(store, seen, "m2");
  EXPECT_EQ(first.outcome, Changed::Outcome::done);
  EXPECT_EQ(first.version, 2u);
  EXPECT_EQ(second.outcome, Changed::Outcome::conflict);
  EXPECT_EQ(second.version, 2u);
  const Job now = co_await read(store, {1});
  EXPECT_EQ(now.executor, "m1");
}
TEST_P(StoreContract, OfTwoWritersThatSawTheSameRecordTheSlowerChangesNothing) {
  tell(the_slower_writer_learns_of_it);
}

Task<> each_change_of_a_batch_stands_alone(Store& store) {
  co_await admit(store, 3);
  std::vector<Change> changes;
  for (const std::uint64_t id : {1, 2, 3}) {
    const Job job = co_await read(store, {id});
    changes.push_back(change_of(job, lifecycle::Assigned{"m1"}));
  }
  changes[1].before.version = 9;
  changes[2].before.id = changes[2].after.id = {77};
  auto answer = co_await store.transition(std::move(changes), std::nullopt);
  const auto results = must(std::move(answer));
  EXPECT_EQ(results.at(0).outcome, Changed::Outcome::done);
  EXPECT_EQ(results.at(1).outcome, Changed::Outcome::conflict);
  EXPECT_EQ(results.at(1).version, 1u);
  EXPECT_EQ(results.at(2).outcome, Changed::Outcome::conflict);
  EXPECT_EQ(results.at(2).version, 0u);
  const Job untouched = co_await read(store, {2});
  EXPECT_EQ(untouched.reason, Reason::queued);
}
TEST_P(StoreContract, EachChangeOfABatchStandsAlone) { tell(each_change_of_a_batch_stands_alone); }

Task<> more_changes_than_a_call_takes(Store& store) {
  const auto ids = co_await admit(store, 1200);
  auto records = co_await store.jobs(ids);
  std::vector<Change> changes;
  for (const auto& job : must(std::move(records)))
    changes.push_back(change_of(*job, lifecycle::Assigned{"m1"}));
  // And one job twice: the second change finds what the first has made.
  changes.push_back(change_of(changes[0].after, lifecycle::Starting{}));
  changes.back().before.version = 2;
  auto answer = co_await store.transition(std::move(changes), std::nullopt);
  const auto results = must(std::move(answer));
  EXPECT_EQ(results.size(), 1201u);
  for (const auto& result : results) EXPECT_EQ(result.outcome, Changed::Outcome::done);
  EXPECT_EQ(results.back().version, 3u);
  auto live = co_await store.assigned_jobs("m1");
  EXPECT_EQ(must(std::move(live)).size(), 1200u);
}
TEST_P(StoreContract, ABatchMayBeLargerThanOneCallTakes) { tell(more_changes_than_a_call_takes); }

Task<> fields_that_vanish_are_gone(Store& store) {
  co_await admit(store, 1);
  Job before = co_await read(store, {1});
  Change back_off{before, before, "job.backoff", actor};
  back_off.after.reason = Reason::backoff;
  back_off.after.retry_at = WallTime{1'800'000'000'000};
  back_off.after.message = "will be tried again";
  std::vector<Change> first{back_off};
  auto changed = co_await store.transition(std::move(first), std::nullopt);
  must(std::move(changed));
  Job waiting = co_await read(store, {1});
  EXPECT_EQ(waiting.message, "will be tried again");
  Change again{waiting, waiting, "job.queued", actor};
  again.after.reason = Reason::queued;
  again.after.retry_at.reset();
  again.after.message.clear();
  std::vector<Change> second{again};
  auto undone = co_await store.transition(std::move(second), std::nullopt);
  must(std::move(undone));
  Job now = co_await read(store, {1});
  EXPECT_EQ(now.version, 3u);
  now.version = before.version;
  EXPECT_EQ(now, before);
}
TEST_P(StoreContract, AFieldThatIsEmptyAgainIsEmptyInTheRecord) { tell(fields_that_vanish_are_gone); }

// --- finding ---

Task<> jobs_are_found_newest_first(Store& store) {
  std::vector<JobDefinition> definitions{definition("red"), definition("blue"), definition("red"),
                                         definition("red")};
  auto admitted = co_await store.admit(std::move(definitions), std::nullopt, actor);
  must(std::move(admitted));
  co_await assign(store, 3, "m1");
  co_await begin(store, 3);

  JobQuery all;
  all.limit = 3;
  auto page = co_await store.find_jobs(all);
  const std::vector<JobId> first_page{{4}, {3}, {2}};
  EXPECT_EQ(must(std::move(page)), first_page);
  all.before = JobId{2};
  auto rest = co_await store.find_jobs(all);
  const std::vector<JobId> last_page{{1}};
  EXPECT_EQ(must(std::move(rest)), last_page);

  JobQuery running;
  running.statuses = {JobStatus::running};
  auto found = co_await store.find_jobs(running);
  const std::vector<JobId> only_three{{3}};
  EXPECT_EQ(must(std::move(found)), only_three);

  JobQuery red;
  red.name = "red";
  red.statuses = {JobStatus::pending};
  red.limit = 1;
  auto newest_red = co_await store.find_jobs(red);
  const std::vector<JobId> only_four{{4}};
  EXPECT_EQ(must(std::move(newest_red)), only_four);
  red.before = JobId{4};
  auto older_red = co_await store.find_jobs(red);
  const std::vector<JobId> only_one{{1}};
  EXPECT_EQ(must(std::move(older_red)), only_one);

  auto counts = co_await store.count_jobs();
  const std::array<std::uint64_t, 5> expected{3, 1, 0, 0, 0};
  EXPECT_EQ(must(std::move(counts)), expected);
}
TEST_P(StoreContract, JobsAreFoundByStatusAndNameNewestFirstPageByPage) { tell(jobs_are_found_newest_first); }

Task<> an_unknown_job_is_nothing(Store& store) {
  std::vector<JobId> ids{{5}};
  auto found = co_await store.jobs(std::move(ids));
  EXPECT_EQ(must(std::move(found)).at(0), std::nullopt);
}
TEST_P(StoreContract, AJobThatNeverWasIsNothing) { tell(an_unknown_job_is_nothing); }

// --- events ---

Task<> events_tell_what_happened(Store& store) {
  auto start = co_await store.last_event();
  EXPECT_EQ(must(std::move(start)), 0u);
  co_await admit(store, 2);
  co_await assign(store, 1, "m1");
  auto read_all = co_await store.read_events(0, 100, deadline_in(0ms));
  const auto events = must(std::move(read_all));
  EXPECT_EQ(events.size(), 3u);
  for (std::size_t i = 0; i < events.size(); ++i) EXPECT_EQ(events[i].seq, i + 1);
  EXPECT_EQ(events.at(0).type, "job.submitted");
  EXPECT_EQ(events.at(0).job, JobId{1});
  EXPECT_EQ(events.at(0).actor, actor);
  EXPECT_EQ(events.at(1).job, JobId{2});
  EXPECT_EQ(events.at(2).type, "job.assigned");
  EXPECT_EQ(events.at(2).status, JobStatus::pending);
  EXPECT_EQ(events.at(2).reason, Reason::assigned);
  EXPECT_EQ(events.at(2).executor, "m1");
  EXPECT_EQ(events.at(2).attempt, 1u);
  EXPECT_EQ(events.at(2).version, 2u);
  EXPECT_GT(events.at(2).at.milliseconds, 0);
  auto some = co_await store.read_events(1, 1, deadline_in(0ms));
  EXPECT_EQ(must(std::move(some)).at(0).seq, 2u);
  auto end = co_await store.last_event();
  EXPECT_EQ(must(std::move(end)), 3u);
}
TEST_P(StoreContract, EventsTellWhatHappenedInOrderWithoutGaps) { tell(events_tell_what_happened); }

Task<> admit_one(Store& store) { co_await admit(store, 1); }

Task<> a_reader_waits_for_the_next_event(Store& store) {
  const auto began = std::chrono::steady_clock::now();
  auto nothing = co_await store.read_events(0, 10, deadline_in(50ms));
  EXPECT_TRUE(must(std::move(nothing)).empty());
  EXPECT_GE(std::chrono::steady_clock::now() - began, 50ms);
  TaskGroup others(co_await asio::this_coro::executor);
  others.spawn("a client", admit_one(store));
  auto awaited = co_await store.read_events(0, 10, deadline_in(10s));
  EXPECT_EQ(must(std::move(awaited)).at(0).type, "job.submitted");
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
  co_await others.join();
}
TEST_P(StoreContract, AReaderWaitsForTheNextEventOrItsDeadline) { tell(a_reader_waits_for_the_next_event); }

// --- inboxes ---

Task<> an_executor_is_told(Store& store) {
  co_await admit(store, 2);
  auto end = co_await store.inbox_end("m1");
  std::string position = must(std::move(end));
  const Job assigned = co_await assign(store, 1, "m1");
  co_await assign(store, 2, "m2");
  co_await prepare(store, 1);  // the executor's own word: no news to it
  auto read_first = co_await store.read_inbox("m1", position, deadline_in(0ms));
  const auto first = must(std::move(read_first));
  EXPECT_EQ(first.size(), 1u);
  EXPECT_EQ(first.at(0).job, assigned);
  const Job aborting = co_await ask_to_end(store, 1);
  position = first.at(0).position;
  auto read_second = co_await store.read_inbox("m1", position, deadline_in(0ms));
  const auto second = must(std::move(read_second));
  EXPECT_EQ(second.size(), 1u);
  EXPECT_EQ(second.at(0).job, aborting);
  EXPECT_TRUE(second.at(0).job.abort_requested_at.has_value());
  // What was read past is forgotten, even for somebody who starts from the beginning.
  auto from_start = co_await store.read_inbox("m1", "0-0", deadline_in(0ms));
  EXPECT_EQ(must(std::move(from_start)).size(), 1u);
  auto new_end = co_await store.inbox_end("m1");
  EXPECT_EQ(must(std::move(new_end)), second.at(0).position);
}
TEST_P(StoreContract, AnExecutorIsToldOfAssignmentsAndAbortsAndNothingElse) { tell(an_executor_is_told); }

Task<> assign_first(Store& store) { co_await assign(store, 1, "m1"); }

Task<> an_inbox_is_waited_on(Store& store) {
  co_await admit(store, 1);
  TaskGroup others(co_await asio::this_coro::executor);
  others.spawn("a scheduler", assign_first(store));
  auto awaited = co_await store.read_inbox("m1", "0-0", deadline_in(10s));
  EXPECT_EQ(must(std::move(awaited)).at(0).job.id, JobId{1});
  co_await others.join();
}
TEST_P(StoreContract, AnExecutorWaitsForItsInbox) { tell(an_inbox_is_waited_on); }

Task<> live_attempts_of_an_executor(Store& store) {
  co_await admit(store, 3);
  for (const std::uint64_t id : {1, 2}) co_await assign(store, id, "m1");
  co_await assign(store, 3, "m2");
  co_await begin(store, 2);
  auto both = co_await store.assigned_jobs("m1");
  EXPECT_EQ(must(std::move(both)).size(), 2u);
  co_await finish(store, 2, 0);
  auto one = co_await store.assigned_jobs("m1");
  const auto left = must(std::move(one));
  EXPECT_EQ(left.size(), 1u);
  EXPECT_EQ(left.at(0).id, JobId{1});
}
TEST_P(StoreContract, AnExecutorFindsItsLiveAttempts) { tell(live_attempts_of_an_executor); }

// --- executors ---

Task<> an_executor_registers_and_beats(Store& store) {
  const ExecutorInfo m1 = executor("m1");
  auto registered = co_await store.register_executor(m1, 0);
  const auto incarnation = must(std::move(registered));
  auto before = co_await store.executors();
  const auto first = must(std::move(before));
  EXPECT_EQ(first.size(), 1u);
  EXPECT_EQ(first.at(0).info, m1);
  EXPECT_EQ(first.at(0).incarnation, incarnation);
  EXPECT_FALSE(first.at(0).drain);
  RuntimeInfo sick{"simulated", "2", false, "the disk is full"};
  sick.disk = Disk{"/data", 100_GiB, 1_GiB};
  sick.unhealthy_gpus = {{"GPU-1", "it has fallen off the bus"}};
  sick.images = {"docker.io/library/busybox:latest"};
  auto beat = co_await store.heartbeat("m1", incarnation, sick, std::nullopt);
  must(std::move(beat));
  auto after = co_await store.executors();
  const auto second = must(std::move(after));
  EXPECT_GT(second.at(0).beat, first.at(0).beat);
  EXPECT_EQ(second.at(0).info.runtime, sick);
  auto without_news = co_await store.heartbeat("m1", incarnation, std::nullopt, std::nullopt);
  must(std::move(without_news));
  auto later = co_await store.executors();
  const auto third = must(std::move(later));
  EXPECT_GT(third.at(0).beat, second.at(0).beat);
  EXPECT_EQ(third.at(0).info.runtime, sick);
}
TEST_P(StoreContract, AnExecutorRegistersAndBeats) { tell(an_executor_registers_and_beats); }

Task<std::optional<UsageReport>> usage_on(Store& store, std::string name) {
  std::vector<std::string> names{"nobody", std::move(name)};
  auto read = co_await store.usage(std::move(names));
  const auto told = must(std::move(read));
  EXPECT_EQ(told.size(), 2u);
  EXPECT_FALSE(told.at(0));
  co_return told.at(1);
}

Task<> what_containers_use_counts_while_it_is_new(Store& store) {
  AttemptUsage attempt;
  attempt.job = JobId{7};
  attempt.attempt = 2;
  attempt.cpu = Millicores{1250};
  attempt.memory = 310_MiB;
  const std::optional<UsageReport> told = usage_report({attempt});
  auto registered = co_await store.register_executor(executor("m1"), 0);
  const auto first = must(std::move(registered));
  const auto before = co_await usage_on(store, "m1");
  EXPECT_FALSE(before);
  auto beat = co_await store.heartbeat("m1", first, std::nullopt, told);
  must(std::move(beat));
  for (std::uint64_t i = 1; i < limits::usage_beats; ++i) {
    auto silent = co_await store.heartbeat("m1", first, std::nullopt, std::nullopt);
    must(std::move(silent));
  }
  const auto present = co_await usage_on(store, "m1");
  EXPECT_EQ(present, told);
  auto found = co_await store.executors();
  EXPECT_EQ(must(std::move(found)).at(0).info, executor("m1")) << "it is no part of the record";
  auto last = co_await store.heartbeat("m1", first, std::nullopt, std::nullopt);
  must(std::move(last));
  const auto past = co_await usage_on(store, "m1");
  EXPECT_FALSE(past) << "it has beaten often without a word of it";
}
TEST_P(StoreContract, WhatContainersUseCountsWhileItIsNew) {
  tell(what_containers_use_counts_while_it_is_new);
}

Task<> the_next_of_its_name_knows_nothing_of_what_was_used(Store& store) {
  const std::optional<UsageReport> told = usage_report({});
  auto registered = co_await store.register_executor(executor("m1"), 0);
  const auto first = must(std::move(registered));
  auto beat = co_await store.heartbeat("m1", first, std::nullopt, told);
  must(std::move(beat));
  const auto present = co_await usage_on(store, "m1");
  EXPECT_EQ(present, told);
  auto again = co_await store.register_executor(executor("m1"), first);
  must(std::move(again));
  const auto past = co_await usage_on(store, "m1");
  EXPECT_FALSE(past);
  auto deposed = co_await store.heartbeat("m1", first, std::nullopt, told);
  EXPECT_EQ(kind_of(deposed), ErrorKind::conflict);
  const auto still = co_await usage_on(store, "m1");
  EXPECT_FALSE(still);
}
TEST_P(StoreContract, TheNextOfItsNameKnowsNothingOfWhatWasUsed) {
  tell(the_next_of_its_name_knows_nothing_of_what_was_used);
}

Task<> the_later_incarnation_wins(Store& store) {
  const ExecutorInfo m1 = executor("m1");
  const RuntimeInfo healthy;
  auto older = co_await store.register_executor(m1, 0);
  const auto first = must(std::move(older));
  auto late = co_await store.register_executor(m1, 0);
  EXPECT_EQ(kind_of(late), ErrorKind::conflict) << "it saw nobody, but somebody was faster";
  auto newer = co_await store.register_executor(m1, first);
  const auto second = must(std::move(newer));
  EXPECT_GT(second, first);
  auto deposed = co_await store.heartbeat("m1", first, healthy, std::nullopt);
  EXPECT_EQ(kind_of(deposed), ErrorKind::conflict);
  auto alive = co_await store.heartbeat("m1", second, healthy, std::nullopt);
  EXPECT_TRUE(alive.has_value());
  auto stranger = co_await store.heartbeat("m2", 1, healthy, std::nullopt);
  EXPECT_EQ(kind_of(stranger), ErrorKind::conflict);
}
TEST_P(StoreContract, OfTwoExecutorsOfOneNameTheLaterWins) { tell(the_later_incarnation_wins); }

Task<> a_drain_is_kept_until_it_is_taken_back(Store& store) {
  const RuntimeInfo healthy;
  auto registered = co_await store.register_executor(executor("m1"), 0);
  const auto first = must(std::move(registered));
  auto ordered = co_await store.drain_executor("m1", "new disk", std::nullopt, "api");
  must(std::move(ordered));
  auto again = co_await store.register_executor(executor("m1"), first);
  const auto second = must(std::move(again));
  auto found = co_await store.executors();
  const auto drain = must(std::move(found)).at(0).drain;
  EXPECT_TRUE(drain && drain->reason == "new disk" && !drain->deadline);
  auto calm = co_await store.heartbeat("m1", second, healthy, std::nullopt);
  EXPECT_FALSE(must(std::move(calm)).stop_jobs) << "what runs may finish";

  const std::optional<Milliseconds> later = std::chrono::hours{1};
  auto with_deadline = co_await store.drain_executor("m1", "new disk", later, "api");
  must(std::move(with_deadline));
  auto early = co_await store.heartbeat("m1", second, healthy, std::nullopt);
  EXPECT_FALSE(must(std::move(early)).stop_jobs);
  const std::optional<Milliseconds> now = Milliseconds{0};
  auto at_once = co_await store.drain_executor("m1", "fire", now, "api");
  must(std::move(at_once));
  auto due = co_await store.heartbeat("m1", second, healthy, std::nullopt);
  EXPECT_EQ(must(std::move(due)).stop_jobs, "fire");

  auto resumed = co_await store.resume_executor("m1", "api");
  must(std::move(resumed));
  auto free = co_await store.heartbeat("m1", second, healthy, std::nullopt);
  EXPECT_FALSE(must(std::move(free)).stop_jobs);
  auto after = co_await store.executors();
  EXPECT_FALSE(must(std::move(after)).at(0).drain);
  auto fed = co_await store.read_events(0, 100, no_deadline);
  std::vector<std::string> types;
  for (const auto& event : must(std::move(fed))) types.push_back(event.type);
  EXPECT_EQ(types.back(), "executor.resumed");
  EXPECT_EQ(std::count(types.begin(), types.end(), "executor.draining"), 3);
  auto stranger = co_await store.drain_executor("m2", "", std::nullopt, "api");
  EXPECT_EQ(kind_of(stranger), ErrorKind::conflict);
}
TEST_P(StoreContract, ADrainIsKeptUntilItIsTakenBack) { tell(a_drain_is_kept_until_it_is_taken_back); }

Task<> an_executor_that_left_says_so(Store& store) {
  auto registered = co_await store.register_executor(executor("m1"), 0);
  const auto first = must(std::move(registered));
  auto left = co_await store.leave_executor("m1", first);
  must(std::move(left));
  auto gone = co_await store.executors();
  EXPECT_TRUE(must(std::move(gone)).at(0).has_left);
  auto again = co_await store.register_executor(executor("m1"), first);
  must(std::move(again));
  auto back = co_await store.executors();
  EXPECT_FALSE(must(std::move(back)).at(0).has_left);
  auto late = co_await store.leave_executor("m1", first);
  EXPECT_EQ(kind_of(late), ErrorKind::conflict);
}
TEST_P(StoreContract, AnExecutorThatLeftSaysSo) { tell(an_executor_that_left_says_so); }

// --- leadership ---

Task<> one_leads(Store& store) {
  auto nobody = co_await store.leader();
  EXPECT_EQ(must(std::move(nobody)).has_value(), false);
  auto taken = co_await store.take_leadership("s1", std::nullopt);
  const Epoch first = must(std::move(taken));
  auto late = co_await store.take_leadership("s2", std::nullopt);
  EXPECT_EQ(kind_of(late), ErrorKind::conflict);

  auto found = co_await store.leader();
  const auto seen = must(std::move(found));
  EXPECT_EQ(seen->name, "s1");
  EXPECT_EQ(seen->epoch, first);
  auto renewed = co_await store.renew_leadership(first);
  must(std::move(renewed));
  auto robbed = co_await store.take_leadership("s2", seen);  // it has beaten since
  EXPECT_EQ(kind_of(robbed), ErrorKind::conflict);

  auto resigned = co_await store.resign_leadership("s1", first);
  must(std::move(resigned));
  auto told = co_await store.read_events(0, 100, no_deadline);
  const Event farewell = must(std::move(told)).back();
  EXPECT_EQ(farewell.type, "leader.resigned");
  EXPECT_EQ(farewell.actor, "scheduler/s1");
  auto vacant = co_await store.leader();
  const auto left = must(std::move(vacant));
  EXPECT_TRUE(left->resigned);
  auto followed = co_await store.take_leadership("s2", left);
  const Epoch second = must(std::move(followed));
  EXPECT_GT(second, first);
  auto deposed = co_await store.renew_leadership(first);
  EXPECT_EQ(kind_of(deposed), ErrorKind::conflict);
  auto current = co_await store.leader();
  EXPECT_EQ(must(std::move(current))->resigned, false);
}
TEST_P(StoreContract, OneLeadsAndTheNextTakesOverFromWhatItSaw) { tell(one_leads); }

Task<> a_deposed_leader_writes_nothing(Store& store) {
  co_await admit(store, 1);
  auto taken = co_await store.take_leadership("s1", std::nullopt);
  const Epoch old_epoch = must(std::move(taken));
  auto found = co_await store.leader();
  const auto seen = must(std::move(found));
  auto retaken = co_await store.take_leadership("s2", seen);
  const Epoch new_epoch = must(std::move(retaken));
  const Job job = co_await read(store, {1});
  std::vector<Change> changes{change_of(job, lifecycle::Assigned{"m1"})};
  auto refused = co_await store.transition(changes, old_epoch);
  EXPECT_EQ(kind_of(refused), ErrorKind::conflict);
  const Job untouched = co_await read(store, {1});
  EXPECT_EQ(untouched, job);
  auto accepted = co_await store.transition(changes, new_epoch);
  EXPECT_EQ(must(std::move(accepted)).at(0).outcome, Changed::Outcome::done);
}
TEST_P(StoreContract, ADeposedLeaderWritesNothing) { tell(a_deposed_leader_writes_nothing); }

// Otherwise an executor that comes back at that very moment would go on with what the next one begins.
Task<> attempts_are_taken_only_from_who_is_still_silent(Store& store) {
  co_await admit(store, 2);
  auto led = co_await store.take_leadership("s1", std::nullopt);
  const Epoch epoch = must(std::move(led));
  const ExecutorInfo m1 = executor("m1");
  auto registered = co_await store.register_executor(m1, 0);
  const auto incarnation = must(std::move(registered));
  const Job job = co_await assign(store, 1, "m1");
  auto looked = co_await store.executors();
  const auto seen = must(std::move(looked)).at(0);
  const Sighting last{"m1", seen.incarnation, seen.beat};
  const lifecycle::Event loss = lifecycle::ExecutorLost{"m1 is lost"};
  const std::vector<Change> losses{change_of(job, loss)};

  auto beat = co_await store.heartbeat("m1", incarnation, std::nullopt, std::nullopt);
  must(std::move(beat));
  auto late = co_await store.lose_attempts(losses, epoch, last);
  EXPECT_EQ(must(std::move(late)).at(0).outcome, Changed::Outcome::conflict);
  const Job kept = co_await read(store, {1});
  EXPECT_EQ(kept, job);

  auto again = co_await store.executors();
  const Sighting newest{"m1", seen.incarnation, must(std::move(again)).at(0).beat};
  auto taken = co_await store.lose_attempts(losses, epoch, newest);
  EXPECT_EQ(must(std::move(taken)).at(0).outcome, Changed::Outcome::done);
  const Job lost = co_await read(store, {1});
  EXPECT_EQ(lost.attempts.at(0).cause, Cause::executor_lost);
  const Epoch other{epoch.value + 1};
  auto deposed = co_await store.lose_attempts(losses, other, newest);
  EXPECT_EQ(kind_of(deposed), ErrorKind::conflict);
}
TEST_P(StoreContract, AttemptsAreTakenOnlyFromWhoIsStillSilent) {
  tell(attempts_are_taken_only_from_who_is_still_silent);
}

// --- what is deleted ---

Task<Job> ended(Store& store, JobId id) {
  const Job before = co_await read(store, id);
  Job after = before;
  after.status = JobStatus::succeeded;
  after.reason = std::nullopt;
  after.attempt = 1;
  std::vector<Change> changes{{before, std::move(after), "job.succeeded", actor}};
  auto written = co_await store.transition(std::move(changes), std::nullopt);
  must(std::move(written));
  co_return co_await read(store, id);
}

Task<> a_job_that_ended_is_forgotten_whole(Store& store) {
  auto led = co_await store.take_leadership("one", std::nullopt);
  const Epoch epoch = must(std::move(led));
  std::vector<JobDefinition> definitions{definition("old"), definition("old"), definition("old")};
  auto admitted = co_await store.admit(std::move(definitions), std::nullopt, actor);
  must(std::move(admitted));
  std::vector<Job> jobs;
  for (const std::uint64_t id : {1, 2}) {
    Job job = co_await ended(store, {id});
    jobs.push_back(std::move(job));
    std::vector<LogPiece> pieces{piece(5, 1, 0, "hello")};
    auto appended = co_await store.append_log({id}, 1, std::move(pieces), {});
    must(std::move(appended));
  }
  auto all = co_await store.ended_jobs({0}, 10);
  const std::vector<JobId> both{{1}, {2}};
  EXPECT_EQ(must(std::move(all)), both);
  auto rest = co_await store.ended_jobs({1}, 10);
  EXPECT_EQ(must(std::move(rest)), std::vector<JobId>{{2}});
  auto oldest = co_await store.ended_jobs({0}, 1);
  EXPECT_EQ(must(std::move(oldest)), std::vector<JobId>{{1}});

  jobs[1].version -= 1;  // it has changed since it was read
  auto forgotten = co_await store.forget_jobs(jobs, epoch);
  EXPECT_EQ(must(std::move(forgotten)), 1u);
  const std::vector<JobId> asked{{1}, {2}, {3}};
  auto records = co_await store.jobs(asked);
  const auto found = must(std::move(records));
  EXPECT_FALSE(found[0]);
  EXPECT_TRUE(found[1] && found[2]);
  auto gone = co_await store.read_log({1}, 1, 0);
  EXPECT_TRUE(must(std::move(gone)).empty());
  auto kept = co_await store.read_log({2}, 1, 0);
  EXPECT_EQ(must(std::move(kept)).size(), 1u);
  JobQuery by_name;
  by_name.name = "old";
  auto named = co_await store.find_jobs(by_name);
  const std::vector<JobId> left{{3}, {2}};
  EXPECT_EQ(must(std::move(named)), left);
  auto counts = co_await store.count_jobs();
  const std::array<std::uint64_t, 5> expected{1, 0, 1, 0, 0};
  EXPECT_EQ(must(std::move(counts)), expected);
  std::vector<JobDefinition> more{definition()};
  auto next = co_await store.admit(std::move(more), std::nullopt, actor);
  EXPECT_EQ(must(std::move(next)).ids, std::vector<JobId>{{4}}) << "an id is never given twice";
}
TEST_P(StoreContract, AJobThatEndedIsForgottenWhole) { tell(a_job_that_ended_is_forgotten_whole); }

Task<> a_deposed_leader_forgets_nothing(Store& store) {
  auto led = co_await store.take_leadership("one", std::nullopt);
  const Epoch epoch = must(std::move(led));
  std::vector<JobDefinition> definitions{definition()};
  auto admitted = co_await store.admit(std::move(definitions), std::nullopt, actor);
  must(std::move(admitted));
  std::vector<Job> jobs(1);
  jobs[0] = co_await ended(store, {1});
  auto seen = co_await store.leader();
  auto taken = co_await store.take_leadership("two", must(std::move(seen)));
  must(std::move(taken));
  auto refused = co_await store.forget_jobs(jobs, epoch);
  EXPECT_EQ(kind_of(refused), ErrorKind::conflict);
  const Job job = co_await read(store, {1});
  EXPECT_EQ(job.id, jobs[0].id);
}
TEST_P(StoreContract, ADeposedLeaderForgetsNothing) { tell(a_deposed_leader_forgets_nothing); }

// --- webhooks ---

using Progress = std::map<std::string, WebhookProgress>;

Task<Progress> progress_of(Store& store) {
  auto found = co_await store.webhook_progress();
  co_return must(std::move(found));
}

Task<> what_is_noted_of_webhooks_is_found_again(Store& store) {
  auto led = co_await store.take_leadership("one", std::nullopt);
  const Epoch epoch = must(std::move(led));
  const Progress nothing = co_await progress_of(store);
  EXPECT_TRUE(nothing.empty());
  const std::string url = "cluster/https://example.com/a?b=1 2";
  std::vector<WebhookNote> notes(3);
  notes[0] = {"jobs", WebhookProgress{12, {}}};
  notes[1] = {"job/7/0", WebhookProgress{0, {9, 12}}};
  notes[2] = {url, WebhookProgress{11, {}}};
  auto noted = co_await store.note_webhooks(notes, epoch);
  must(std::move(noted));
  const Progress first = co_await progress_of(store);
  EXPECT_EQ(first.size(), 3u);
  EXPECT_EQ(first.at("jobs"), notes[0].progress);
  EXPECT_EQ(first.at("job/7/0"), notes[1].progress);
  EXPECT_EQ(first.at(url), notes[2].progress);
  std::vector<WebhookNote> later(2);
  later[0] = {"jobs", WebhookProgress{20, {}}};
  later[1].target = "job/7/0";
  auto again = co_await store.note_webhooks(later, epoch);
  must(std::move(again));
  const Progress second = co_await progress_of(store);
  EXPECT_EQ(second.size(), 2u) << "what isn't named stays";
  EXPECT_EQ(second.at("jobs").position, 20u);
  EXPECT_EQ(second.at(url).position, 11u);
}
TEST_P(StoreContract, WhatIsNotedOfWebhooksIsFoundAgain) { tell(what_is_noted_of_webhooks_is_found_again); }

Task<> a_deposed_leader_notes_nothing(Store& store) {
  auto led = co_await store.take_leadership("one", std::nullopt);
  const Epoch epoch = must(std::move(led));
  auto seen = co_await store.leader();
  auto taken = co_await store.take_leadership("two", must(std::move(seen)));
  must(std::move(taken));
  std::vector<WebhookNote> notes(1);
  notes[0] = {"jobs", WebhookProgress{12, {}}};
  auto refused = co_await store.note_webhooks(notes, epoch);
  EXPECT_EQ(kind_of(refused), ErrorKind::conflict);
  const Progress nothing = co_await progress_of(store);
  EXPECT_TRUE(nothing.empty());
}
TEST_P(StoreContract, ADeposedLeaderNotesNothing) { tell(a_deposed_leader_notes_nothing); }

Task<> events_tell_whose_job_has_webhooks(Store& store) {
  std::vector<JobDefinition> definitions(2, definition());
  definitions[1].webhooks.resize(1);
  definitions[1].webhooks[0].url = "https://example.com/hook";
  auto admitted = co_await store.admit(definitions, std::nullopt, actor);
  must(std::move(admitted));
  co_await assign(store, 1, "m1");
  co_await assign(store, 2, "m1");
  auto answer = co_await store.read_events(0, 100, deadline_in(10s));
  const auto events = must(std::move(answer));
  EXPECT_EQ(events.size(), 4u);
  for (const auto& event : events) EXPECT_EQ(event.webhooks, event.job == JobId{2}) << event.type;
  const Job job = co_await read(store, {2});
  EXPECT_EQ(job.definition, definitions[1]);
}
TEST_P(StoreContract, EventsTellWhoseJobHasWebhooks) { tell(events_tell_whose_job_has_webhooks); }

// --- logs ---

Task<> output_is_kept_exactly(Store& store) {
  const std::string odd("no newline, \0 and \xff\r\n", 21);
  std::vector<LogPiece> pieces{piece(3, 1, 0, "out"), piece(3 + odd.size(), 2, 0, odd)};
  auto appended = co_await store.append_log({1}, 1, pieces, {});
  must(std::move(appended));
  auto all = co_await store.read_log({1}, 1, 0);
  const auto stored = must(std::move(all));
  EXPECT_EQ(stored.size(), 2u);
  EXPECT_EQ(stored.at(0).bytes, "out");
  EXPECT_EQ(stored.at(1).bytes, odd);
  EXPECT_EQ(stored.at(1).stream, 2);
  EXPECT_EQ(stored.at(1).end, 3 + odd.size());
  EXPECT_EQ(stored.at(1).at, pieces[1].at);
  auto tail = co_await store.read_log({1}, 1, 3);
  EXPECT_EQ(must(std::move(tail)).size(), 1u);
  auto other_attempt = co_await store.read_log({1}, 2, 0);
  EXPECT_TRUE(must(std::move(other_attempt)).empty());
}
TEST_P(StoreContract, OutputIsKeptByteByByteForEachAttempt) { tell(output_is_kept_exactly); }

Task<> its_size_is_known(Store& store) {
  auto before = co_await store.log_size({1}, 1);
  EXPECT_EQ(must(std::move(before)), LogSize{});
  std::vector<LogPiece> pieces{piece(3, 1, 0, "out"), piece(8, 2, 0, "error"), piece(10, 1, 3, "mo")};
  std::vector<LogPiece> dropped{pieces[0], pieces[1]};
  auto appended = co_await store.append_log({1}, 1, pieces, dropped);
  must(std::move(appended));
  auto size = co_await store.log_size({1}, 1);
  const LogSize expected{10, 5, 5};
  EXPECT_EQ(must(std::move(size)), expected) << "also of what isn't kept";
}
TEST_P(StoreContract, HowMuchWasPutOutIsKnownOfEachStream) { tell(its_size_is_known); }

Task<> reading_begins_near_what_is_wanted(Store& store) {
  std::vector<LogPiece> pieces{piece(3, 1, 0, "out"), piece(8, 2, 0, "error"), piece(10, 1, 3, "mo")};
  auto appended = co_await store.append_log({1}, 1, pieces, {});
  must(std::move(appended));
  auto few = co_await store.read_log_page({1}, 1, 0, 1);
  EXPECT_EQ(must(std::move(few)).size(), 1u) << "one at least";
  LogStart start;
  start.stream = 1;
  for (start.offset = 0; start.offset <= 9; ++start.offset) {
    auto near = co_await store.seek_log({1}, 1, start);
    auto rest = co_await store.read_log({1}, 1, must(std::move(near)));
    const auto found = must(std::move(rest));
    EXPECT_FALSE(found.empty());
    EXPECT_LE(found.front().stream == 1 ? found.front().stream_start : 0u, start.offset);
    EXPECT_EQ(found.back().bytes, "mo");
  }
  auto nothing = co_await store.seek_log({2}, 1, start);
  EXPECT_EQ(must(std::move(nothing)), 0u);
}
TEST_P(StoreContract, ReadingBeginsNearWhatIsWanted) { tell(reading_begins_near_what_is_wanted); }

Task<> appending_twice_is_appending_once(Store& store) {
  std::vector<LogPiece> first{piece(1, 1, 0, "a"), piece(2, 1, 1, "b")};
  std::vector<LogPiece> second{piece(1, 1, 0, "a"), piece(2, 1, 1, "b"), piece(3, 1, 2, "c")};
  std::vector<LogPiece> dropped{piece(2, 1, 1, "")};
  auto once = co_await store.append_log({1}, 1, first, {});
  auto twice = co_await store.append_log({1}, 1, second, dropped);
  auto thrice = co_await store.append_log({1}, 1, second, dropped);
  must(std::move(once));
  must(std::move(twice));
  must(std::move(thrice));
  auto all = co_await store.read_log({1}, 1, 0);
  std::string text;
  for (const auto& stored : must(std::move(all))) text += stored.bytes;
  EXPECT_EQ(text, "ac");
}
TEST_P(StoreContract, AppendingAgainIsHarmlessAndWhatWasDroppedStaysDropped) {
  tell(appending_twice_is_appending_once);
}

Task<> long_output_comes_in_parts(Store& store) {
  std::vector<LogPiece> pieces;
  for (std::uint64_t i = 0; i < 40; ++i)
    pieces.push_back(piece((i + 1) << 16, 1, i << 16, std::string(1u << 16, 'x')));
  for (std::uint64_t i = 1; i <= 100; ++i)
    pieces.push_back(piece((40u << 16) + i, 1, (40u << 16) + i - 1, "y"));
  auto appended = co_await store.append_log({1}, 1, std::move(pieces), {});
  must(std::move(appended));
  std::uint64_t after = 0;
  std::size_t parts = 0;
  for (;;) {
    auto answer = co_await store.read_log({1}, 1, after);
    const auto part = must(std::move(answer));
    if (part.empty()) break;
    std::size_t size = 0;
    for (const auto& stored : part) {
      size += stored.bytes.size();
      EXPECT_EQ(stored.end - stored.bytes.size(), after);
      after = stored.end;
    }
    EXPECT_LE(size, (1u << 20) + limits::log_chunk);
    ++parts;
  }
  EXPECT_EQ(after, (40u << 16) + 100);
  EXPECT_EQ(parts, 3u);
}
TEST_P(StoreContract, LongOutputComesInPartsOfAboutAMebibyte) { tell(long_output_comes_in_parts); }

Task<> append_hello(Store& store) {
  std::vector<LogPiece> pieces{piece(5, 1, 0, "hello")};
  auto appended = co_await store.append_log({1}, 1, std::move(pieces), {});
  must(std::move(appended));
}

Task<> a_follower_is_woken(Store& store) {
  const auto watch = store.watch_log({1});
  const auto second_watch = store.watch_log({1});
  TaskGroup others(co_await asio::this_coro::executor);
  const auto began = std::chrono::steady_clock::now();
  others.spawn("an executor", append_hello(store));
  for (;;) {  // a hint may come for nothing
    auto found = co_await store.read_log({1}, 1, 0);
    if (!must(std::move(found)).empty()) break;
    co_await watch->wait(deadline_in(10s));
  }
  co_await others.join();
  // It came while the second one was not waiting, and is remembered.
  co_await second_watch->wait(deadline_in(10s));
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
}
TEST_P(StoreContract, EveryFollowerOfALogIsWokenByANewPiece) { tell(a_follower_is_woken); }

}  // namespace
}  // namespace berth::test
