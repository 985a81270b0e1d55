// berth-init as PID 1 of real containers: what it does for a job, and what a job can't do to it.
#include "executor/runtime/docker/wire.hpp"
#include "tests/contract/runtime_fixture.hpp"
#include "tests/support/berth_process.hpp"

#include <gmock/gmock.h>

#include <fcntl.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

namespace berth::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class Init : public RuntimeTest {
 protected:
  void SetUp() override { use_docker(); }

  std::string as_user(const std::string& user, const std::string& script) {
    auto wanted = shell(script, ++jobs_);
    wanted.definition.user = user;
    return output_of(wanted);
  }
  std::uint64_t jobs_ = 0;
};

// --- what the process is given ---

TEST_F(Init, TheProcessLooksAsIfDockerHadStartedIt) {
  auto wanted = shell(
      "echo $$; ls /proc/self/fd | wc -l; grep -E 'Sig(Blk|Ign)' /proc/self/status; "
      "echo $HOME; ls -A / | grep -c '^.berth$'");
  // ls itself has three descriptors and the one that it reads the directory through.
  EXPECT_THAT(output_of(wanted), ::testing::MatchesRegex("[2-9]\n4\nSigBlk:\t0+\nSigIgn:\t0+\n/root\n1\n"));
}

TEST_F(Init, ReapsWhatIsLeftToIt) {
  const auto wanted = shell(
      "for i in 1 2 3 4 5; do (sh -c 'sleep 0.2 & exit' ) ; done; sleep 0.6; "
      "grep -l '^State:.Z' /proc/[0-9]*/status | wc -l");
  EXPECT_EQ(output_of(wanted), "0\n");
}

TEST_F(Init, WorksForAnyUserOnAReadOnlyRootWithoutNetwork) {
  auto wanted = shell("id -u; touch /x 2>&1; exit 5");
  wanted.definition.user = "65534:65534";
  wanted.definition.read_only = true;
  const auto state = outcome_of(wanted);
  EXPECT_EQ(state.exit_code, 5);
  EXPECT_TRUE(state.cpu_time);
  EXPECT_EQ(output_of(wanted.identity).all, "65534\ntouch: /x: Read-only file system\n");
}

// Kernels before 5.19 don't keep it with cgroup v2.
TEST_F(Init, TellsThePeakOfTheWholeContainerOrNone) {
  const auto wanted = shell(
      "for i in 1 2; do dd if=/dev/zero bs=12M count=1 2>/dev/null | sleep 1 & done; wait; "
      "cd /sys/fs/cgroup && test -r memory.peak -o -r memory/memory.max_usage_in_bytes");
  const auto state = outcome_of(wanted);
  const bool is_kept = state.exit_code == 0;
  ASSERT_EQ(state.peak_memory.has_value(), is_kept);
  if (is_kept) {
    EXPECT_GT(*state.peak_memory, 20_MiB) << "not of its largest process alone";
  }
}

TEST_F(Init, RunsInAnImageThatHasNothingButTheProgram) {
  const TemporaryFolder folder;
  std::filesystem::copy_file("/bin/busybox", folder.path() / "busybox");
  const auto import =
      "tar -C " + folder.path().string() + " -c busybox | docker import - berth-test-scratch >&2";
  ASSERT_EQ(std::system(import.c_str()), 0);
  auto wanted = shell("");
  wanted.definition.image = "berth-test-scratch";
  wanted.definition.command = {"/busybox", "sh", "-c", "/busybox ls /; exit 7"};
  EXPECT_EQ(outcome_of(wanted).exit_code, 7);
  EXPECT_THAT(output_of(wanted.identity).all, HasSubstr("busybox\n"));
  EXPECT_EQ(std::system("docker rmi --force berth-test-scratch >&2"), 0);
}

