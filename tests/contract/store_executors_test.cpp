// What executors are told, and what they tell of themselves.
#include "tests/contract/store_contract.hpp"

namespace berth::test {
namespace {

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

}  // namespace
}  // namespace berth::test
