#include "shared/model/sizing.hpp"

#include "tests/scheduler/api/fixture.hpp"

namespace berth {
namespace {

using test::ApiTest;
using ::testing::HasSubstr;

class ApiSizing : public ApiTest {
 protected:
  // A job that ran for ten seconds and used so much memory.
  void ran(const std::string& name, Bytes peak) {
    JobDefinition definition;
    definition.name = name;
    const auto id = admit(1, definition).front();
    change(id, lifecycle::Assigned{"box-1"});
    change(id, lifecycle::Started{WallTime{1'000}});
    lifecycle::Outcome outcome;
    outcome.cause = Cause::exit;
    outcome.exit_code = 0;
    outcome.peak_memory = peak;
    outcome.cpu_time = Milliseconds{2'000};
    outcome.finished_at = WallTime{11'000};
    change(id, lifecycle::AttemptEnded{outcome});
  }
};

TEST_F(ApiSizing, TellsWhatEachNameUsedAndWhatToAskFor) {
  for (int i = 0; i < 3; ++i) ran("train", 40_MiB);
  ran("seldom", 40_MiB);
  admit(1);
  abort(admit(1).front());
  const auto answer = get("/v1/stats/sizing?by=name");
  const auto report = from_json<SizingReport>(answer).value();
  EXPECT_EQ(report.jobs, 5u);
  EXPECT_EQ(report.unnamed, 1u);
  EXPECT_FALSE(report.is_cut);
  ASSERT_EQ(report.names.size(), 2u);
  const auto& train = report.names[0];
  EXPECT_EQ(train.name, "train");
  EXPECT_EQ(train.verdict, SizeVerdict::too_large);
  EXPECT_EQ(train.advised_memory, 48_MiB);
  EXPECT_EQ(train.advised_cpu, Millicores{250});
  EXPECT_EQ(report.names[1].verdict, SizeVerdict::too_few);
  EXPECT_EQ(answer.at("names").at(0).at("verdict").as_string(), "TOO_LARGE");
  EXPECT_EQ(answer.at("names").at(0).at("cpu_used").as_string(), "6s");
}

TEST_F(ApiSizing, LooksAtOneNameOrAtAFewOfThem) {
  for (int i = 0; i < 3; ++i) ran("train", 40_MiB);
  ran("seldom", 40_MiB);
  const auto one = from_json<SizingReport>(get("/v1/stats/sizing?name=seldom")).value();
  EXPECT_EQ(one.jobs, 1u);
  ASSERT_EQ(one.names.size(), 1u);
  const auto few = from_json<SizingReport>(get("/v1/stats/sizing?limit=1")).value();
  ASSERT_EQ(few.names.size(), 1u);
  EXPECT_EQ(few.names[0].name, "train");
  EXPECT_EQ(few.names_left_out, 1u);
  EXPECT_EQ(get("/v1/stats/sizing?name=nobody").at("names").as_array().size(), 0u);
}

TEST_F(ApiSizing, ReadsAHistoryOfManyPages) {
  const auto jobs = limits::sizing_page * 2 + 50;
  JobDefinition definition;
  definition.name = "many";
  for (const auto id : admit(jobs, definition)) abort(id);
  const auto report = from_json<SizingReport>(get("/v1/stats/sizing")).value();
  EXPECT_EQ(report.jobs, jobs);
  ASSERT_EQ(report.names.size(), 1u);
  EXPECT_EQ(report.names[0].jobs, jobs);
  EXPECT_EQ(report.names[0].runs, 0u);
}

TEST_F(ApiSizing, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(ask("GET", "/v1/stats/sizing?by=label").status, 400u);
  EXPECT_EQ(ask("GET", "/v1/stats/sizing?limit=0").status, 400u);
  EXPECT_THAT(ask("GET", "/v1/stats/sizing?since=now").body, HasSubstr("is not a parameter"));
}

}  // namespace
}  // namespace berth
