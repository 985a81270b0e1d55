// What only the real thing can show: Docker's own words, bytes, limits, and a daemon that loses answers or
// goes away.
#include "tests/contract/runtime_fixture.hpp"
#include "tests/support/fleet.hpp"
#include "tests/support/own_docker.hpp"
#include "tests/support/socket_proxy.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace berth::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class DockerRuntimeTest : public RuntimeTest {
 protected:
  void SetUp() override { use_docker(); }
};

// --- endings ---

TEST_F(DockerRuntimeTest, ACommandThatIsNotInTheImageIsAFailedStart) {
  const auto wanted = spec({"no-such-command"});
  ASSERT_TRUE(run(runtime_->create(wanted)));
  const auto started = run(runtime_->start(wanted, at_once));
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().kind, ErrorKind::refused);
  EXPECT_EQ(started.error().message, "the command can't be executed: No such file or directory");
  const auto state = run(runtime_->wait(wanted.identity));
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_EQ(state->error, started.error().message) << "whoever comes later hears it too";
}

TEST_F(DockerRuntimeTest, AFileThatIsNoProgramIsAFailedStart) {
  const auto wanted = spec({"/etc"});
  ASSERT_TRUE(run(runtime_->create(wanted)));
  EXPECT_EQ(run(runtime_->start(wanted, at_once)).error().message,
            "the command can't be executed: Permission denied");
}

TEST_F(DockerRuntimeTest, AProgramThatExitsWith127IsNotAFailedStart) {
  const auto state = outcome_of(shell("exit 127"));
  EXPECT_EQ(state.exit_code, 127);
  EXPECT_EQ(state.error, "");
}

TEST_F(DockerRuntimeTest, AStartThatDockerRefusesComesInItsOwnWords) {
  auto wanted = spec({"true"});
  wanted.definition.user = "nosuchuser";
  ASSERT_TRUE(run(runtime_->create(wanted)));
  const auto started = run(runtime_->start(wanted, at_once));
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().kind, ErrorKind::refused);
  EXPECT_THAT(started.error().message, HasSubstr("unable to find user nosuchuser"));
  const auto state = run(runtime_->inspect(wanted.identity)).value();
  EXPECT_EQ(state.phase, ContainerPhase::created) << "a failed start is no exit";
  EXPECT_THAT(state.error, HasSubstr("nosuchuser"));
}

TEST_F(DockerRuntimeTest, AMountOfAMissingDirectoryIsRefusedAndMakesNoDirectory) {
  auto wanted = spec({"true"});
  wanted.definition.volumes = {{"/nonexistent/berth", "/data", false}};
  const auto created = run(runtime_->create(wanted));
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().kind, ErrorKind::refused);
  EXPECT_THAT(created.error().message, HasSubstr("/nonexistent/berth"));
}

// What the kernel counts of containers that run: of those that were started here, and of those that were
// found.
TEST_F(DockerRuntimeTest, TellsWhatRunningContainersUse) {
  const auto busy = shell("while :; do :; done", 1);
  const auto quiet = shell("sleep 60", 2);
  create_and_start(busy);
  create_and_start(quiet);
  const std::vector<ContainerIdentity> both{busy.identity, quiet.identity};
  const auto look_until_used = [&] {
    await([&] {
      const auto counted = run(runtime_->counters(both)).value();
      return counted.size() == 2 && counted[0].cpu_time > 300ms;
    });
  };
  look_until_used();
  const auto counted = run(runtime_->counters(both)).value();
  ASSERT_EQ(counted.size(), 2u);
  EXPECT_EQ(counted[0].attempt, (AttemptKey{JobId{1}, 1}));
  EXPECT_LT(counted[1].cpu_time, counted[0].cpu_time);
  for (const auto& container : counted) {
    EXPECT_GT(container.memory, Bytes{0});
    EXPECT_LE(container.memory, 64_MiB);
  }
  connect();  // as the next executor
  EXPECT_TRUE(run(runtime_->counters(both)).value().empty()) << "it hasn't looked at any container yet";
  ASSERT_TRUE(run(runtime_->list(cluster_, "here")));
  look_until_used();
  ASSERT_TRUE(run(runtime_->remove(quiet.identity)));
  EXPECT_EQ(run(runtime_->counters(both)).value().size(), 1u);
}

