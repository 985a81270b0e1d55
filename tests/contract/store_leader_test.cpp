// What only the leader writes: who leads, what is taken and deleted, and how far webhooks are.
#include "tests/contract/store_contract.hpp"

namespace berth::test {
namespace {

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

  auto others = jobs;
  for (auto& job : others) job.created_at = job.created_at + Milliseconds{1};  // ids were given anew
  auto none = co_await store.forget_jobs(std::move(others), epoch);
  EXPECT_EQ(must(std::move(none)), 0u);
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

}  // namespace
}  // namespace berth::test