// Of the version before pipes, which began what this one finds.
TEST_F(Init, AnExecutorThatGivesNoPipesHasTheOutputInDockersLog) {
  const auto wanted = shell("echo to Docker; exit 4");
  ASSERT_TRUE(run(runtime_->create(wanted)));
  const auto name = container_name(wanted.identity);
  const auto directory = state_.path() / "attempts" / name;
  auto link = docker::InitLink::listen(io_.get_executor(), directory);
  ASSERT_TRUE(link);
  ASSERT_EQ(std::system(("docker start " + name + " >&2").c_str()), 0);
  docker::Given given;
  given[berth_record] = FileDescriptor(::open((directory / "record").c_str(), O_WRONLY | O_CLOEXEC));
  auto go = docker::go_for(wanted.definition);
  go.version = 1;
  ASSERT_EQ(run(link->release(go, given, at_once, deadline_in(patience))).value(), 0);
  EXPECT_EQ(run(runtime_->wait(wanted.identity)).value().exit_code, 4);
  EXPECT_EQ(output_of(wanted.identity).all, "to Docker\n");
}

// --- endings ---

TEST_F(Init, ASignalIsKnownFromACodeThatLooksLikeOne) {
  const auto by_itself = outcome_of(shell("exit 137", 1));
  EXPECT_EQ(by_itself.exit_code, 137);
  EXPECT_EQ(by_itself.signal, std::nullopt);
  const auto by_signal = outcome_of(shell("kill -9 $$", 2));
  EXPECT_EQ(by_signal.exit_code, 137);
  EXPECT_EQ(by_signal.signal, SIGKILL);
}

// Its executor may be gone when somebody asks why it ended.
TEST_F(Init, WritesDownThatASignalCameFromOutside) {
  EXPECT_FALSE(outcome_of(shell("kill -TERM 1; sleep 5", 1)).is_signalled) << "its own";
  const auto wanted = shell("trap 'exit 0' TERM; while :; do sleep 0.1; done", 2);
  create_and_start(wanted);
  ASSERT_TRUE(run(runtime_->kill(wanted.identity, "SIGTERM")));
  connect();
  const auto state = run(runtime_->wait(wanted.identity)).value();
  EXPECT_EQ(state.exit_code, 0);
  EXPECT_TRUE(state.is_signalled);
}

TEST_F(Init, WhoeverKillsTheContainerFromOutsideIsNamedBySignal) {
  const auto wanted = spec({"sleep", "600"});
  create_and_start(wanted);
  ASSERT_TRUE(run(runtime_->kill(wanted.identity, "SIGKILL")));
  const auto state = run(runtime_->wait(wanted.identity)).value();
  EXPECT_EQ(state.exit_code, 137);
  EXPECT_EQ(state.signal, SIGKILL);
  EXPECT_TRUE(state.is_signalled);
}

TEST_F(Init, EndsTheJobAtItsTimeoutWithTimeToCleanUp) {
  auto wanted = shell("trap 'echo cleaning; exit 3' INT; echo ready; while :; do sleep 0.1; done");
  wanted.definition.timeout = 500ms;
  wanted.definition.stop_signal = "SIGINT";
  const auto state = outcome_of(wanted);
  EXPECT_EQ(state.ended_by, EndedBy::timeout);
  EXPECT_EQ(state.exit_code, 3);
  EXPECT_EQ(output_of(wanted.identity).all, "ready\ncleaning\n");
}

TEST_F(Init, AndByForceWhenThatIsOver) {
  auto wanted = shell("trap '' TERM; while :; do sleep 0.1; done");
  wanted.definition.timeout = 200ms;
  wanted.definition.stop_grace = 300ms;
  const auto state = outcome_of(wanted);
  EXPECT_EQ(state.ended_by, EndedBy::timeout);
  EXPECT_EQ(state.signal, SIGKILL);
}

// What was killed a moment ago nobody has waited for yet, and nobody ever waits for what is left behind.
TEST_F(Init, TellsTheCpuTimeOfAllItsProcesses) {
  const auto all = outcome_of(shell("i=0; while [ $i -lt 200000 ]; do i=$((i + 1)); done", 1));
  ASSERT_TRUE(all.cpu_time);
  EXPECT_GT(*all.cpu_time, 20ms);
  auto endless = shell("while :; do :; done", 2);
  endless.definition.timeout = 1s;
  endless.definition.stop_grace = 0s;
  const auto killed = outcome_of(endless);
  EXPECT_EQ(killed.ended_by, EndedBy::timeout);
  ASSERT_TRUE(killed.cpu_time);
  EXPECT_GT(*killed.cpu_time, 50ms);
  EXPECT_LT(*killed.cpu_time, 30s) << "its own, not the machine's";
}

// --- the lease ---

