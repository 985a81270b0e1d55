// Output of real containers on its way: whole, whoever is away or killed meanwhile, and never more of it on
// the disk than may be.
#include "tests/contract/runtime_fixture.hpp"
#include "tests/support/fleet.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace berth::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

namespace fs = std::filesystem;

// "1\n2\n…"
std::string numbers_to(int last) {
  std::string all;
  for (int i = 1; i <= last; ++i) all += std::to_string(i) + "\n";
  return all;
}

// Takes nothing until it is told to, as a store that is away.
class Gate final : public LogSink {
 public:
  explicit Gate(asio::any_io_executor executor) : opened_(std::move(executor)) {}
  void open() {
    is_open_ = true;
    opened_.notify();
  }
  Task<Result<>> write(LogStream, std::string_view bytes) override {
    while (!is_open_) co_await opened_.wait();
    taken += bytes.size();
    co_return Result<>{};
  }
  std::uint64_t stored() const override { return left_out + taken; }
  void leave_out(std::uint64_t out, std::uint64_t err) override { left_out = out + err; }
  std::uint64_t left_out = 0;
  std::uint64_t taken = 0;

 private:
  bool is_open_ = false;
  Wakeup opened_;
};

class JobOutputTest : public RuntimeTest {
 protected:
  void SetUp() override { use_docker(); }