TEST_F(DockerRuntimeTest, KilledForMemoryIsFlagged) {
  auto wanted = shell("x=$(head -c 60000000 /dev/zero | tr '\\0' x); echo survived ${#x}");
  wanted.definition.resources.memory = 16_MiB;
  const auto state = outcome_of(wanted);
  EXPECT_TRUE(state.oom_killed);
}

// moby#15621, nomad#13119: a child was killed, and its parent went on and succeeded.
TEST_F(DockerRuntimeTest, AChildKilledForMemoryIsFlaggedAndTheCodeStands) {
  // The child asks for it: while what was killed still holds its memory, the kernel may look for another.
  auto wanted = shell(
      "sh -c 'echo 1000 >/proc/self/oom_score_adj; x=$(head -c 60000000 /dev/zero | tr \"\\\\0\" x); echo "
      "${#x}'; exit 0");
  wanted.definition.resources.memory = 16_MiB;
  const auto state = outcome_of(wanted);
  EXPECT_TRUE(state.oom_killed);
  EXPECT_EQ(state.exit_code, 0);
}

TEST_F(DockerRuntimeTest, SigtermReachesAProcessThatHasNoHandlerOfItsOwn) {
  const auto wanted = spec({"sleep", "600"});
  create_and_start(wanted);
  const auto waiting = begin(runtime_->wait(wanted.identity));
  ASSERT_TRUE(run(runtime_->kill(wanted.identity, "SIGTERM")));
  run_until([&] { return waiting->has_value(); });
  EXPECT_EQ(waiting->value().value().exit_code, 143);
  EXPECT_EQ(waiting->value().value().signal, SIGTERM);
}

// --- images ---

TEST_F(DockerRuntimeTest, AnImageThatDoesNotExist) {
  auto wanted = spec({"true"});
  wanted.definition.image = "registry.invalid/no/such-image:1";
  EXPECT_FALSE(run(runtime_->has_image(wanted.definition.image)).value());
  EXPECT_EQ(run(runtime_->create(wanted)).error().kind, ErrorKind::not_found);
}

TEST_F(DockerRuntimeTest, AReferenceThatIsNotOneIsAnImageThatDoesNotExist) {
  EXPECT_FALSE(run(runtime_->has_image("Not/A/Reference")).value());
  const auto pulled = run(runtime_->pull("Not/A/Reference", nullptr));
  ASSERT_FALSE(pulled);
  EXPECT_EQ(pulled.error().kind, ErrorKind::not_found);
  EXPECT_THAT(pulled.error().message, HasSubstr("must be lowercase"));
}

TEST_F(DockerRuntimeTest, ARegistryThatRefusesConnectionsIsUnavailableForAllWhoAsk) {
  const std::string image = "127.0.0.1:1/no/registry";
  const auto first = begin(runtime_->pull(image, nullptr));
  const auto second = begin(runtime_->pull(image, nullptr));
  run_until([&] { return first->has_value() && second->has_value(); });
  for (const auto& pulled : {first->value(), second->value()}) {
    ASSERT_FALSE(pulled);
    EXPECT_EQ(pulled.error().kind, ErrorKind::unavailable);
    EXPECT_THAT(pulled.error().message, HasSubstr("connection refused"));
  }
}

// --- output ---

TEST_F(DockerRuntimeTest, EveryByteValueComesBackWithNulAndWithoutLastNewline) {
  std::string script = "printf '";
  std::string expected;
  for (int value = 0; value < 256; ++value) {
    const char octal[] = {'\\', static_cast<char>('0' + value / 64), static_cast<char>('0' + value / 8 % 8),
                          static_cast<char>('0' + value % 8)};
    script.append(octal, sizeof octal);
    expected += static_cast<char>(value);
  }
  EXPECT_EQ(output_of(shell(script + "'")), expected);
}

TEST_F(DockerRuntimeTest, TheTwoStreamsAreKeptApart) {
  const auto wanted = shell("for i in 1 2 3; do echo out $i; echo err $i >&2; done");
  outcome_of(wanted);
  auto output = output_of(wanted.identity);
  EXPECT_EQ(output.by_stream[LogStream::out], "out 1\nout 2\nout 3\n");
  EXPECT_EQ(output.by_stream[LogStream::err], "err 1\nerr 2\nerr 3\n");
}

