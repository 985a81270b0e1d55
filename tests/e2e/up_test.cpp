#include "tests/e2e/fixture.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>

namespace berth::test {
namespace {

using UpVerb = EndToEnd;

TEST_F(UpVerb, FindsItsJobsAndHistoryAgain) {
  EXPECT_EQ(berth({"run", test_image, "sh", "-c", "echo kept; exit 7"}).code, 7);
  const auto before = record("1");
  const auto stopped = up_->stop();
  EXPECT_EQ(stopped.code, 0) << stopped.err;
  up_->start();
  EXPECT_EQ(record("1"), before);
  EXPECT_EQ(berth({"logs", "1"}).out, "kept\n");
  EXPECT_EQ(berth({"run", "-d", test_image, "true"}).out, "2\n") << "ids go on";
  EXPECT_EQ(berth({"wait", "2"}).code, 0);
}

TEST_F(UpVerb, PicksUpAJobThatWentOnWithoutIt) {
  EXPECT_EQ(berth({"run", "-d", test_image, "sh", "-c", "echo one; sleep 3; echo two; exit 5"}).out, "1\n");
  const auto logs = begin({"logs", "-f", "1"});
  ASSERT_TRUE(logs->wait_for("one\n"));
  up_->stop();
  up_->start();
  EXPECT_EQ(berth({"wait", "1"}).code, 5);
  EXPECT_EQ(berth({"logs", "1"}).out, "one\ntwo\n");
  EXPECT_EQ(record("1").at("attempt").as_int64(), 1) << "adopted, not run again";
}

TEST_F(UpVerb, RefusesDataThatAnotherOneUses) {
  Process second({BERTH_BINARY, "up", "--data", up_->data(), "--listen", "127.0.0.1:0"});
  const auto outcome = second.wait();
  EXPECT_NE(outcome.code, 0);
  EXPECT_NE(outcome.err.find(up_->data().string()), std::string::npos) << outcome.err;
  EXPECT_EQ(berth({"run", test_image, "echo", "unharmed"}).out, "unharmed\n");
}

// 200 jobs that ask for half a core each, on two cores: four at a time. Each notes its beginning and its end
// in one file, a truth that owes nothing to Berth.
std::string batch(int count, const std::string& folder, const std::string& script) {
  std::string yaml;
  for (int i = 0; i < count; ++i) {
    const auto number = std::to_string(i);
    yaml += "---\nimage: busybox\nnetwork: none\nresources: {cpu: 0.5, memory: 32MiB}\nvolumes: [\"" +
            folder + ":/trace\"]\nenv: {N: \"" + number + "\"}\ncommand:\n  - sh\n  - -c\n  - |\n    " +
            script + "\n";
  }
  return yaml;
}

TEST_F(UpVerb, RunsABatchWithinItsCapacityAndLeavesNothing) {
  const TemporaryFolder folder;
  const auto file =
      folder.file("jobs.yaml", batch(200, folder.path(),
                                     "echo + >>/trace/steps; echo job $N; echo - >>/trace/steps; "
                                     "exit $((N % 4))"));
  const auto submitted = berth({"submit", file});
  EXPECT_EQ(submitted.out, "submitted 200 jobs: 1-200\n") << submitted.err;
  EXPECT_EQ(berth({"wait", "--quiet", "1-200"}, Milliseconds{240'000}).code, 1)
      << "the second is the first that fails";

  std::string logs;
  for (int i = 0; i < 200; ++i) logs += "job " + std::to_string(i) + "\n";
  EXPECT_EQ(berth({"logs", "--quiet", "1-200"}).out, logs);
  const auto list = parse_json(berth({"ls", "--all", "--json"}).out).value();
  ASSERT_EQ(list.at("jobs").as_array().size(), 200u);
  for (const auto& job : list.at("jobs").as_array()) {
    const auto code = (job.at("id").to_number<int>() - 1) % 4;
    EXPECT_EQ(job.at("exit_code").as_int64(), code);
    EXPECT_EQ(job.at("status").as_string(), code == 0 ? "SUCCEEDED" : "FAILED");
  }

  int running = 0;
  int most = 0;
  int begun = 0;
  for (const char c : folder.read("steps")) {
    running += c == '+' ? 1 : c == '-' ? -1 : 0;
    begun += c == '+' ? 1 : 0;
    most = std::max(most, running);
  }
  EXPECT_EQ(begun, 200) << "each ran once";
  EXPECT_EQ(running, 0);
  EXPECT_LE(most, 4) << "never more than fit";
  const auto executor = parse_json(berth({"executors", "--json"}).out).value().at("executors").at(0);
  EXPECT_EQ(executor.at("allocated").at("jobs").as_int64(), 0);
}

TEST_F(UpVerb, KeepsEveryAcknowledgedJobWhenItIsKilled) {
  const TemporaryFolder folder;
  const auto file =
      folder.file("jobs.yaml",
                  batch(60, folder.path(), "echo $N >>/trace/ends; sleep 0.2; echo job $N; exit $((N % 4))"));
  ASSERT_EQ(berth({"submit", "--quiet", file}).code, 0);
  EXPECT_EQ(berth({"wait", "10"}).code, 1) << "in the middle of it";
  up_->kill();
  up_->start();
  EXPECT_EQ(berth({"wait", "--quiet", "1-60"}, Milliseconds{240'000}).code, 1);
  const auto list = parse_json(berth({"ls", "--all", "--json"}).out).value();
  ASSERT_EQ(list.at("jobs").as_array().size(), 60u);
  for (const auto& job : list.at("jobs").as_array()) {
    const auto code = (job.at("id").to_number<int>() - 1) % 4;
    EXPECT_EQ(job.at("exit_code").as_int64(), code) << json::serialize(job);
    EXPECT_EQ(job.at("status").as_string(), code == 0 ? "SUCCEEDED" : "FAILED");
  }
}

}  // namespace
}  // namespace berth::test
