// How jobs are admitted, change, are found, and what events tell of it.
#include "tests/contract/store_contract.hpp"

namespace berth::test {
namespace {

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

// After a failover that lost writes the same id, number and version may mean another job or assignment.
Task<> the_same_numbers_given_anew_are_not_the_same_record(Store& store) {
  co_await admit(store, 2);
  std::vector<Change> changes;
  for (const std::uint64_t id : {1, 2}) {
    const Job job = co_await read(store, {id});
    changes.push_back(change_of(job, lifecycle::Assigned{"m1"}));
  }
  changes[0].before.created_at = changes[0].before.created_at + Milliseconds{1};
  auto answer = co_await store.transition(std::move(changes), std::nullopt);
  const auto assigned = must(std::move(answer));
  EXPECT_EQ(assigned.at(0).outcome, Changed::Outcome::conflict) << "another job";
  EXPECT_EQ(assigned.at(1).outcome, Changed::Outcome::done);
  const Job job = co_await read(store, {2});
  for (const bool is_elsewhen : {true, false}) {
    std::vector<Change> reports{change_of(job, lifecycle::Starting{})};
    auto& before = reports[0].before;
    if (is_elsewhen) before.scheduled_at = *job.scheduled_at + Milliseconds{1};
    if (!is_elsewhen) before.status = JobStatus::running;
    auto told = co_await store.transition(std::move(reports), std::nullopt);
    EXPECT_EQ(must(std::move(told)).at(0).outcome, Changed::Outcome::conflict) << is_elsewhen;
  }
  const Job untouched = co_await read(store, {2});
  EXPECT_EQ(untouched, job);
}
TEST_P(StoreContract, OfARecordWhoseNumbersWereGivenAnewNothingIsChanged) {
  tell(the_same_numbers_given_anew_are_not_the_same_record);
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

}  // namespace
}  // namespace berth::test