TEST_F(DockerRuntimeTest, ASinkThatFailsEndsTheCopy) {
  class Full final : public LogSink {
    Task<Result<>> write(LogStream, std::string_view) override {
      co_return Error{ErrorKind::refused, "full"};
    }
  };
  const auto wanted = shell("echo hello");
  outcome_of(wanted);
  Full sink;
  EXPECT_EQ(run(runtime_->copy_logs(wanted.identity, 0, sink)).error().message, "full");
}

// --- what the definition asks for is what the process gets ---

TEST_F(DockerRuntimeTest, EnvironmentUserAndDirectory) {
  auto wanted = shell("echo $GREETING; echo $BERTH_JOB_ID; id -u; pwd");
  wanted.definition.env = {{"GREETING", "hello world"}};
  wanted.berth_env = {{"BERTH_JOB_ID", "1"}};
  wanted.definition.user = "65534";
  wanted.definition.working_dir = "/tmp";
  EXPECT_EQ(output_of(wanted), "hello world\n1\n65534\n/tmp\n");
}

TEST_F(DockerRuntimeTest, EntrypointReplacesTheImagesAndCommandFollows) {
  auto wanted = spec({"a b", "c"}, 1);
  wanted.definition.entrypoint = {{"printf", "<%s>"}};
  EXPECT_EQ(output_of(wanted), "<a b><c>");
  auto cleared = spec({"echo", "plain"}, 2);
  cleared.definition.entrypoint = std::vector<std::string>{};
  EXPECT_EQ(output_of(cleared), "plain\n");
}

TEST_F(DockerRuntimeTest, LimitsAreInForceInside) {
  auto wanted = shell(
      "ulimit -n; df -k /dev/shm | tail -1 | awk '{print $2}'; touch /x 2>&1; grep -c . /proc/net/route; "
      "grep -E 'NoNewPrivs' /proc/self/status; mkdir /dev/shm/m && mount -t tmpfs none /dev/shm/m 2>&1");
  wanted.definition.ulimits = {{"nofile", {100, 200}}};
  wanted.definition.shm_size = 8_MiB;
  wanted.definition.read_only = true;
  EXPECT_THAT(output_of(wanted),
              ::testing::MatchesRegex("100\n8192\ntouch: /x: Read-only file system\n1\nNoNewPrivs:\t1\n"
                                      "mount: .*(denied|permitted|root).*\n"));
}

TEST_F(DockerRuntimeTest, MoreCoresThanThereAreAreCutToWhatThereIs) {
  auto wanted = spec({"true"});
  wanted.definition.resources.cpu = Millicores{1'024'000};
  EXPECT_EQ(outcome_of(wanted).exit_code, 0);
}

TEST_F(DockerRuntimeTest, TellsWhichImagesAreThere) {
  const auto info = run(runtime_->probe());
  const auto& images = info.images;
  EXPECT_EQ(info.image_sizes.size(), images.size());
  EXPECT_THAT(images, testing::Contains("docker.io/library/busybox:latest"));
  EXPECT_TRUE(std::is_sorted(images.begin(), images.end()));
}

// --- a daemon that misbehaves ---

class DockerBehindProxy : public RuntimeTest {
 protected:
  void SetUp() override {
    proxy_ = std::make_unique<SocketProxy>(io_, docker_socket);
    use_docker(proxy_->path());
  }
  void TearDown() override {
    use_docker();
    RuntimeTest::TearDown();
    run(proxy_->stop());
  }
  std::unique_ptr<SocketProxy> proxy_;
};

TEST_F(DockerBehindProxy, ACreateWhoseAnswerWasLostIsFoundAgainNotMadeTwice) {
  auto wanted = spec({"exit 4"});
  wanted.definition.entrypoint = {{"sh", "-c"}};  // so that the create is its first call
  ASSERT_TRUE(run(runtime_->probe()).healthy);
  proxy_->swallow_answers();
  const auto lost = begin(runtime_->create(wanted));
  run_until([&] { return proxy_->swallowed() > 0; });
  proxy_->cut();
  run_until([&] { return lost->has_value(); });
  ASSERT_FALSE(lost->value());
  EXPECT_TRUE(is_transient(lost->value().error())) << "whether it took effect is unknown";

  use_docker();
  EXPECT_EQ(run(runtime_->list(cluster_, "here")).value().size(), 1u) << "it did take effect";
  EXPECT_EQ(outcome_of(wanted).exit_code, 4);
  EXPECT_EQ(run(runtime_->list(cluster_, "here")).value().size(), 1u);
}

