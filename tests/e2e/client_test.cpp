#include "tests/e2e/fixture.hpp"

namespace berth::test {
namespace {

using ClientVerbs = EndToEnd;

TEST_F(ClientVerbs, ShowTheRecordInTheApisSchema) {
  EXPECT_EQ(berth({"run", "--name", "seven", test_image, "sh", "-c", "exit 7"}).code, 7);
  const auto job = record("last");
  for (const auto* field : {"id", "definition", "status", "reason", "cause", "message", "attempt", "attempts",
                            "executor", "created_at", "scheduled_at", "started_at", "finished_at",
                            "exit_code", "signal", "oom_killed", "version"}) {
    EXPECT_TRUE(job.as_object().contains(field)) << field;
  }
  EXPECT_EQ(job.at("status").as_string(), "FAILED");
  EXPECT_EQ(job.at("cause").as_string(), "EXIT");
  EXPECT_EQ(job.at("exit_code").as_int64(), 7);
  EXPECT_EQ(job.at("attempts").as_array().size(), 1u);
  const auto list = parse_json(berth({"ls", "--json"}).out).value();
  EXPECT_EQ(list.at("jobs").as_array().size(), 1u);
  EXPECT_TRUE(list.at("next").is_null());
  const auto executors = parse_json(berth({"executors", "--json"}).out).value();
  EXPECT_EQ(executors.at("executors").at(0).at("state").as_string(), "READY");
}

TEST_F(ClientVerbs, ShowTablesForPeople) {
  EXPECT_EQ(berth({"run", "--name", "seven", test_image, "sh", "-c", "exit 7"}).code, 7);
  const auto list = berth({"ls"});
  EXPECT_NE(list.out.find("busybox sh -c 'exit 7'"), std::string::npos) << list.out;
  EXPECT_EQ(list.out.find('\x1b'), std::string::npos) << "no colour where there is no terminal";
  const auto show = berth({"show", "name:seven"});
  EXPECT_TRUE(show.out.starts_with("Job 1  seven  FAILED\n")) << show.out;
  EXPECT_EQ(berth({"ls", "--quiet", "--status", "failed"}).out, "1\n");
  EXPECT_EQ(berth({"ls", "--quiet", "--status", "succeeded"}).out, "");
}

TEST_F(ClientVerbs, SayWhatIsWrong) {
  const auto none = berth({"show", "99"});
  EXPECT_EQ(none.code, 4);
  EXPECT_TRUE(none.err.starts_with("berth: ")) << none.err;
  EXPECT_EQ(berth({"logs", "99"}).code, 4);
  EXPECT_EQ(berth({"abort", "99"}).code, 4);
  EXPECT_EQ(berth({"wait", "99"}).code, 4);

  const TemporaryFolder folder;
  const auto unknown = folder.file("jobs.yaml", "image: busybox\ncommnad: [true]\n");
  const auto typo = berth({"submit", unknown});
  EXPECT_EQ(typo.code, 2);
  EXPECT_NE(typo.err.find("jobs.yaml:2:"), std::string::npos) << typo.err;
  EXPECT_NE(typo.err.find("commnad"), std::string::npos) << typo.err;
  const auto broken = berth({"submit", folder.file("broken.yaml", "image: [busybox\n")});
  EXPECT_EQ(broken.code, 2);
  EXPECT_NE(broken.err.find("broken.yaml:"), std::string::npos) << broken.err;

  const auto refused = berth({"run", "-m", "1m", test_image, "true"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_NE(refused.err.find("--memory must be at least 6MiB"), std::string::npos) << refused.err;
  EXPECT_EQ(berth({"ls", "--quiet"}).out, "") << "nothing of this became a job";
}

TEST_F(ClientVerbs, ReadJobsFromStdin) {
  Process submit(up_->command({"submit", "-"}), up_->variables(),
                 "image: busybox\ncommand: [echo, one]\n---\nimage: busybox\ncommand: [echo, two]\n");
  const auto outcome = submit.wait();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "submitted 2 jobs: 1-2\n");
  EXPECT_EQ(berth({"wait", "1-2"}).code, 0);
  EXPECT_EQ(berth({"logs", "--quiet", "1-2"}).out, "one\ntwo\n");
}

TEST(ClientAlone, SaysWhereItLooked) {
  Process ls({BERTH_BINARY, "ls"}, {{"BERTH_URL", "http://127.0.0.1:1"}});
  const auto outcome = ls.wait();
  EXPECT_EQ(outcome.code, 3);
  EXPECT_NE(outcome.err.find("can't reach http://127.0.0.1:1: connection refused"), std::string::npos)
      << outcome.err;
}

}  // namespace
}  // namespace berth::test
