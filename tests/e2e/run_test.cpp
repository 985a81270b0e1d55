#include "tests/e2e/fixture.hpp"

#include <signal.h>

#include <cstdlib>

namespace berth::test {
namespace {

using RunVerb = EndToEnd;

TEST_F(RunVerb, PrintsWhatTheContainerPrintsAndExitsAsItDid) {
  const auto hello = berth({"run", test_image, "echo", "hello"});
  EXPECT_EQ(hello.code, 0) << hello.err;
  EXPECT_EQ(hello.out, "hello\n");
  EXPECT_EQ(hello.err, "");
  const auto seven = berth({"run", test_image, "sh", "-c", "echo out; echo err >&2; exit 7"});
  EXPECT_EQ(seven.code, 7);
  EXPECT_EQ(seven.out, "out\n");
  EXPECT_EQ(seven.err, "err\n");
  const auto killed = berth({"run", test_image, "sh", "-c", "kill -9 $$"});
  EXPECT_EQ(killed.code, 137);
}

TEST_F(RunVerb, CopiesEveryByte) {
  const auto script =
      "i=0; while [ $i -lt 5000 ]; do printf '%d\\000\\377\\r\\n' $i; i=$((i+1)); done; printf end";
  std::string expected;
  for (int i = 0; i < 5000; ++i) expected += std::to_string(i) + std::string("\0\xff\r\n", 4);
  expected += "end";
  const auto live = berth({"run", test_image, "sh", "-c", script});
  EXPECT_EQ(live.code, 0) << live.err;
  EXPECT_TRUE(live.out == expected) << live.out.size() << " bytes instead of " << expected.size();
  EXPECT_TRUE(up_->leaves_no_container());
  const auto later = berth({"logs", "last"});
  EXPECT_TRUE(later.out == expected) << "the container is gone, its output isn't";
}

TEST_F(RunVerb, TakesDockersFlags) {
  ::setenv("FROM_HERE", "taken", 1);
  const TemporaryFolder folder;
  const auto input = folder.file("input", "mounted\n");
  const auto variables = folder.file("variables", "# comment\nFROM_FILE=file\n");
  const auto outcome =
      berth({"run",
             "-e",
             "A=1",
             "-e",
             "FROM_HERE",
             "--env-file",
             variables,
             "-v",
             folder.path().string() + ":/data:ro",
             "-w",
             "/data",
             "-u",
             "1000:1001",
             "--name",
             "flags",
             "--cpus",
             "0.5",
             "-m",
             "64m",
             "-l",
             "kind=test",
             "--network",
             "none",
             test_image,
             "sh",
             "-c",
             "echo $A $FROM_HERE $FROM_FILE; pwd; id -u; id -g; cat input; touch x || echo refused"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "1 taken file\n/data\n1000\n1001\nmounted\nrefused\n") << outcome.err;
  EXPECT_EQ(record("name:flags").at("definition").at("labels").at("kind").as_string(), "test");
  const auto entrypoint = berth({"run", "--entrypoint", "echo", test_image, "through", "the", "entrypoint"});
  EXPECT_EQ(entrypoint.out, "through the entrypoint\n");
}

TEST_F(RunVerb, TellsTheJobWhoItIs) {
  const auto outcome =
      berth({"run", test_image, "sh", "-c", "echo $BERTH_JOB_ID $BERTH_ATTEMPT $BERTH_CPUS"});
  EXPECT_EQ(outcome.out, "1 1 1\n") << outcome.err;
}

TEST_F(RunVerb, EndsAJobThatRunsForTooLong) {
  const auto outcome = berth({"run", "--timeout", "1s", "--stop-timeout", "1", test_image, "sleep", "300"});
  EXPECT_NE(outcome.code, 0);
  EXPECT_NE(outcome.err.find("FAILED (TIMEOUT)"), std::string::npos) << outcome.err;
  EXPECT_EQ(record("last").at("cause").as_string(), "TIMEOUT");
}

TEST_F(RunVerb, ExitsAsDockerDoesWhenTheCommandCannotRun) {
  const auto missing = berth({"run", test_image, "no-such-command"});
  EXPECT_EQ(missing.code, 127) << missing.err;
  EXPECT_NE(missing.err.find("FAILED (START)"), std::string::npos) << missing.err;
  const auto data = berth({"run", test_image, "/etc/passwd"});
  EXPECT_EQ(data.code, 126) << data.err;
}

TEST_F(RunVerb, SaysThatTheImageIsNotThere) {
  const auto outcome = berth({"run", "berth.invalid/no-such-image:none", "true"});
  EXPECT_EQ(outcome.code, 125);
  EXPECT_NE(outcome.err.find("FAILED (IMAGE_"), std::string::npos) << outcome.err;
}

TEST_F(RunVerb, LeavesADetachedJobToItself) {
  const auto outcome = berth({"run", "-d", test_image, "sh", "-c", "echo later; exit 3"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "1\n");
  const auto waited = berth({"wait", "1"});
  EXPECT_EQ(waited.code, 3) << waited.err;
  EXPECT_EQ(berth({"logs", "1"}).out, "later\n");
  EXPECT_EQ(berth({"logs", "-f", "1"}).out, "later\n") << "following what has ended ends too";
}

TEST_F(RunVerb, AsksTheJobToAbortOnCtrlC) {
  const auto run = begin({"run", test_image, "sh", "-c",
                          "trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.1; done"});
  ASSERT_TRUE(run->wait_for("ready\n")) << run->err();
  run->send(SIGINT);
  const auto outcome = run->wait();
  EXPECT_EQ(outcome.out, "ready\nbye\n") << "output goes on to the end";
  EXPECT_EQ(outcome.code, 3) << "its own code, which was observed";
  EXPECT_NE(outcome.err.find("asking job 1 to abort"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("job 1 ABORTED"), std::string::npos) << outcome.err;
  EXPECT_EQ(record("1").at("status").as_string(), "ABORTED");
}

TEST_F(RunVerb, DetachesOnTheSecondCtrlC) {
  const auto run = begin({"run", "--stop-timeout", "2", test_image, "sh", "-c",
                          "trap '' TERM; echo ready; while :; do sleep 0.1; done"});
  ASSERT_TRUE(run->wait_for("ready\n")) << run->err();
  run->send(SIGINT);
  ASSERT_TRUE(run->wait_for("asking job 1 to abort"));
  run->send(SIGINT);
  const auto outcome = run->wait();
  EXPECT_EQ(outcome.code, 130);
  EXPECT_NE(outcome.err.find("detached; job 1 goes on aborting"), std::string::npos) << outcome.err;
  EXPECT_EQ(berth({"wait", "1"}).code, 137);
}

TEST_F(RunVerb, FollowsWhileLogsAreLeftWithCtrlC) {
  const auto run =
      begin({"run", test_image, "sh", "-c", "echo ready; while [ ! -e /tmp/go ]; do sleep 0.1; done"});
  ASSERT_TRUE(run->wait_for("ready\n")) << run->err();
  const auto logs = begin({"logs", "-f", "1"});
  ASSERT_TRUE(logs->wait_for("ready\n")) << logs->err();
  logs->send(SIGINT);
  EXPECT_EQ(logs->wait().code, 130);
  EXPECT_EQ(record("1").at("status").as_string(), "RUNNING") << "leaving the logs doesn't touch the job";
  EXPECT_EQ(berth({"wait", "1", "--wait-timeout", "100ms"}).code, 124);
  EXPECT_EQ(berth({"abort", "1", "--reason", "enough"}).code, 0);
  EXPECT_NE(run->wait().code, 0);
  EXPECT_NE(berth({"show", "1"}).out.find("enough"), std::string::npos);
}

}  // namespace
}  // namespace berth::test