TEST_F(DockerBehindProxy, AStartWhoseAnswerWasLostIsNotRepeated) {
  const auto wanted = shell("echo once");
  ASSERT_TRUE(run(runtime_->create(wanted)));
  proxy_->swallow_answers();
  const auto lost = begin(runtime_->start(wanted, at_once));
  run_until([&] { return proxy_->swallowed() > 0; });
  proxy_->cut();
  run_until([&] { return lost->has_value(); });
  EXPECT_FALSE(lost->value());

  use_docker();
  EXPECT_EQ(run(runtime_->inspect(wanted.identity)).value().phase, ContainerPhase::created)
      << "the container runs, and waits for the word that its process may begin";
  EXPECT_TRUE(run(runtime_->start(wanted, at_once)));
  EXPECT_EQ(run(runtime_->wait(wanted.identity)).value().exit_code, 0);
  EXPECT_EQ(output_of(wanted.identity).all, "once\n");
}

TEST_F(DockerBehindProxy, AHungCallHoldsUpNoOther) {
  const auto wanted = spec({"sleep", "600"});
  create_and_start(wanted);
  proxy_->swallow_answers();
  const auto stuck = begin(runtime_->inspect(wanted.identity));
  run_until([&] { return proxy_->swallowed() > 0; });
  proxy_->pass_answers();
  const auto state = run(runtime_->inspect(wanted.identity));
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_EQ(state->phase, ContainerPhase::running);
  EXPECT_FALSE(stuck->has_value());
  proxy_->cut();
  run_until([&] { return stuck->has_value(); });
}

TEST_F(DockerBehindProxy, ContactLostDuringTheWaitIsUnavailableAndTheNextWaitTellsTheTruth) {
  const auto wanted = shell("sleep 600; exit 3");
  create_and_start(wanted);
  const auto waiting = begin(runtime_->wait(wanted.identity));
  ASSERT_TRUE(run(runtime_->inspect(wanted.identity)));
  proxy_->cut();
  run_until([&] { return waiting->has_value(); });
  ASSERT_FALSE(waiting->value());
  EXPECT_EQ(waiting->value().error().kind, ErrorKind::unavailable);
  EXPECT_THAT(waiting->value().error().message, HasSubstr(proxy_->path()));

  // The executor comes back, and the container has been killed meanwhile.
  use_docker();
  ASSERT_TRUE(run(runtime_->kill(wanted.identity, "SIGKILL")));
  EXPECT_EQ(run(runtime_->wait(wanted.identity)).value().exit_code, 137);
}

TEST_F(DockerBehindProxy, ADaemonThatIsNotThereIsNamedWithWhatToDo) {
  proxy_->cut();
  const auto info = run(runtime_->probe());
  EXPECT_FALSE(info.healthy);
  EXPECT_THAT(info.message, HasSubstr("Docker doesn't answer at unix://" + proxy_->path()));
  EXPECT_THAT(info.message, HasSubstr("Is the daemon running"));
  EXPECT_EQ(run(runtime_->create(spec({"true"}))).error().kind, ErrorKind::unavailable);
}

// A daemon that may be killed, while what runs in it goes on.
class DockerThatDies : public RuntimeTest {
 protected:
  void SetUp() override { use_docker(docker_.host().substr(std::string("unix://").size())); }

  OwnDocker docker_;
};

// Docker has no part in it.
TEST_F(DockerThatDies, WhatAProcessWritesWhileItIsAwayIsThereAtOnce) {
  const auto wanted = shell("echo before; sleep 2; echo after; sleep 600");
  create_and_start(wanted);
  auto& sink = new_sink();
  const auto copied = begin(runtime_->copy_logs(wanted.identity, 0, sink));
  docker_.kill();
  run_until([&] { return sink.all == "before\nafter\n"; });
  docker_.start();  // which kills what still runs
  run_until([&] { return copied->has_value(); });
  EXPECT_TRUE(copied->value()) << copied->value().error().message;
}

}  // namespace
}  // namespace berth::test
