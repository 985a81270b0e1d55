// Docker's API played by a script: what a real daemon does too rarely to wait for.
#include "executor/runtime/docker/docker_runtime.hpp"
#include "executor/runtime/docker/pull.hpp"
#include "init/protocol.h"
#include "shared/http/multiplexed.hpp"
#include "shared/http/server.hpp"
#include "shared/runtime/task_group.hpp"
#include "tests/shared/runtime/loop.hpp"
#include "tests/support/berth_process.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace berth {
namespace {

using namespace std::chrono_literals;
using test::Loop;

// One container, which has exited, and its log.
class ScriptedDocker {
 public:
  std::vector<std::string> log;    // an entry each; stdout
  std::size_t follower_loses = 0;  // entries at the end that a follower never gets
  bool hangs_at_create = false;
  bool fails_at_inspect = false;
  bool fails_at_removal = false;
  bool is_down = false;
  std::string start_refusal;         // Docker's words
  std::string start_error;           // … those of an earlier start, which it keeps
  bool is_pull_stuck = false;        // it begins, and no news come
  std::size_t first_follow = 0;      // entries after which the first follow ends; the container runs on
  std::string login;                 // that came with the last pull
  std::map<std::string, int> calls;  // by method and path without version, or what of the log was asked for

  Task<> handle(const http::Request& request, http::Responder& responder) {
    const auto target = http::parse_target(request.target).value();
    std::string path = target.path;
    if (path.starts_with("/v1.")) path.erase(0, path.find('/', 1));
    if (path.ends_with("/logs")) return send_log(target, responder);
    ++calls[request.method + " " + path];
    if (path == "/images/create") login = http::find_header(request.headers, "X-Registry-Auth").value_or("");
    if (hangs_at_create && path == "/containers/create") return hang();
    if (path == "/images/create") return send_pull(responder);
    return answer(request.method, path, responder);
  }

 private:
  static Task<> hang() { co_await sleep_until(no_deadline); }

  Task<> send_pull(http::Responder& responder) {
    http::Response head;
    co_await responder.begin(std::move(head));
    const std::string news = R"({"status":"Downloading","id":"a","progressDetail":{"current":1,"total":2}})";
    co_await responder.write(news + "\n", deadline_in(30s));
    while (is_pull_stuck) co_await sleep_until(deadline_in(5ms));
    co_await responder.finish();
  }

  bool runs_on() const {
    const auto follows = calls.find("follow");
    return first_follow > 0 && (follows == calls.end() || follows->second < 2);
  }

  Task<> answer(std::string method, std::string path, http::Responder& responder) {
    http::Response response;
    if (is_down) response.status = 500;
    if (path == "/version")
      response.body = R"({"Version":"20.10.24","ApiVersion":"1.41","MinAPIVersion":"1.12"})";
    if (path == "/info") response.body = R"({"NCPU":2})";
    if (path == "/containers/create") response.status = 201;
    if (method == "DELETE") response.status = fails_at_removal ? 500 : 204;
    if (path.ends_with("/start") && !start_refusal.empty()) {
      response.status = 500;
      response.body = R"({"message":")" + start_refusal + R"("})";
    }
    if (path == "/containers/json") {
      response.body =
          R"([{"Names":["/berth-test-1-1"],"State":"exited","Labels":{"berth.cluster":"test","berth.executor":"here","berth.job":"1","berth.attempt":"1"}},)"
          R"({"Names":["/berth-test-2-1"],"State":"running","Labels":{"berth.cluster":"test","berth.executor":"here","berth.job":"2","berth.attempt":"1"}}])";
    } else if (path.ends_with("/json") && fails_at_inspect) {
      response.status = 500;
    } else if (path.ends_with("/json")) {
      response.body =
          R"({"Config":{"Labels":{"berth.cluster":"test","berth.executor":"here","berth.job":"1","berth.attempt":"1"}},)"
          R"("State":{"Status":")" +
          std::string(runs_on() ? "running" : "exited") + R"(","ExitCode":0,"Error":")" + start_error + "\"}";
      if (!start_error.empty()) response.body += R"(,"Path":")" BERTH_INIT_DIRECTORY R"(/init")";
      response.body += "}";
    }
    co_await responder.send(std::move(response));
  }

