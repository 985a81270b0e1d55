#include "cli/exit_code.hpp"

#include <gtest/gtest.h>

namespace berth::cli {
namespace {

Job ended(JobStatus status, Cause cause, std::optional<int> code = std::nullopt) {
  Job job;
  job.id = JobId{7};
  job.status = status;
  job.cause = cause;
  job.exit_code = code;
  return job;
}

TEST(ExitCode, IsTheJobsOwn) {
  EXPECT_EQ(exit_code_for(ended(JobStatus::succeeded, Cause::exit, 0)), 0);
  EXPECT_EQ(exit_code_for(ended(JobStatus::failed, Cause::exit, 7)), 7);
  EXPECT_EQ(exit_code_for(ended(JobStatus::failed, Cause::oom, 137)), 137);
}

TEST(ExitCode, OfASignalIs128AndItsNumber) {
  auto job = ended(JobStatus::failed, Cause::signal);
  job.signal = "SIGSEGV";
  EXPECT_EQ(exit_code_for(job), 139);
  job.signal = "SIGTERM";
  EXPECT_EQ(exit_code_for(job), 143);
}

TEST(ExitCode, OfACommandThatCannotRunIsDockers) {
  auto job = ended(JobStatus::failed, Cause::start);
  job.message = "exec: \"frob\": executable file not found in $PATH: unknown";
  EXPECT_EQ(exit_code_for(job), 127);
  job.message = "exec: \"/etc/passwd\": permission denied: unknown";
  EXPECT_EQ(exit_code_for(job), 126);
  job.message = "the volume isn't allowed";
  EXPECT_EQ(exit_code_for(job), 125);
  job.exit_code = 127;
  EXPECT_EQ(exit_code_for(job), 127) << "what the runtime itself said goes first";
}

TEST(ExitCode, IsNeverZeroUnlessItSucceeded) {
  // A process may answer SIGTERM with exit 0.
  EXPECT_EQ(exit_code_for(ended(JobStatus::aborted, Cause::aborted, 0)), 125);
  EXPECT_EQ(exit_code_for(ended(JobStatus::failed, Cause::timeout, 0)), 125);
  EXPECT_EQ(exit_code_for(ended(JobStatus::failed, Cause::exit_unknown)), 125);
  for (const auto& [cause, name] : EnumNames<Cause>::names) {
    EXPECT_NE(exit_code_for(ended(JobStatus::failed, cause, 0)), 0) << name;
  }
}

TEST(ExitCode, TellsTheKindsOfErrorApart) {
  const Error unreachable = unavailable("x");
  const Error missing{ErrorKind::not_found, "x"};
  EXPECT_EQ(exit_code_for(unreachable), 3);
  EXPECT_EQ(exit_code_for(missing), 4);
  EXPECT_EQ(exit_code_for(invalid("x")), 1);
  EXPECT_EQ(exit_code_for_job_verb(unreachable), 125) << "3 would look like the job's own";
  EXPECT_EQ(exit_code_for_job_verb(invalid("x")), 125);
  EXPECT_EQ(exit_code_for_job_verb(missing), 4);
}

TEST(UnusualEnding, IsSilentWhenTheProcessSimplyExited) {
  EXPECT_FALSE(unusual_ending(ended(JobStatus::succeeded, Cause::exit, 0)));
  EXPECT_FALSE(unusual_ending(ended(JobStatus::failed, Cause::exit, 7)));
}

TEST(UnusualEnding, IsOneEscapedLineOtherwise) {
  auto job = ended(JobStatus::failed, Cause::image_not_found);
  job.message = "no such image: nope\nreally";
  EXPECT_EQ(unusual_ending(job), "job 7 FAILED (IMAGE_NOT_FOUND): no such image: nope\\nreally");
  job = ended(JobStatus::aborted, Cause::aborted, 143);
  job.message = "asked by ana";
  EXPECT_EQ(unusual_ending(job), "job 7 ABORTED: asked by ana");
}

}  // namespace
}  // namespace berth::cli
