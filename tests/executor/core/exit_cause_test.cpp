// Endings as the runtime tells them, and the causes that they are.
#include "executor/core/exit_cause.hpp"

#include <gtest/gtest.h>

namespace berth {
namespace {

ContainerView exited_with(std::optional<int> code, bool oom = false) {
  ContainerView view;
  view.phase = ContainerView::Phase::exited;
  view.exit_code = code;
  view.oom_killed = oom;
  view.finished_at = WallTime{9};
  return view;
}

lifecycle::Outcome judge(const ContainerView& view, std::optional<StopCause> stopped = std::nullopt) {
  return judge_exit(view, stopped, 256_MiB, WallTime{10});
}

TEST(ExitCause, a_code_is_an_exit) {
  EXPECT_EQ(judge(exited_with(0)).cause, Cause::exit);
  EXPECT_EQ(judge(exited_with(7)).cause, Cause::exit);
  EXPECT_EQ(judge(exited_with(200)).cause, Cause::exit);
  EXPECT_EQ(judge(exited_with(7)).finished_at, WallTime{9});
}

TEST(ExitCause, a_code_above_128_does_not_prove_a_signal) {
  const auto outcome = judge(exited_with(139));
  EXPECT_EQ(outcome.cause, Cause::exit) << "it may have called exit(139)";
  EXPECT_FALSE(outcome.signal.has_value());
  EXPECT_EQ(outcome.exit_code, 139);
  EXPECT_EQ(outcome.message, "exited with code 139, as after SIGSEGV");
  EXPECT_EQ(judge(exited_with(128)).cause, Cause::exit);
  EXPECT_EQ(judge(exited_with(255)).cause, Cause::exit);
}

TEST(ExitCause, a_signal_that_was_seen_is_named) {
  auto view = exited_with(143);
  view.signal = 15;
  EXPECT_EQ(judge(view).cause, Cause::signal);
  EXPECT_EQ(judge(view).signal, "SIGTERM");
  EXPECT_EQ(judge(view).message, "ended by SIGTERM");
  view.oom_killed = true;
  EXPECT_EQ(judge(view).cause, Cause::oom);
}

TEST(ExitCause, a_container_that_ended_with_the_lease_was_lost) {
  auto view = exited_with(137);
  view.signal = 9;
  view.is_lease_over = true;
  EXPECT_EQ(judge(view).cause, Cause::executor_lost);
  EXPECT_EQ(judge(view, StopCause{Cause::aborted, "enough"}).cause, Cause::aborted);
}

TEST(ExitCause, stop_signals_have_numbers) {
  EXPECT_EQ(signal_number("SIGTERM"), 15);
  EXPECT_EQ(signal_number("SIGIO"), 29);
  EXPECT_EQ(signal_number("12"), 12);
  EXPECT_EQ(signal_number("SIGNOT"), std::nullopt);
  EXPECT_EQ(signal_number(""), std::nullopt);
}

TEST(ExitCause, nobody_saw_it) { EXPECT_EQ(judge(exited_with(std::nullopt)).cause, Cause::exit_unknown); }

TEST(ExitCause, what_it_used_goes_with_every_ending) {
  auto view = exited_with(0);
  view.peak_memory = 96_MiB;
  view.cpu_time = Milliseconds{1'500};
  EXPECT_EQ(judge(view).peak_memory, 96_MiB);
  EXPECT_EQ(judge(view).cpu_time, Milliseconds{1'500});
  EXPECT_EQ(judge(view, StopCause{Cause::timeout, "too long"}).cpu_time, Milliseconds{1'500});
  EXPECT_EQ(judge(exited_with(0)).cpu_time, std::nullopt) << "not known is not none";
}

// moby#15621, nomad#13119: a child is killed for memory, and the job goes on.
TEST(ExitCause, oom_is_a_flag_apart_and_the_cause_only_when_the_job_failed) {
  const auto survived = judge(exited_with(0, true));
  EXPECT_EQ(survived.cause, Cause::exit);
  EXPECT_TRUE(survived.oom_killed);
  EXPECT_EQ(survived.message,
            "one of its processes was killed: memory limit was 256MiB: try --memory 512MiB");
  auto view = exited_with(137, true);
  view.signal = 9;
  view.peak_memory = 256_MiB;
  const auto killed = judge(view);
  EXPECT_EQ(killed.cause, Cause::oom);
  EXPECT_EQ(killed.signal, "SIGKILL");
  EXPECT_EQ(killed.message, "killed: memory limit was 256MiB, peak 256MiB: try --memory 512MiB");
}

TEST(ExitCause, what_we_stopped_ended_because_of_it) {
  const auto outcome = judge(exited_with(0), StopCause{Cause::timeout, "too long"});
  EXPECT_EQ(outcome.cause, Cause::timeout);
  EXPECT_EQ(outcome.message, "too long");
  EXPECT_EQ(outcome.exit_code, 0);
}

TEST(ExitCause, a_failed_start_has_docker_runs_exit_code) {
  EXPECT_EQ(judge_failed_start("exec: \"x\": executable file not found in $PATH", {}).exit_code, 127);
  EXPECT_EQ(judge_failed_start("stat /x: no such file or directory", {}).exit_code, 127);
  EXPECT_EQ(judge_failed_start("exec /etc/passwd: Permission denied", {}).exit_code, 126);
  EXPECT_EQ(judge_failed_start("bad mount", {}).exit_code, std::nullopt);
  auto view = exited_with(127);
  view.error = "exec format error";
  EXPECT_EQ(judge(view).cause, Cause::start);
  EXPECT_EQ(judge(view).exit_code, 126);
}

}  // namespace
}  // namespace berth