  // A job that goes on with the second part when it is told to.
  ContainerSpec in_two_parts(const std::string& first, const std::string& second) {
    auto wanted = shell(first + "; while [ ! -e /told/go ]; do sleep 0.02; done; " + second);
    wanted.definition.volumes.push_back({told_.path(), "/told"});
    return wanted;
  }
  void go_on() const { const auto made = told_.file("go", ""); }
  void executor_goes() { runtime_.reset(); }
  std::string record_of(const ContainerSpec& wanted) const {
    std::ifstream file(state_.path() / "attempts" / container_name(wanted.identity) / "record");
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
  void await_in_record(const ContainerSpec& wanted, const std::string& what) const {
    await([&] { return record_of(wanted).find(what) != std::string::npos; });
  }
  std::uintmax_t bytes_on_disk(const ContainerSpec& wanted) const {
    std::uintmax_t sum = 0;
    for (const auto& entry :
         fs::directory_iterator(state_.path() / "outputs" / container_name(wanted.identity)))
      if (entry.is_regular_file()) sum += entry.file_size();
    return sum;
  }

  TemporaryFolder told_;
};

TEST_F(JobOutputTest, OfAJobThatEndsWhileNoExecutorIsThereNothingIsMissing) {
  const auto wanted = in_two_parts("echo first", "echo last; echo complaint >&2; exit 3");
  create_and_start(wanted);
  executor_goes();
  go_on();
  await_in_record(wanted, "ended");
  connect();
  EXPECT_EQ(run(runtime_->wait(wanted.identity)).value().exit_code, 3);
  const auto output = output_of(wanted.identity);
  EXPECT_EQ(output.by_stream.at(LogStream::out), "first\nlast\n");
  EXPECT_EQ(output.by_stream.at(LogStream::err), "complaint\n");
  EXPECT_THAT(record_of(wanted), HasSubstr("emptied"));
}

TEST_F(JobOutputTest, AJobThatSaysMuchWaitsForAnExecutorThatIsAway) {
  const auto wanted = in_two_parts("seq 1 5000", "touch /told/goes_on; seq 5001 400000; touch /told/done");
  create_and_start(wanted);
  executor_goes();
  go_on();
  await([&] { return fs::exists(told_.path() / "goes_on"); });
  connect();
  EXPECT_FALSE(fs::exists(told_.path() / "done"));
  // An executor looks at its containers when it comes back: from then on the job goes on.
  ASSERT_EQ(run(runtime_->list(cluster_, "here")).value().size(), 1u);
  ASSERT_EQ(run(runtime_->wait(wanted.identity)).value().exit_code, 0);
  EXPECT_EQ(output_of(wanted.identity).all, numbers_to(400'000));
}

TEST_F(JobOutputTest, ExecutorsComeAndGoAndEveryByteIsThereOnce) {
  const auto wanted = shell("i=0; while [ $i -lt 300 ]; do i=$((i+1)); seq $((i*100-99)) $((i*100)); done");
  create_and_start(wanted);
  for (int i = 0; i < 8; ++i) {
    executor_goes();
    connect();
    auto& sink = new_sink();
    const auto copying = begin(runtime_->copy_logs(wanted.identity, 0, sink));
    run_until([&] { return !sink.all.empty(); });
  }
  executor_goes();
  connect();
  EXPECT_EQ(output_of(wanted.identity).all, numbers_to(30'000));
}

TEST_F(JobOutputTest, KilledByForceItHasAllThatItHadWritten) {
  const auto wanted = shell("seq 1 20000; sleep 600");
  create_and_start(wanted);
  auto& sink = new_sink();
  const auto copying = begin(runtime_->copy_logs(wanted.identity, 0, sink));
  const auto expected = numbers_to(20'000);
  run_until([&] { return sink.all.size() == expected.size(); });
  ASSERT_TRUE(run(runtime_->kill(wanted.identity, "SIGKILL")));
  run_until([&] { return copying->has_value(); });
  EXPECT_TRUE(copying->value());
  EXPECT_EQ(sink.all, expected);
}

TEST_F(JobOutputTest, KilledWhileNobodyIsThereItMayMissSomethingAndThatIsSaid) {
  const auto wanted = in_two_parts("echo first", "echo second; touch /told/said; sleep 600");
  create_and_start(wanted);
  auto& sink = new_sink();
  const auto copying = begin(runtime_->copy_logs(wanted.identity, 0, sink));
  run_until([&] { return sink.all == "first\n"; });
  executor_goes();
  go_on();
  await([&] { return fs::exists(told_.path() / "said"); });
  ASSERT_EQ(std::system(("docker kill " + container_name(wanted.identity) + " >&2").c_str()), 0);
  connect();
  EXPECT_EQ(run(runtime_->wait(wanted.identity)).value().exit_code, 137);
  auto& rest = new_sink();
  const auto copied = run(runtime_->copy_logs(wanted.identity, 0, rest));
  ASSERT_FALSE(copied);
  EXPECT_EQ(copied.error().kind, ErrorKind::refused);
  EXPECT_THAT(copied.error().message, HasSubstr("may be lost"));
  EXPECT_EQ(rest.all, "first\n");
}

// However often the executor is started after it.
TEST_F(JobOutputTest, WhatLayThereWhenTheMachineWasStartedAgainIsLostAndThatIsSaid) {
  const auto wanted = shell("echo hello");
  outcome_of(wanted);
  executor_goes();
  std::ofstream(state_.path() / "outputs" / container_name(wanted.identity) / "boot") << "another\n";
  for (int i = 0; i < 2; ++i) {
    connect();
    auto& sink = new_sink();
    const auto copied = run(runtime_->copy_logs(wanted.identity, 0, sink));
    ASSERT_FALSE(copied);
    EXPECT_EQ(copied.error().kind, ErrorKind::refused);
    EXPECT_THAT(copied.error().message, HasSubstr("started again"));
    EXPECT_EQ(sink.all, "");
  }
}

// A store that went back in time asks for what was forgotten.
TEST_F(JobOutputTest, WhatTheStoreHadTakenAndHasLostIsAGap) {
  const auto wanted = shell("head -c 20000000 /dev/zero; echo complaint >&2");
  create_and_start(wanted);
  Gate store(io_.get_executor());
  store.open();
  ASSERT_TRUE(run(runtime_->copy_logs(wanted.identity, 0, store)));
  executor_goes();
  connect();
  Gate later(io_.get_executor());
  later.open();
  const auto copied = run(runtime_->copy_logs(wanted.identity, 1000, later));
  ASSERT_FALSE(copied);
  EXPECT_THAT(copied.error().message, HasSubstr("are gone"));
  EXPECT_GT(later.left_out, 10'000'000u);
  EXPECT_EQ(later.left_out + later.taken, 20'000'010u);
}

TEST_F(JobOutputTest, StdoutCanBeOpenedAgainByItsNameWhoeverTheUserIs) {
  std::uint64_t job = 0;
  for (const auto* user : {"0", "65534"}) {
    auto wanted = shell("echo plain; echo again >/dev/stdout; echo wrong >/dev/stderr", ++job);
    wanted.definition.user = user;
    outcome_of(wanted);
    const auto output = output_of(wanted.identity);
    EXPECT_EQ(output.by_stream.at(LogStream::out), "plain\nagain\n") << user;
    EXPECT_EQ(output.by_stream.at(LogStream::err), "wrong\n") << user;
  }
}

TEST_F(JobOutputTest, WhatItsChildrenLeaveBehindIsPartOfIt) {
  const auto wanted = shell("(trap '' TERM; echo child; sleep 600) & sleep 0.3; echo parent");
  EXPECT_EQ(output_of(wanted), "child\nparent\n");
}

TEST_F(JobOutputTest, AJobThatOutrunsTheStoreWaitsAndTheDiskHoldsNoMoreThanItMay) {
  constexpr std::uint64_t size = 100'000'000;
  const auto wanted = shell("head -c 100000000 /dev/zero");
  create_and_start(wanted);
  Gate store(io_.get_executor());
  const auto copying = begin(runtime_->copy_logs(wanted.identity, 0, store));
  const auto most = limits::spool_segment * limits::spool_segments;
  run_until([&] { return bytes_on_disk(wanted) >= most; });
  EXPECT_LT(bytes_on_disk(wanted), most + (1u << 20));
  EXPECT_EQ(record_of(wanted).find("ended"), std::string::npos);
  store.open();
  std::uintmax_t held = 0;
  run_until([&] {
    held = std::max(held, bytes_on_disk(wanted));
    return copying->has_value();
  });
  EXPECT_TRUE(copying->value());
  EXPECT_EQ(store.taken, size);
  EXPECT_LT(held, most + (1u << 20));
  EXPECT_LT(bytes_on_disk(wanted), 3 * limits::spool_segment) << "what is stored is gone";
  EXPECT_EQ(run(runtime_->wait(wanted.identity)).value().exit_code, 0);
}

TEST_F(JobOutputTest, GoesWithItsContainer) {
  const auto wanted = shell("echo hello");
  outcome_of(wanted);
  ASSERT_TRUE(run(runtime_->remove(wanted.identity)));
  EXPECT_TRUE(fs::is_empty(state_.path() / "outputs"));
}

}  // namespace
}  // namespace berth::test