  Task<> send_log(http::Target target, http::Responder& responder) {
    std::size_t first = 0;
    std::size_t last = log.size();
    const bool follows = target.parameter("follow").has_value();
    const auto tail = target.parameter("tail");
    ++calls[follows ? "follow" : tail ? "tail" : "whole"];
    if (follows) last -= follower_loses;
    if (follows && calls["follow"] == 1 && first_follow > 0) last = first_follow;
    if (tail) first = last - std::min(last, static_cast<std::size_t>(std::stoul(std::string(*tail))));
    http::Response head;
    co_await responder.begin(std::move(head));
    for (auto i = first; i < last; ++i) {
      const auto frame =
          http::encode_frame_header(http::stdout_stream, static_cast<std::uint32_t>(log[i].size())) + log[i];
      co_await responder.write(frame, deadline_in(30s));
    }
    co_await responder.finish();
  }
};

class DockerScriptTest : public ::testing::Test {
 protected:
  DockerScriptTest() {
    address = server.listen("127.0.0.1", "0").value();
    runtime = make_docker_runtime(loop.executor(), "tcp://" + address, state.path()).value();
    tasks.spawn("daemon", server.run());
  }
  ~DockerScriptTest() override {
    tasks.cancel();
    loop.run(server.stop());
    loop.run(tasks.join());
  }

  static ContainerIdentity container(std::uint64_t job = 1) { return {"test", "here", JobId{job}, 1}; }

  // A log of that many entries of 16 KiB, all different.
  void write_log(std::size_t entries) {
    for (std::size_t i = 0; i < entries; ++i) {
      daemon.log.push_back(std::to_string(i) + std::string((16u << 10) - 8, 'x') + "\n");
      expected += daemon.log.back();
    }
  }
  std::string copy() {
    class Collector final : public LogSink {
     public:
      std::string all;
      Task<Result<>> write(LogStream, std::string_view bytes) override {
        all += bytes;
        co_return Result<>{};
      }
    };
    Collector sink;
    const auto copied = loop.run(runtime->copy_logs(container(), 0, sink));
    EXPECT_TRUE(copied) << copied.error().message;
    return sink.all;
  }

  test::TemporaryFolder state;
  Loop loop;
  TaskGroup tasks{loop.executor()};
  ScriptedDocker daemon;
  http::Server server{loop.executor(), [this](const http::Request& request, http::Responder& responder) {
                        return daemon.handle(request, responder);
                      }};
  std::string address;
  std::unique_ptr<ContainerRuntime> runtime;
  std::string expected;
};

// --- output: moby lets a follower go before the last entries (moby#37391) ---

TEST_F(DockerScriptTest, AFollowerThatLosesTheEndOfALogOfMegabytesIsMadeUpFor) {
  write_log(200);  // 3.2 MB: all of it is kept
  daemon.follower_loses = 3;
  EXPECT_TRUE(copy() == expected);
}

TEST_F(DockerScriptTest, OutputMayBeMissingWhereALogIsOpenedAgainThatDockerNoLongerHasAllOf) {
  class NoSink final : public LogSink {
   public:
    Task<Result<>> write(LogStream, std::string_view) override { co_return Result<>{}; }
  };
  NoSink sink;
  write_log(2);
  EXPECT_TRUE(loop.run(runtime->copy_logs(container(), docker::exact_log, sink)));
  EXPECT_TRUE(loop.run(runtime->copy_ended_logs(container(), docker::exact_log, sink)));
  auto copied = loop.run(runtime->copy_logs(container(), docker::exact_log + 1, sink));
  ASSERT_FALSE(copied);
  EXPECT_EQ(copied.error().kind, ErrorKind::refused);
  copied = loop.run(runtime->copy_ended_logs(container(), docker::exact_log + 1, sink));
  ASSERT_FALSE(copied);
  EXPECT_EQ(copied.error().kind, ErrorKind::refused);
}

