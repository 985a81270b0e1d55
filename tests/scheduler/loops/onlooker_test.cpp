// What a scheduler that doesn't lead shows of the cluster: complete, of one instant, and read once for all
// who ask.
#include "scheduler/loops/onlooker.hpp"

#include "shared/base/limits.hpp"
#include "shared/model/job_lifecycle.hpp"
#include "shared/runtime/task_group.hpp"
#include "tests/shared/runtime/loop.hpp"
#include "tests/support/memory_store.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <utility>
#include <vector>

namespace berth {
namespace {

// Counts how often everything is read, and can be slow in it.
class SlowStore final : public test::MemoryStore {
 public:
  using MemoryStore::MemoryStore;

  std::size_t searches = 0;  // for the newest
  bool is_held = false;      // a search lasts until it isn't
  // Happens once, when records have been read and haven't come yet; the feed has heard of it then.
  std::optional<std::vector<Change>> meanwhile;
  const EventFeed* feed = nullptr;

  Task<Result<std::vector<JobId>>> find_jobs(JobQuery query) override {
    searches += query.before ? 0 : 1;
    while (is_held) co_await sleep_until(deadline_in(Milliseconds{1}));
    auto found = co_await MemoryStore::find_jobs(std::move(query));
    co_return found;
  }
  Task<Result<std::vector<std::optional<Job>>>> jobs(std::vector<JobId> ids) override {
    auto found = co_await MemoryStore::jobs(std::move(ids));
    if (meanwhile) {
      auto changes = *std::exchange(meanwhile, std::nullopt);
      co_await transition(std::move(changes), std::nullopt);
      const auto newest = co_await last_event();
      while (feed->position() < *newest) co_await sleep_until(deadline_in(Milliseconds{1}));
    }
    co_return found;
  }
};

class AnOnlooker : public ::testing::Test {
 protected:
  AnOnlooker() {
    store.feed = &feed;
    feed.on_history_lost([this] { onlooker.on_history_lost(); });
    loop.run(feed.start());
    tasks.spawn("feed", feed.run());
  }
  ~AnOnlooker() override {
    tasks.cancel();
    loop.run(tasks.join());
  }

  void submit(std::size_t count) {
    JobDefinition definition;
    definition.image = "x";
    std::vector<JobDefinition> definitions(count, definition);
    loop.run(store.admit(std::move(definitions), std::nullopt, "test")).value();
    until_heard();
  }
  void until_heard() {
    const auto newest = loop.run(store.last_event()).value();
    loop.run_until([&] { return feed.position() == newest; });
  }
  const ClusterView& look() { return *loop.run(onlooker.look()).value().view; }
  // Asks without waiting for the answer.
  void ask(TaskGroup& group) { group.spawn("look", look_and_count()); }
  Task<> look_and_count() {
    ++asked;
    const auto sight = co_await onlooker.look();
    ++(sight ? answers : failures);
  }

  test::Loop loop;
  SystemClock clock;
  SlowStore store{loop.executor(), clock};
  TaskGroup tasks{loop.executor()};
  EventFeed feed{loop.executor(), store};
  Liveness liveness{loop.executor(), store, clock, [] {}};
  Leadership leadership{loop.executor(), store, clock, "s1", false, [] {}};  // never its turn
  SchedulerSettings settings;
  Dispatch dispatch{loop.executor(), store, clock, leadership, liveness, settings};
  Onlooker onlooker{loop.executor(), store, clock, feed, liveness, dispatch};
  std::size_t asked = 0;
  std::size_t answers = 0;
  std::size_t failures = 0;
};

TEST_F(AnOnlooker, shows_also_what_happened_while_it_read_for_the_first_time) {
  submit(1);
  const Job waiting = loop.run(store.jobs({JobId{1}})).value().front().value();
  const auto placed = lifecycle::apply(waiting, lifecycle::Assigned{"box"}, clock.wall()).value();
  store.meanwhile.emplace();
  store.meanwhile->push_back({waiting, placed, "job.assigned", "test"});
  const auto& view = look();
  EXPECT_EQ(view.find({1})->reason, Reason::assigned);
  EXPECT_EQ(view.executors().at("box").jobs.size(), 1u);
  EXPECT_EQ(view.check_invariants(), "");
}

TEST_F(AnOnlooker, that_is_asked_again_reads_only_what_has_changed) {
  submit(2);
  look();
  submit(1);
  EXPECT_EQ(look().jobs().size(), 3u);
  EXPECT_EQ(store.searches, 1u);
}

TEST_F(AnOnlooker, that_was_not_asked_for_longer_than_the_feed_remembers_still_does) {
  submit(1);
  look();
  for (std::size_t i = 0; i <= limits::events_remembered; i += 500) submit(500);
  ASSERT_FALSE(feed.recent(1, 1)) << "it is forgotten there";
  EXPECT_EQ(look().jobs().size(), feed.position());
  EXPECT_EQ(store.searches, 1u);
}

TEST_F(AnOnlooker, reads_everything_again_when_events_are_gone_from_the_store_too) {
  submit(1);
  look();
  for (std::size_t i = 0; i <= limits::events_remembered; i += 500) submit(500);
  store.forget_events(400);
  EXPECT_EQ(look().jobs().size(), feed.position());
  EXPECT_EQ(store.searches, 2u);
}

TEST_F(AnOnlooker, reads_everything_again_when_the_store_went_back_in_time) {
  submit(3);
  look();
  store.go_back(2);
  loop.run_until([&] { return feed.position() == 2; });
  EXPECT_EQ(look().jobs().size(), 3u) << "no record was lost";
  EXPECT_EQ(store.searches, 2u);
}

TEST_F(AnOnlooker, reads_once_for_all_who_ask_and_while_the_store_is_away_fails_once_for_all) {
  submit(1);
  store.is_held = true;
  for (int i = 0; i < 3; ++i) ask(tasks);
  loop.run_until([&] { return asked == 3 && store.searches == 1; });
  store.break_down(unavailable("no store"));
  store.is_held = false;
  loop.run_until([&] { return failures == 3; });
  EXPECT_EQ(store.searches, 1u) << "nobody waits for the store for himself";
  store.repair();
  for (int i = 0; i < 3; ++i) ask(tasks);
  loop.run_until([&] { return answers == 3; });
  EXPECT_EQ(store.searches, 2u);
}

TEST_F(AnOnlooker, whose_reader_goes_away_lets_another_read) {
  submit(1);
  store.is_held = true;
  TaskGroup impatient{loop.executor()};
  ask(impatient);
  loop.run_until([&] { return store.searches == 1; });
  ask(tasks);
  loop.run_until([&] { return asked == 2; });
  impatient.cancel();
  loop.run(impatient.join());
  store.is_held = false;
  loop.run_until([&] { return answers == 1; });
  EXPECT_EQ(failures, 0u);
  EXPECT_EQ(store.searches, 2u);
}

}  // namespace
}  // namespace berth
