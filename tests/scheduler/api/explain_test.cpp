// explain and dry runs over HTTP: at a scheduler that only follows, and at the leader.
#include "shared/model/explanation.hpp"
#include "tests/scheduler/api/fixture.hpp"

namespace berth {
namespace {

using test::ApiTest;
using ::testing::HasSubstr;

class ApiExplain : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    loop.run_until([&] { return get("/v1/stats").at("leader") == "other"; });
  }
  void executor(const std::string& name, int cores) {
    ExecutorInfo info;
    info.name = name;
    info.capacity = {Millicores{1000 * cores}, 8_GiB, {}};
    const auto incarnation = loop.run(store.register_executor(std::move(info), 0)).value();
    tasks.spawn("heartbeat", beat(name, incarnation));
  }
  Task<> beat(std::string name, std::uint64_t incarnation) {
    const RuntimeInfo healthy;
    for (;;) {
      co_await store.heartbeat(name, incarnation, healthy, std::nullopt);
      co_await sleep_until(deadline_in(Milliseconds{100}));
    }
  }
  Explanation explain(std::uint64_t id) {
    return from_json<Explanation>(get("/v1/jobs/" + std::to_string(id) + "/explain")).value();
  }
  void until_first_reason(std::uint64_t id, Obstacle code) {
    loop.run_until([&] {
      const auto said = explain(id);
      return !said.reasons.empty() && said.reasons.front().code == code;
    });
  }
  DryRun dry_run(const std::string& body) {
    const auto response = ask("POST", "/v1/jobs?dry_run=true", body);
    EXPECT_EQ(response.status, 200u) << response.body;
    return from_json<DryRun>(parse_json(response.body).value()).value();
  }
  static JobDefinition of_cores(int cores) {
    JobDefinition definition;
    definition.resources.cpu = Millicores{1000 * cores};
    return definition;
  }
};

TEST_F(ApiExplain, a_follower_reads_what_it_needs_and_keeps_up) {
  admit(1, of_cores(2));
  auto said = explain(1);
  EXPECT_EQ(said.reasons.at(0).code, Obstacle::no_executor);
  EXPECT_EQ(said.scheduler, "s1");
  EXPECT_EQ(said.leader, "other");
  EXPECT_FALSE(said.is_leaders_view);
  executor("box", 1);
  until_first_reason(1, Obstacle::cpu);
  EXPECT_EQ(explain(1).executors.at(0).missing.cpu, Millicores{1000});
  admit(1, of_cores(2));
  EXPECT_EQ(explain(2).queue->position, 2u) << "what came since the first answer is known";
  abort(JobId{1});
  loop.run_until([&] { return explain(2).queue->position == 1; });
}

TEST_F(ApiExplain, the_leader_says_the_same_from_its_own_view) {
  executor("box", 1);
  admit(1, of_cores(2));
  until_first_reason(1, Obstacle::cpu);
  auto followers = explain(1);
  hand_over();
  loop.run_until([&] { return explain(1).is_leaders_view; });
  until_first_reason(1, Obstacle::cpu);
  const auto leaders = explain(1);
  EXPECT_EQ(leaders.reasons, followers.reasons);
  EXPECT_EQ(leaders.remedies, followers.remedies);
  EXPECT_EQ(leaders.executors, followers.executors);
}

TEST_F(ApiExplain, jobs_on_their_way_running_and_ended_tell_their_story) {
  executor("box", 1);
  admit(1);
  until_first_reason(1, Obstacle::next_pass);
  change(JobId{1}, lifecycle::Assigned{"box", {}, "the only executor with room"});
  EXPECT_EQ(explain(1).reasons.at(0).code, Obstacle::assigned);
  change(JobId{1}, lifecycle::Pulling{"1 % of 1GiB"});
  EXPECT_EQ(explain(1).reasons.at(0).code, Obstacle::pulling);
  change(JobId{1}, lifecycle::Started{WallTime{5}});
  auto said = explain(1);
  EXPECT_TRUE(said.reasons.empty());
  EXPECT_EQ(said.summary, "runs on box");
  EXPECT_EQ(said.attempts.at(0).why, "the only executor with room");
  abort(JobId{1});
  EXPECT_EQ(explain(1).attempts.at(0).phases.back().name, PhaseName::stop);
}

