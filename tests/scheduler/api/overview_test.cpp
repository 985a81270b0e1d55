// The cluster on one page, over HTTP: at a scheduler that only follows.
#include "shared/model/overview.hpp"

#include "shared/model/usage.hpp"
#include "tests/scheduler/api/fixture.hpp"

namespace berth {
namespace {

class ApiOverview : public test::ApiTest {
 protected:
  void executor(const std::string& name) {
    ExecutorInfo info;
    info.name = name;
    info.capacity = {Millicores{4000}, 8_GiB, {}};
    loop.run(store.register_executor(std::move(info), 0)).value();
  }
  Overview overview(const std::string& query = "") {
    return from_json<Overview>(get("/v1/overview" + query)).value();
  }
  void end_well(JobId id) {
    lifecycle::Outcome outcome;
    outcome.cause = Cause::exit;
    outcome.exit_code = 0;
    change(id, lifecycle::AttemptEnded{outcome});
  }
};

TEST_F(ApiOverview, tells_what_waits_runs_and_ended) {
  executor("box10");
  executor("box2");
  admit(4);
  for (std::uint64_t id = 1; id <= 2; ++id) {
    change(JobId{id}, lifecycle::Assigned{"box2"});
    change(JobId{id}, lifecycle::Started{clock.wall()});
  }
  end_well(JobId{1});
  abort(JobId{4});
  loop.run_until([&] {
    const auto seen = overview();
    return seen.executors.size() == 2 && seen.running == 1 && seen.endings.last_minute.aborted == 1;
  });
  const auto seen = overview();
  EXPECT_EQ(seen.scheduler, "s1");
  EXPECT_FALSE(seen.is_leaders_view);
  EXPECT_EQ(seen.pending.at("QUEUED"), 1u);
  EXPECT_EQ(seen.running_jobs.at(0).id, JobId{2});
  EXPECT_EQ(seen.running_jobs.at(0).executor, "box2");
  EXPECT_EQ(seen.endings.last_minute, (EndedJobs{1, 0, 1}));
  EXPECT_EQ(seen.executors.at(0).name, "box2") << "as people count";
  EXPECT_EQ(seen.executors.at(0).allocated.cpu, Millicores{1000});
  EXPECT_EQ(seen.executors.at(1).name, "box10");
}

TEST_F(ApiOverview, tells_what_running_jobs_use_of_whom_it_is_told) {
  ExecutorInfo info;
  info.name = "box";
  const auto incarnation = loop.run(store.register_executor(std::move(info), 0)).value();
  const auto ids = admit(2);
  for (const auto id : ids) {
    change(id, lifecycle::Assigned{"box"});
    change(id, lifecycle::Started{clock.wall()});
  }
  AttemptUsage one;
  one.job = ids.front();
  one.attempt = 1;
  one.cpu = Millicores{1250};
  one.memory = 310_MiB;
  const auto report = usage_report({one});
  const auto tell = [&] { loop.run(store.heartbeat("box", incarnation, {}, report)).value(); };
  loop.run_until([&] {
    tell();  // who isn't seen to beat isn't asked
    const auto seen = overview();
    return seen.running_jobs.size() == 2 && seen.running_jobs.at(0).memory_used;
  });
  const auto seen = overview();
  EXPECT_EQ(seen.running_jobs.at(0).cpu_used, Millicores{1250});
  EXPECT_EQ(seen.running_jobs.at(0).memory_used, 310_MiB);
  EXPECT_EQ(seen.running_jobs.at(1).cpu_used, std::nullopt);
  EXPECT_EQ(seen.executors.at(0).cpu_used, Millicores{1250});
  EXPECT_EQ(seen.executors.at(0).memory_used, 310_MiB);

  const auto usage_of = [&](JobId id) {
    return from_json<JobUsage>(get("/v1/jobs/" + to_string(id) + "/usage")).value();
  };
  EXPECT_EQ(usage_of(ids.at(0)).cpu_used, Millicores{1250});
  EXPECT_EQ(usage_of(ids.at(0)).executor, "box");
  EXPECT_EQ(usage_of(ids.at(1)).memory_used, std::nullopt);
  EXPECT_EQ(ask("GET", "/v1/jobs/99/usage").status, 404u);
  EXPECT_EQ(ask("GET", "/v1/jobs/1/usage?wait=1s").status, 400u);
  const auto executor = from_json<ExecutorStatus>(get("/v1/executors/box")).value();
  EXPECT_EQ(executor.memory_used, 310_MiB);
  const auto list = get("/v1/executors");
  EXPECT_EQ(from_json<ExecutorStatus>(list.at("executors").at(0)).value(), executor);

  end_well(ids.at(0));
  EXPECT_EQ(usage_of(ids.at(0)).memory_used, std::nullopt) << "it has ended";
}

TEST_F(ApiOverview, lists_no_more_than_is_asked_for) {
  executor("box");
  admit(1);
  change(JobId{1}, lifecycle::Assigned{"box"});
  change(JobId{1}, lifecycle::Started{clock.wall()});
  loop.run_until([&] { return overview().running == 1 && !overview().executors.empty(); });
  const auto seen = overview("?jobs=0&executors=0");
  EXPECT_TRUE(seen.running_jobs.empty());
  EXPECT_TRUE(seen.executors.empty());
  EXPECT_EQ(seen.running, 1u) << "it counts all the same";
  EXPECT_EQ(ask("GET", "/v1/overview?jobs=1001").status, 400u);
  EXPECT_EQ(ask("GET", "/v1/overview?job=1").status, 400u);
}

}  // namespace
}  // namespace berth
