// The contract of the container runtime: one suite, against Docker and against the simulation of it.
#include "tests/contract/runtime_fixture.hpp"

namespace berth::test {
namespace {

using namespace std::chrono_literals;

enum class RuntimeKind { docker, simulated };

class RuntimeContract : public RuntimeTest, public ::testing::WithParamInterface<RuntimeKind> {
 protected:
  void SetUp() override {
    if (GetParam() == RuntimeKind::docker) {
      use_docker();
    } else {
      use_simulated();
    }
  }

  // A container that does the same in both: writes so many dots, lives for so long, and exits.
  ContainerSpec container(Milliseconds run, int exit_code, int output = 0, std::uint64_t job = 1) const {
    const auto seconds = std::to_string(run.count() / 1000) + "." + std::to_string(run.count() % 1000 / 100);
    auto out =
        shell("trap 'exit 143' TERM; head -c " + std::to_string(output) + " /dev/zero | tr '\\0' .; sleep " +
                  seconds + " & wait; exit " + std::to_string(exit_code),
              job);
    out.definition.env = {{"SIMULATE_RUN", to_string(run)},
                          {"SIMULATE_EXIT", std::to_string(exit_code)},
                          {"SIMULATE_OUTPUT", std::to_string(output)}};
    return out;
  }
};

INSTANTIATE_TEST_SUITE_P(Runtimes, RuntimeContract,
                         ::testing::Values(RuntimeKind::docker, RuntimeKind::simulated),
                         [](const auto& info) {
                           return info.param == RuntimeKind::docker ? "Docker" : "Simulated";
                         });

TEST_P(RuntimeContract, SaysWhatItIs) {
  const auto info = run(runtime_->probe());
  EXPECT_EQ(info.name, GetParam() == RuntimeKind::docker ? "docker" : "simulated");
  EXPECT_TRUE(info.healthy) << info.message;
  EXPECT_FALSE(info.version.empty());
}

TEST_P(RuntimeContract, AWholeLifeFromCreateToGone) {
  const auto wanted = container(0ms, 7);
  ASSERT_TRUE(run(runtime_->has_image(wanted.definition.image)).value());
  ASSERT_TRUE(run(runtime_->create(wanted)));
  EXPECT_EQ(run(runtime_->inspect(wanted.identity)).value().phase, ContainerPhase::created);
  ASSERT_TRUE(run(runtime_->start(wanted, at_once)));

  const auto state = run(runtime_->wait(wanted.identity)).value();
  EXPECT_EQ(state.phase, ContainerPhase::exited);
  EXPECT_EQ(state.exit_code, 7);
  EXPECT_FALSE(state.oom_killed);
  EXPECT_EQ(state.error, "");
  ASSERT_TRUE(state.started_at && state.finished_at);
  EXPECT_GE(*state.finished_at, *state.started_at);
  EXPECT_EQ(state.identity, wanted.identity);

  ASSERT_TRUE(run(runtime_->remove(wanted.identity)));
  EXPECT_EQ(run(runtime_->inspect(wanted.identity)).error().kind, ErrorKind::not_found);
}

TEST_P(RuntimeContract, ACreateThatIsRepeatedFindsTheSameContainer) {
  const auto wanted = container(0ms, 3);
  ASSERT_TRUE(run(runtime_->create(wanted)));
  EXPECT_TRUE(run(runtime_->create(wanted)));
  EXPECT_EQ(run(runtime_->list(cluster_, "here")).value().size(), 1u);
}

TEST_P(RuntimeContract, ACreateNeverTakesSomebodyElsesContainer) {
  auto theirs = container(0ms, 0);
  theirs.identity.executor = "elsewhere";
  ASSERT_TRUE(run(runtime_->create(theirs)));
  const auto mine = run(runtime_->create(container(0ms, 0)));
  ASSERT_FALSE(mine);
  EXPECT_EQ(mine.error().kind, ErrorKind::conflict);
  EXPECT_NE(mine.error().message.find("elsewhere"), std::string::npos);
}

TEST_P(RuntimeContract, AStartThatIsRepeatedNeverRunsItASecondTime) {
  const auto wanted = container(0ms, 5, 1);
  const auto first = outcome_of(wanted);
  EXPECT_TRUE(run(runtime_->start(wanted, at_once)));
  const auto second = run(runtime_->wait(wanted.identity)).value();
  EXPECT_EQ(second.started_at, first.started_at);
  EXPECT_EQ(second.exit_code, 5);
  EXPECT_EQ(output_of(wanted.identity).all, ".");
}

TEST_P(RuntimeContract, WaitingForWhatWasNeverStartedIsAConflict) {
  const auto wanted = container(0ms, 0);
  ASSERT_TRUE(run(runtime_->create(wanted)));
  EXPECT_EQ(run(runtime_->wait(wanted.identity)).error().kind, ErrorKind::conflict);
}

TEST_P(RuntimeContract, WhatDoesNotExistIsNotFound) {
  EXPECT_EQ(run(runtime_->start(shell(""), at_once)).error().kind, ErrorKind::not_found);
  EXPECT_EQ(run(runtime_->wait(identity())).error().kind, ErrorKind::not_found);
  EXPECT_EQ(run(runtime_->kill(identity(), "SIGTERM")).error().kind, ErrorKind::not_found);
  EXPECT_EQ(run(runtime_->inspect(identity())).error().kind, ErrorKind::not_found);
  EXPECT_EQ(run(runtime_->copy_logs(identity(), 0, new_sink())).error().kind, ErrorKind::not_found);
  EXPECT_TRUE(run(runtime_->remove(identity()))) << "gone is what remove is for";
}

TEST_P(RuntimeContract, ASignalEndsItAndTheWaitSeesIt) {
  const auto wanted = container(600s, 0);
  create_and_start(wanted);
  const auto waiting = begin(runtime_->wait(wanted.identity));
  ASSERT_TRUE(run(runtime_->kill(wanted.identity, "SIGKILL")));
  run_until([&] { return waiting->has_value(); });
  EXPECT_EQ(waiting->value().value().exit_code, 137);
}

TEST_P(RuntimeContract, ASignalToWhatDoesNotRunIsAConflict) {
  const auto wanted = container(0ms, 0);
  ASSERT_TRUE(run(runtime_->create(wanted)));
  EXPECT_EQ(run(runtime_->kill(wanted.identity, "SIGTERM")).error().kind, ErrorKind::conflict);
  ASSERT_TRUE(run(runtime_->start(wanted, at_once)));
  ASSERT_TRUE(run(runtime_->wait(wanted.identity)));
  EXPECT_EQ(run(runtime_->kill(wanted.identity, "SIGTERM")).error().kind, ErrorKind::conflict);
}

TEST_P(RuntimeContract, RemoveEndsWhatStillRuns) {
  const auto wanted = container(600s, 0);
  create_and_start(wanted);
  const auto waiting = begin(runtime_->wait(wanted.identity));
  ASSERT_TRUE(run(runtime_->remove(wanted.identity)));
  run_until([&] { return waiting->has_value(); });
  EXPECT_EQ(run(runtime_->inspect(wanted.identity)).error().kind, ErrorKind::not_found);
}

TEST_P(RuntimeContract, ListsItsOwnInEveryPhase) {
  const auto created = container(0ms, 0, 0, 1);
  const auto running = container(600s, 0, 0, 2);
  const auto exited = container(0ms, 9, 0, 3);
  auto foreign = container(0ms, 0, 0, 4);
  foreign.identity.executor = "elsewhere";
  ASSERT_TRUE(run(runtime_->create(created)));
  ASSERT_TRUE(run(runtime_->create(foreign)));
  create_and_start(running);
  outcome_of(exited);

  std::map<std::uint64_t, ContainerState> found;
  for (auto& state : run(runtime_->list(cluster_, "here")).value()) found[state.identity.job.value] = state;
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[1].phase, ContainerPhase::created);
  EXPECT_EQ(found[2].phase, ContainerPhase::running);
  EXPECT_EQ(found[3].phase, ContainerPhase::exited);
  EXPECT_EQ(found[3].exit_code, 9);
  EXPECT_TRUE(run(runtime_->list("another-cluster", "here")).value().empty());
}

TEST_P(RuntimeContract, OutputIsCompleteWhenTheContainerHasEnded) {
  const auto wanted = container(0ms, 0, 200'000);
  create_and_start(wanted);
  EXPECT_EQ(output_of(wanted.identity).all, std::string(200'000, '.')) << "followed";
  EXPECT_EQ(output_of(wanted.identity).all, std::string(200'000, '.')) << "afterwards";
  EXPECT_EQ(output_of(wanted.identity, 199'990).all, std::string(10, '.')) << "from an offset";
  EXPECT_EQ(output_of(wanted.identity, 200'000).all, "") << "from the end";
}

TEST_P(RuntimeContract, OutputIsThereWhileItRuns) {
  constexpr int buffer = 100;
  const auto wanted = container(600s, 0, buffer);
  create_and_start(wanted);
  auto& sink = new_sink();
  const auto following = begin(runtime_->copy_logs(wanted.identity, 0, sink));
  run_until([&] { return sink.all.size() == buffer; });
  EXPECT_FALSE(following->has_value());
  ASSERT_TRUE(run(runtime_->kill(wanted.identity, "SIGKILL")));
  run_until([&] { return following->has_value(); });
  EXPECT_TRUE(following->value());
}

}  // namespace
}  // namespace berth::test