TEST_F(DockerScriptTest, SoIsTheEndOfALongLog) {
  write_log(600);  // 9.8 MB
  daemon.follower_loses = 3;
  EXPECT_TRUE(copy() == expected);
}

TEST_F(DockerScriptTest, ALongLogThatCameWholeIsNotReadTwice) {
  write_log(2'000);  // 33 MB
  EXPECT_TRUE(copy() == expected);
  EXPECT_EQ(daemon.calls["tail"], 1);
  EXPECT_EQ(daemon.calls["whole"], 0);
}

// moby#37646, #45728: a follow ends when the log is rotated, though the container goes on.
TEST_F(DockerScriptTest, AFollowThatEndsAtARotationGoesOnWhereItWas) {
  write_log(20);
  daemon.first_follow = 7;
  EXPECT_TRUE(copy() == expected);
  EXPECT_EQ(daemon.calls["follow"], 2);
}

// --- pulls ---

// kubernetes#15175, taskcluster#5797
TEST_F(DockerScriptTest, APullWithoutNewsIsGivenUpForAllWhoWaitForIt) {
  daemon.is_pull_stuck = true;
  docker::Engine engine(loop.executor(), http::parse_address("http://" + address, "").value());
  docker::SharedPulls pulls(loop.executor(), engine);
  std::vector<std::optional<Result<>>> ends(3);
  const auto pull = [](docker::SharedPulls& pulls, std::optional<Result<>>& end) -> Task<> {
    end = co_await pulls.pull("busybox", nullptr, 50ms);
  };
  for (auto& end : ends) tasks.spawn("pull", pull(pulls, end));
  for (const auto& end : ends) {
    loop.run_until([&] { return end.has_value(); });
    ASSERT_FALSE(*end);
    EXPECT_EQ(end->error().kind, ErrorKind::timeout);
    EXPECT_EQ(end->error().message, "The pull of busybox made no progress for 50ms");
  }
}

// kubernetes#103643: 289,400 pulls a day.
TEST_F(DockerScriptTest, AThousandWhoWantOneImageAreOnePull) {
  std::size_t asked = 0;
  std::size_t done = 0;
  const auto pull = [](ContainerRuntime& runtime, std::size_t& asked, std::size_t& done) -> Task<> {
    ++asked;
    const auto pulled = co_await runtime.pull("busybox", {});
    if (pulled) ++done;
  };
  daemon.is_pull_stuck = true;
  for (int i = 0; i < 1'000; ++i) tasks.spawn("pull", pull(*runtime, asked, done));
  loop.run_until([&] { return asked == 1'000; });
  daemon.is_pull_stuck = false;
  loop.run_until([&] { return done == 1'000; });
  EXPECT_EQ(daemon.calls["POST /images/create"], 1);
}

// --- a daemon that ended in the middle of a start ---

Task<Result<>> at_once() { co_return Result<>{}; }

TEST_F(DockerScriptTest, AContainerWhoseStartWasCutOffMakesRoomForAnother) {
  ContainerSpec spec;
  spec.identity = container();
  spec.definition.command = {"true"};
  ASSERT_TRUE(loop.run(runtime->create(spec)));
  daemon.start_refusal = "task 1e8f35aa: already exists";
  const auto started = loop.run(runtime->start(spec, at_once));
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().kind, ErrorKind::not_found);  // so that it is created again
  EXPECT_EQ(daemon.calls["DELETE /containers/berth-test-1-1"], 1);
  daemon.fails_at_removal = true;
  ASSERT_TRUE(loop.run(runtime->create(spec)));
  const auto again = loop.run(runtime->start(spec, at_once));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, ErrorKind::not_found) << "nothing of it has begun, whether or not it is gone";
}

// The daemon had answered the start, and was gone before the container could make room.
TEST_F(DockerScriptTest, AContainerThatADaemonsEndKeptFromStartingHasNotExited) {
  daemon.start_error = "task 1e8f35aa: already exists";
  const auto cut_off = loop.run(runtime->inspect(container()));
  ASSERT_TRUE(cut_off) << cut_off.error().message;
  EXPECT_EQ(cut_off->phase, ContainerPhase::created);
  EXPECT_EQ(cut_off->error, "");
  EXPECT_EQ(loop.run(runtime->list("test", "here"))->front().phase, ContainerPhase::created);
  daemon.start_error = "exec format error";
  const auto refused = loop.run(runtime->inspect(container()));
  ASSERT_TRUE(refused) << refused.error().message;
  EXPECT_EQ(refused->phase, ContainerPhase::exited);
  EXPECT_EQ(refused->error, "exec format error");
}

// --- a daemon that is busy ---

// /info makes the daemon run three programs.
TEST_F(DockerScriptTest, AHealthyDaemonIsPingedAndOneThatCameBackIsAskedWhatItIs) {
  for (int i = 0; i < 5; ++i) {
    const auto info = loop.run(runtime->probe());
    EXPECT_TRUE(info.healthy);
    EXPECT_EQ(info.version, "20.10.24");
  }
  EXPECT_EQ(daemon.calls["GET /info"], 1);
  EXPECT_EQ(daemon.calls["GET /version"], 1);
  EXPECT_EQ(daemon.calls["GET /_ping"], 4);
  daemon.is_down = true;
  EXPECT_FALSE(loop.run(runtime->probe()).healthy);
  daemon.is_down = false;
  EXPECT_TRUE(loop.run(runtime->probe()).healthy);
  EXPECT_EQ(daemon.calls["GET /info"], 2);
}

TEST_F(DockerScriptTest, ContainersThatDockerCannotTellAboutAreListedAsRunning) {
  daemon.fails_at_inspect = true;
  const auto found = loop.run(runtime->list("test", "here"));
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_EQ(found->size(), 2u);
  for (const auto& state : *found) EXPECT_EQ(state.phase, ContainerPhase::running);
  EXPECT_EQ((*found)[1].identity, container(2));
  EXPECT_EQ(daemon.calls["GET /containers/berth-test-2-1/json"], 0) << "not a deadline for each";
}

TEST_F(DockerScriptTest, APullBringsTheLoginOfItsRegistryAndNoOther) {
  const auto directory =
      std::filesystem::temp_directory_path() / ("berth-login-" + std::to_string(::getpid()));
  std::filesystem::create_directories(directory);
  std::ofstream(directory / "config.json")
      << R"({"auths":{"registry.example.com":{"identitytoken":"t0ken"}}})";
  ::setenv("DOCKER_CONFIG", directory.c_str(), 1);
  EXPECT_TRUE(loop.run(runtime->pull("registry.example.com/train:1", {})));
  EXPECT_FALSE(daemon.login.empty());
  EXPECT_TRUE(loop.run(runtime->pull("busybox", {})));
  EXPECT_EQ(daemon.login, "");
  ::unsetenv("DOCKER_CONFIG");
  std::filesystem::remove_all(directory);
}

TEST_F(DockerScriptTest, CreatesThatHangHoldUpNoRemove) {
  daemon.hangs_at_create = true;
  const auto create = [](ContainerRuntime& runtime, std::uint64_t job) -> Task<> {
    ContainerSpec spec;
    spec.identity = container(job);
    spec.definition.command = {"true"};
    co_await runtime.create(spec);
  };
  const std::uint64_t hanging = 2 * DockerRuntime::changes_at_once;
  for (std::uint64_t job = 1; job <= hanging; ++job) tasks.spawn("create", create(*runtime, job));
  loop.run_until([&] {
    return daemon.calls["POST /containers/create"] == static_cast<int>(DockerRuntime::changes_at_once);
  });
  EXPECT_TRUE(loop.run(runtime->remove(container(100))));
}

}  // namespace
}  // namespace berth