TEST_F(Init, EndsEverythingWhenTheLeaseIsOverAndNobodyIsThere) {
  const auto ends = clock_.boot() + 2s;
  runtime_->extend_lease(ends);
  const auto wanted = shell("setsid sleep 600 & trap '' TERM; sleep 600");
  create_and_start(wanted);
  runtime_.reset();  // the executor dies
  connect();
  const auto state = run(runtime_->wait(wanted.identity)).value();
  EXPECT_EQ(state.ended_by, EndedBy::lease);
  EXPECT_GE(clock_.boot(), ends);
  EXPECT_LT(clock_.boot(), ends + 1s);
}

// `berth up` leaves its containers an endless lease, and the next one takes it back.
TEST_F(Init, ALeaseThatIsCutShortIsNoticed) {
  const auto wanted = shell("sleep 600");
  create_and_start(wanted);
  runtime_->extend_lease(clock_.boot());
  EXPECT_EQ(run(runtime_->wait(wanted.identity)).value().ended_by, EndedBy::lease);
}

TEST_F(Init, ALeaseThatIsExtendedInTimeEndsNothing) {
  runtime_->extend_lease(clock_.boot() + 5s);  // in which it starts, on a busy machine too
  const auto wanted = shell("sleep 6; exit 4");
  create_and_start(wanted);
  runtime_->extend_lease(clock_.boot() + 1min);
  EXPECT_EQ(run(runtime_->wait(wanted.identity)).value().exit_code, 4);
}

TEST_F(Init, WithoutALeaseNothingStarts) {
  runtime_->extend_lease(clock_.boot());
  const auto wanted = shell("echo never");
  ASSERT_TRUE(run(runtime_->create(wanted)));
  EXPECT_FALSE(run(runtime_->start(wanted, at_once)));
  const auto state = run(runtime_->wait(wanted.identity)).value();
  EXPECT_EQ(state.ended_by, EndedBy::lease);
  EXPECT_EQ(output_of(wanted.identity).all, "");
}

// --- the word to begin ---

Task<Result<>> may_not_start() { co_return Error{ErrorKind::conflict, "it isn't wanted any more"}; }

TEST_F(Init, AProcessThatIsNotWantedAnyMoreNeverBegins) {
  const auto wanted = shell("echo never");
  ASSERT_TRUE(run(runtime_->create(wanted)));
  const auto started = run(runtime_->start(wanted, may_not_start));
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().kind, ErrorKind::conflict);
  EXPECT_EQ(run(runtime_->inspect(wanted.identity)).value().phase, ContainerPhase::created);
}

// --- a job that means harm ---

TEST_F(Init, SignalsToItAreSignalsToTheJob) {
  EXPECT_EQ(outcome_of(shell("kill -9 1; kill -STOP 1; sleep 0.2; exit 6", 1)).exit_code, 6);
  EXPECT_EQ(outcome_of(shell("kill -TERM 1; sleep 5", 2)).signal, SIGTERM);
}

TEST_F(Init, ItsRecordCanNeitherBeForgedNorFilledNorRemoved) {
  const std::string attack =
      "for f in /.berth/record /proc/1/fd/*; do "
      "echo 'ended 1 exit 0 itself 1 1 0' 2>/dev/null >$f; done; "
      "readlink /proc/1/fd/* | wc -l; "
      "rm -rf /.berth/record /.berth/lease 2>/dev/null; echo x >/.berth/new; mv /.berth /elsewhere; "
      "mount -o remount,rw /.berth; dd if=/dev/zero of=/.berth/record bs=1M count=100; exit 9";
  for (const auto* user : {"0", "65534"}) {
    auto wanted = shell("(" + attack + ") 2>/dev/null", ++jobs_);
    wanted.definition.user = user;
    const auto state = outcome_of(wanted);
    EXPECT_EQ(state.exit_code, 9) << user;
    EXPECT_EQ(output_of(wanted.identity).all, "0\n") << user;
  }
}

TEST_F(Init, NoTraceOrMemoryOfItCanBeReached) {
  const auto said = as_user("0", "cat /proc/1/environ /proc/1/mem 2>&1 >/dev/null | grep -c -i denied");
  EXPECT_EQ(said, "2\n");
}

}  // namespace
}  // namespace berth::test