TEST_F(ApiExplain, the_history_of_a_name_bounds_the_estimate) {
  executor("box", 1);
  JobDefinition train = of_cores(1);
  train.name = "train";
  admit(4, train);
  const auto start = clock.wall();
  for (std::uint64_t id = 1; id <= 3; ++id) {
    change(JobId{id}, lifecycle::Assigned{"box"});
    change(JobId{id}, lifecycle::Started{start});
    lifecycle::Outcome outcome;
    outcome.cause = Cause::exit;
    outcome.exit_code = 0;
    outcome.finished_at = start + std::chrono::hours{1};
    change(JobId{id}, lifecycle::AttemptEnded{outcome});
  }
  change(JobId{4}, lifecycle::Assigned{"box"});
  change(JobId{4}, lifecycle::Started{start});
  admit(1, of_cores(1));
  until_first_reason(5, Obstacle::cpu);
  EXPECT_EQ(explain(5).estimate->latest, start + std::chrono::hours{1});
}

// The leader places it while its rivals' history is read, and those who are asked know.
TEST_F(ApiExplain, a_job_that_gets_its_place_while_it_is_explained_is_not_in_its_own_way) {
  executor("box", 2);
  JobDefinition train = of_cores(1);
  train.name = "train";
  admit(1, train);
  change(JobId{1}, lifecycle::Assigned{"box"});
  change(JobId{1}, lifecycle::Started{clock.wall()});
  admit(1, of_cores(2));
  until_first_reason(2, Obstacle::cpu);
  lifecycle::Outcome over;
  over.cause = Cause::exit;
  over.exit_code = 0;
  over.finished_at = clock.wall();
  store.meanwhile.push_back(change_of(JobId{1}, lifecycle::AttemptEnded{over}));
  store.meanwhile.push_back(change_of(JobId{2}, lifecycle::Assigned{"box"}));
  const auto said = explain(2);
  ASSERT_TRUE(store.meanwhile.empty()) << "the name was looked for";
  EXPECT_EQ(said.reasons.at(0).code, Obstacle::assigned);
  EXPECT_EQ(said.reason, Reason::assigned);
  EXPECT_FALSE(said.queue);
}

TEST_F(ApiExplain, a_dry_run_of_more_shapes_than_can_be_tried_on_so_many_executors_is_refused) {
  for (int i = 0; i < 200; ++i) {
    ExecutorInfo info;
    info.name = "box" + std::to_string(i);
    loop.run(store.register_executor(std::move(info), 0)).value();
  }
  loop.run_until([&] { return get("/v1/executors").at("executors").as_array().size() == 200; });
  std::string jobs = R"({"image":"x0"})";
  for (int i = 1; i <= 5'000; ++i) jobs += R"(,{"image":"x)" + std::to_string(i) + R"("})";
  const auto refused = ask("POST", "/v1/jobs?dry_run=true", R"({"jobs":[)" + jobs + "]}");
  EXPECT_EQ(refused.status, 422u) << refused.body;
  EXPECT_THAT(refused.body, HasSubstr("holds 5001 different shapes"));
  EXPECT_THAT(refused.body, HasSubstr("for which 5000 are the most"));
}

TEST_F(ApiExplain, a_dry_run_is_checked_as_a_submit_and_stores_nothing) {
  executor("box", 2);
  loop.run_until([&] { return dry_run(R"({"image":"x"})").placed == 1; });
  const auto one = dry_run(R"({"image":"x"})");
  EXPECT_EQ(one.places.at(0).executor, "box");
  EXPECT_FALSE(one.pull_bytes) << one.pull;
  const auto two = dry_run(R"({"jobs":[{"image":"x","resources":{"cpu":2}},{"image":"x"}]})");
  EXPECT_EQ(two.placed, 1u);
  EXPECT_EQ(two.waiting, 1u);
  EXPECT_EQ(two.explanation->reasons.at(0).code, Obstacle::turn);
  EXPECT_EQ(ask("POST", "/v1/jobs?dry_run=true", R"({"imagine":"x"})").status, 422u);
  EXPECT_EQ(ask("POST", "/v1/jobs?dry_run=perhaps", R"({"image":"x"})").status, 400u);
  EXPECT_TRUE(get("/v1/jobs").at("jobs").as_array().empty());
}

TEST_F(ApiExplain, what_is_not_there_is_not_explained) {
  EXPECT_EQ(ask("GET", "/v1/jobs/1/explain").status, 404u);
  EXPECT_EQ(ask("GET", "/v1/jobs/first/explain").status, 404u);
  admit(1);
  EXPECT_EQ(ask("GET", "/v1/jobs/1/explain?why=not").status, 400u);
}

}  // namespace
}  // namespace berth
