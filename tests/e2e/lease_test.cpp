// At most one attempt of a job lives at a time, whatever dies: told by what the jobs themselves write down.
#include "tests/support/docker_daemon.hpp"
#include "tests/support/fleet.hpp"
#include "tests/support/ground_truth.hpp"
#include "tests/support/own_docker.hpp"
#include "tests/support/redis_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>

#include <filesystem>
#include <thread>

namespace berth::test {
namespace {

using namespace std::chrono_literals;

constexpr int job_count =
    10;  // which live for half a minute each: all of them still at once on a busy machine
constexpr double lease = 5;
constexpr double slack = 1;  // for a job's own steps of a quarter of a second, and the kernel's

class LeaseRun : public testing::Test {
 protected:
  LeaseRun() {
    std::filesystem::create_directory(truth_);
    std::filesystem::permissions(truth_, std::filesystem::perms::all);
  }

  void start(const std::string& name, const std::string& docker_host) {
    fleet_.start_executor(name, {"--cpu", "10", "--memory", "4GiB", "--gpu", "none", "--lease", "5s",
                                 "--docker-host", docker_host});
  }

  // Ten jobs run on the first executor, and the second one is there for them.
  void run_jobs_on_the_first(const std::string& docker_host) {
    start("first", docker_host);
    fleet_.await_executors(1);
    const std::string volume = truth_.string() + ":/truth";
    for (int i = 0; i < job_count; ++i) {
      const auto submitted = fleet_.berth({"run", "-d", "--network", "none", "--cpus", "0.2", "-m", "32MiB",
                                           "-v", volume, test_image, "sh", "-c", living_script(120)});
      ASSERT_EQ(submitted.code, 0) << submitted.err;
    }
    await([&] { return lives().size() == job_count; });
    start("second", "unix://" + std::string(docker_socket));
    fleet_.await_executors(2);
  }

  std::map<std::uint64_t, std::vector<Life>> lives() const { return GroundTruth(truth_).lives(); }

  // All ran again on the second, and no first attempt outlived its lease, counted from `silence`.
  void expect_that_all_ran_again(std::chrono::duration<double> silence) {
    const auto waited = fleet_.berth({"wait", "1-10"}, 120s);
    EXPECT_EQ(waited.code, 0) << waited.out << waited.err << fleet_.last_words();
    EXPECT_THAT(GroundTruth(truth_).overlaps(), testing::IsEmpty());
    for (const auto& [job, attempts] : lives()) {
      ASSERT_EQ(attempts.size(), 2u) << "job " << job;
      EXPECT_FALSE(attempts[0].has_ended);
      EXPECT_LT(attempts[0].last.count(), silence.count() + lease + slack) << "job " << job;
      EXPECT_TRUE(attempts[1].has_ended);
    }
    const auto jobs = fleet_.ask({"show", "1-10", "--json"});
    const auto& list = jobs.is_array() ? jobs.as_array() : jobs.at("jobs").as_array();
    for (const auto& job : list) {
      EXPECT_EQ(job.at("attempts").at(0).at("cause").as_string(), "EXECUTOR_LOST");
      EXPECT_EQ(job.at("attempts").at(1).at("executor").as_string(), "second");
    }
  }

  RedisServer redis_;
  Fleet fleet_{BERTH_BINARY, redis_.url(), 1};
  std::filesystem::path truth_{fleet_.folder().path() / "truth"};
};

TEST_F(LeaseRun, AMachineWhoseExecutorAndDockerAreKilledEndsItsContainersByItself) {
  OwnDocker docker;
  run_jobs_on_the_first(docker.host());
  fleet_.kill("first");
  docker.kill();
  expect_that_all_ran_again(machine_time());
}

TEST_F(LeaseRun, AnExecutorThatWakesFromALongSleepDoesNoHarm) {
  run_jobs_on_the_first("unix://" + std::string(docker_socket));
  fleet_.send("first", SIGSTOP);
  const auto silence = machine_time();
  std::this_thread::sleep_for(40s);  // the sleep itself
  fleet_.send("first", SIGCONT);
  expect_that_all_ran_again(silence);
  fleet_.await_executors(2);
  EXPECT_TRUE(loses_all_containers(fleet_.cluster()));
}

TEST_F(LeaseRun, AnExecutorThatIsBackWithinItsLeaseLosesNothing) {
  run_jobs_on_the_first("unix://" + std::string(docker_socket));
  fleet_.kill("first");
  fleet_.restart("first");
  EXPECT_EQ(fleet_.berth({"wait", "1-10"}, 120s).code, 0) << fleet_.last_words();
  for (const auto& [job, attempts] : lives()) {
    ASSERT_EQ(attempts.size(), 1u) << "job " << job;
    EXPECT_TRUE(attempts[0].has_ended);
  }
}

}  // namespace
}  // namespace berth::test
