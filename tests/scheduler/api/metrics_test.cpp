#include "scheduler/api/metric_text.hpp"
#include "tests/scheduler/api/fixture.hpp"

namespace berth {
namespace {

using test::ApiTest;
using ::testing::HasSubstr;
using ::testing::Not;

class Metrics : public ApiTest {
 protected:
  std::string metrics() {
    const auto response = ask("GET", "/metrics");
    EXPECT_EQ(response.status, 200u);
    EXPECT_EQ(http::find_header(response.headers, "Content-Type"),
              "text/plain; version=0.0.4; charset=utf-8");
    return response.body;
  }
};

TEST_F(Metrics, CountJobsByStatusAndRequestsByRoute) {
  admit(3);
  abort(JobId{2});
  ask("GET", "/v1/jobs/1");
  ask("GET", "/v1/jobs/2");
  ask("GET", "/v1/jobs/77");
  ask("GET", "/nowhere/1");
  ask("GET", "/nowhere/2");
  const auto text = metrics();
  EXPECT_THAT(text, HasSubstr("# TYPE berth_jobs gauge\nberth_jobs{status=\"PENDING\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("berth_jobs{status=\"ABORTED\"} 1\n"));
  EXPECT_THAT(
      text, HasSubstr("berth_http_requests_total{method=\"GET\",route=\"/v1/jobs/{id}\",code=\"200\"} 2\n"));
  EXPECT_THAT(
      text, HasSubstr("berth_http_requests_total{method=\"GET\",route=\"/v1/jobs/{id}\",code=\"404\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("berth_http_requests_total{method=\"none\",route=\"none\",code=\"404\"} 2\n"))
      << "a path that somebody made up is no series of its own";
  EXPECT_THAT(text, HasSubstr("berth_build_info{version=\"" BERTH_VERSION "\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("berth_is_leader 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("berth_queue_length"))) << "who doesn't lead has no queue";
}

TEST_F(Metrics, TellWhatTheLeaderPlaced) {
  hand_over();
  ExecutorInfo executor;
  executor.name = "box";
  executor.capacity = {Millicores{2'000}, 1_GiB, {}};
  const auto incarnation = loop.run(store.register_executor(std::move(executor), 0)).value();
  loop.run_until([&] { return !get("/v1/executors").at("executors").as_array().empty(); });
  ASSERT_TRUE(loop.run(store.heartbeat("box", incarnation, {}, {})));
  admit(3);
  loop.run_until([&] { return metrics().find("berth_placements_total 2\n") != std::string::npos; });
  const auto text = metrics();
  EXPECT_THAT(text, HasSubstr("berth_is_leader 1\n"));
  EXPECT_THAT(text, HasSubstr("berth_queue_length 1\n"));
  EXPECT_THAT(text, HasSubstr("berth_executors{state=\"READY\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("berth_dispatch_pass_seconds_count 0\n")));
}

TEST_F(Metrics, GoOnWithoutTheStore) {
  store.break_down(unavailable("Redis is away"));
  const auto text = metrics();
  EXPECT_THAT(text, Not(HasSubstr("berth_jobs"))) << "a stale number would look like a good one";
  EXPECT_THAT(text, HasSubstr("berth_is_leader 0\n"));
  store.repair();
}

TEST(MetricText, EscapesLabelsAndCumulatesBuckets) {
  api::MetricText metrics;
  metrics.begin("a_total", "counter", "Some.");
  metrics.add(5, {{"x", "1"}, {"y", "say \"hi\"\\\n"}});
  Histogram histogram;
  histogram.add(0.0005);
  histogram.add(0.05);
  histogram.add(60);
  metrics.histogram("b_seconds", "Time.", histogram);
  EXPECT_EQ(
      metrics.text(),
      "# HELP a_total Some.\n# TYPE a_total counter\na_total{x=\"1\",y=\"say \\\"hi\\\"\\\\\\n\"} 5\n"
      "# HELP b_seconds Time.\n# TYPE b_seconds histogram\n"
      "b_seconds_bucket{le=\"0.001\"} 1\nb_seconds_bucket{le=\"0.005\"} 1\nb_seconds_bucket{le=\"0.02\"} 1\n"
      "b_seconds_bucket{le=\"0.1\"} 2\nb_seconds_bucket{le=\"0.5\"} 2\nb_seconds_bucket{le=\"2\"} 2\n"
      "b_seconds_bucket{le=\"10\"} 2\nb_seconds_bucket{le=\"+Inf\"} 3\nb_seconds_sum 60.0505\n"
      "b_seconds_count 3\n");
}

}  // namespace
}  // namespace berth
