// Every way in which a job can end, made to happen and told apart, with words that say what to do next. (A
// machine that is lost is in fleet_test and lease_test.)
#include "shared/base/ids.hpp"
#include "shared/http/server.hpp"
#include "shared/runtime/task_group.hpp"
#include "tests/e2e/fixture.hpp"
#include "tests/support/fleet.hpp"
#include "tests/support/seeds.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace berth::test {
namespace {

using ::testing::MatchesRegex;

constexpr int no_code = -1;

// How a job is asked for, and how it has to end.
struct Ending {
  std::string name;
  std::string definition;  // lines of YAML; busybox where it names no image
  std::string status = "FAILED";
  std::string cause = "EXIT";
  int exit_code = no_code;
  std::string signal = "";
  bool oom_killed = false;
  std::string message = "";  // an expression for all of it
};

std::string script(const std::string& text) { return "command:\n  - sh\n  - -c\n  - |\n    " + text + "\n"; }

// What takes more memory than the 16 MiB that it has; and a child that does, and asks the kernel to be killed
// before its parent: while what was killed still holds its memory, the kernel may look for another.
constexpr const char* too_much = "x=$(head -c 60000000 /dev/zero | tr '\\0' x); echo survived ${#x}";
constexpr const char* a_child_too_much =
    "sh -c 'echo 1000 >/proc/self/oom_score_adj; x=$(head -c 60000000 /dev/zero | tr \"\\\\0\" x); echo "
    "survived ${#x}'";

const std::string usual = "resources: {cpu: 0.2, memory: 32MiB}\n";
const std::string of_16_mib = "resources: {cpu: 0.2, memory: 16MiB}\n";
const std::string of_64_gib = "resources: {memory: 64GiB}\n";

std::vector<Ending> by_themselves() {
  return {
      {"good", usual + "command: [\"true\"]\n", "SUCCEEDED", "EXIT", 0},
      {"exit-7", usual + script("exit 7"), "FAILED", "EXIT", 7, "", false, "exited with code 7"},
      {"exit-127", usual + script("exit 127"), "FAILED", "EXIT", 127, "", false, "exited with code 127"},
      {"exit-137", usual + script("exit 137"), "FAILED", "EXIT", 137, "", false,
       "exited with code 137, as after SIGKILL"},
      {"sigterm", usual + script("kill -TERM $$"), "FAILED", "SIGNAL", 143, "SIGTERM", false,
       "ended by SIGTERM"},
      {"sigkill", usual + script("kill -KILL $$"), "FAILED", "SIGNAL", 137, "SIGKILL", false,
       "ended by SIGKILL"},
      {"sigsegv", usual + script("kill -SEGV $$"), "FAILED", "SIGNAL", 139, "SIGSEGV", false,
       "ended by SIGSEGV"},
  };
}

std::vector<Ending> for_want_of_memory() {
  const std::string advice = "memory limit was 16MiB, peak 1[56](\\.[0-9])?MiB: try --memory 32MiB";
  const std::string child = a_child_too_much;
  return {
      {"oom", of_16_mib + script(too_much), "FAILED", "OOM", 137, "SIGKILL", true, "killed: " + advice},
      {"oom-of-a-child", of_16_mib + script(child + "; exit 0"), "SUCCEEDED", "EXIT", 0, "", true,
       "one of its processes was killed: " + advice},
      {"oom-that-its-parent-tells", of_16_mib + script(child + " || exit 3"), "FAILED", "OOM", 3, "", true,
       "killed: " + advice},
  };
}

// Those with a trap have two seconds to set it.
std::vector<Ending> in_time() {
  const std::string loop = "while :; do sleep 0.1; done";
  return {
      {"timeout", usual + "timeout: 500ms\ncommand: [sleep, \"600\"]\n", "FAILED", "TIMEOUT", 143, "SIGTERM",
       false, "ran longer than its timeout of 500ms"},
      {"timeout-of-the-deaf", usual + "timeout: 2s\nstop_grace: 200ms\n" + script("trap '' TERM; " + loop),
       "FAILED", "TIMEOUT", 137, "SIGKILL", false, "ran longer than its timeout of 2s"},
      {"timeout-that-tidies", usual + "timeout: 2s\n" + script("trap 'exit 4' TERM; " + loop), "FAILED",
       "TIMEOUT", 4, "", false, "ran longer than its timeout of 2s"},
      {"unplaceable", of_64_gib + "queue_timeout: 1s\ncommand: [\"true\"]\n", "FAILED", "QUEUE_TIMEOUT",
       no_code, "", false, "found no place within its queue_timeout of 1s.*"},
  };
}

std::vector<Ending> before_they_begin() {
  return {
      {"no-command", usual + "command: [no-such-command]\n", "FAILED", "START", 127, "", false,
       "the command can't be executed: No such file or directory"},
      {"no-program", usual + "command: [/etc/passwd]\n", "FAILED", "START", 126, "", false,
       "the command can't be executed: Permission denied"},
      {"a-directory", usual + "command: [/etc]\n", "FAILED", "START", 126, "", false,
       "the command can't be executed: Permission denied"},
      {"no-user", usual + "user: nosuchuser\ncommand: [\"true\"]\n", "FAILED", "START", no_code, "", false,
       ".*unable to find user nosuchuser.*"},
      {"no-volume", usual + "volumes: [\"/tmp/no-such-folder-of-berth:/data\"]\ncommand: [\"true\"]\n",
       "FAILED", "START", no_code, "", false, ".*/tmp/no-such-folder-of-berth.*"},
  };
}

// `registry` answers and has no image. Where none answers, the pull is repeated for a while.
std::vector<Ending> for_want_of_an_image(const std::string& registry) {
  return {
      {"registry-away", usual + "image: 127.0.0.1:1/no/registry\ncommand: [\"true\"]\n", "FAILED",
       "IMAGE_PULL", no_code, "", false, ".*connection refused.*"},
      {"no-image", usual + "image: " + registry + "/no/such-image:1\ncommand: [\"true\"]\n", "FAILED",
       "IMAGE_NOT_FOUND", no_code, "", false, ".*manifest unknown.*"},
  };
}

// By the test, with these words.
constexpr const char* why_aborted = "not needed any more";

std::vector<Ending> aborted() {
  const auto words = ".*" + std::string(why_aborted) + ".*";
  return {
      {"unwanted", usual + "command: [sleep, \"600\"]\n", "ABORTED", "ABORTED", 143, "SIGTERM", false, words},
      {"unplaced", of_64_gib + "command: [\"true\"]\n", "ABORTED", "ABORTED", no_code, "", false, words},
  };
}

// A registry that answers, and has no image.
class EmptyRegistry {
 public:
  EmptyRegistry() : server_(io_.get_executor(), answer) {
    address_ = server_.listen("127.0.0.1", "0").value();
    tasks_.spawn("registry", server_.run());
    thread_ = std::thread([this] { io_.run(); });
  }
  ~EmptyRegistry() {
    asio::co_spawn(io_, stop(), asio::use_future).get();
    thread_.join();
  }
  EmptyRegistry(const EmptyRegistry&) = delete;
  EmptyRegistry& operator=(const EmptyRegistry&) = delete;

  const std::string& address() const { return address_; }

 private:
  // https://distribution.github.io/distribution/spec/api/#pulling-an-image-manifest
  static Task<> answer(const http::Request& request, http::Responder& responder) {
    const bool is_greeting = request.target == "/v2/";
    http::Response response;
    response.headers.emplace_back("Content-Type", "application/json");
    response.headers.emplace_back("Docker-Distribution-Api-Version", "registry/2.0");
    response.status = is_greeting ? 200 : 404;
    response.body =
        is_greeting ? "{}" : R"({"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]})";
    co_await responder.send(std::move(response));
  }

  Task<> stop() {
    co_await server_.stop();
    tasks_.cancel();
    co_await tasks_.join();
  }

  asio::io_context io_{1};
  http::Server server_;
  TaskGroup tasks_{io_.get_executor()};
  std::string address_;
  std::thread thread_;
};

std::string yaml_of(const Ending& ending) {
  const bool has_image = ending.definition.find("image: ") != std::string::npos;
  return "---\nnetwork: none\nname: " + ending.name + "\n" + (has_image ? "" : "image: busybox\n") +
         ending.definition;
}

std::string word_at(const json::value& job, std::string_view field) {
  const auto* found = job.as_object().if_contains(field);
  return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string();
}

int code_of(const json::value& job) {
  const auto* found = job.as_object().if_contains("exit_code");
  return found != nullptr && found->is_number() ? found->to_number<int>() : no_code;
}

bool is_oom_killed(const json::value& job) {
  const auto* found = job.as_object().if_contains("oom_killed");
  return found != nullptr && found->is_bool() && found->as_bool();
}

class Endings : public EndToEnd {
 protected:
  std::string submit(const std::string& yaml) const {
    const TemporaryFolder folder;
    const auto answer = berth({"submit", folder.file("jobs.yaml", yaml)});
    EXPECT_EQ(answer.code, 0) << answer.err;
    return answer.out;
  }

  std::map<std::string, std::vector<json::value>> jobs_by_name() const {
    std::map<std::string, std::vector<json::value>> found;
    const auto list = parse_json(berth({"ls", "--all", "--json"}).out).value();
    for (const auto& job : list.at("jobs").as_array())
      found[word_at(job.at("definition"), "name")].push_back(job);
    return found;
  }

  // Job 1, which runs until somebody ends it, and its container.
  std::string container_of_a_running_job() const {
    EXPECT_EQ(berth({"run", "-d", test_image, "sh", "-c", "echo ready; sleep 600"}).out, "1\n");
    const auto logs = begin({"logs", "-f", "1"});
    EXPECT_TRUE(logs->wait_for("ready\n")) << logs->err();
    const auto containers = up_->containers();
    EXPECT_EQ(containers.size(), 1u);
    return containers.empty() ? std::string() : containers.front();
  }
  static void take_away(const std::string& container) {
    const auto removed = Process({"docker", "rm", "--force", container}).wait();
    EXPECT_EQ(removed.code, 0) << removed.err;
  }
};

TEST_F(Endings, OfEveryCauseAreRecognisedAndSayWhatToDo) {
  const EmptyRegistry registry;
  std::vector<Ending> endings;
  for (const auto& some : {for_want_of_an_image(registry.address()), aborted(), by_themselves(),
                           for_want_of_memory(), in_time(), before_they_begin()})
    endings.insert(endings.end(), some.begin(), some.end());
  std::string yaml;
  for (const auto& ending : endings) yaml += yaml_of(ending);
  const auto ids = "1-" + std::to_string(endings.size());
  EXPECT_EQ(submit(yaml), "submitted " + std::to_string(endings.size()) + " jobs: " + ids + "\n");
  await([&] { return word_at(record("name:unwanted"), "status") == "RUNNING"; });
  for (const auto* name : {"name:unwanted", "name:unplaced"}) {
    const auto aborted = berth({"abort", name, "--reason", why_aborted});
    EXPECT_EQ(aborted.code, 0) << aborted.err;
  }
  berth({"wait", "--quiet", ids}, Milliseconds{120'000});

  auto jobs = jobs_by_name();
  for (const auto& ending : endings) {
    const auto& named = jobs[ending.name];
    ASSERT_EQ(named.size(), 1u) << ending.name;
    const auto& job = named.front();
    SCOPED_TRACE(json::serialize(job));
    EXPECT_EQ(word_at(job, "status"), ending.status);
    EXPECT_EQ(word_at(job, "cause"), ending.cause);
    EXPECT_EQ(code_of(job), ending.exit_code);
    EXPECT_EQ(word_at(job, "signal"), ending.signal);
    EXPECT_EQ(is_oom_killed(job), ending.oom_killed);
    EXPECT_THAT(word_at(job, "message"), MatchesRegex(ending.message));
    const auto& attempts = job.at("attempts").as_array();
    if (attempts.empty()) continue;
    EXPECT_EQ(word_at(attempts.back(), "cause"), ending.cause) << "the attempt tells the same";
  }
}

// While nobody was there to see it: the code went with the container.
TEST_F(Endings, OfAContainerThatWasTakenAwayMeanwhileAreUnknown) {
  const auto container = container_of_a_running_job();
  up_->kill();
  take_away(container);
  up_->start();
  EXPECT_NE(berth({"wait", "1"}).code, 0);
  const auto job = record("1");
  SCOPED_TRACE(json::serialize(job));
  EXPECT_EQ(word_at(job, "status"), "FAILED");
  EXPECT_EQ(word_at(job, "cause"), "EXIT_UNKNOWN");
  EXPECT_EQ(code_of(job), no_code);
  EXPECT_EQ(word_at(job, "message"), "its container is gone: nobody saw how it ended");
}

// Docker kills what it removes. Whether its word of that is heard before it forgets the container is chance.
TEST_F(Endings, OfAContainerThatIsTakenAwayBeforeItsEyesAreNoSuccess) {
  take_away(container_of_a_running_job());
  EXPECT_NE(berth({"wait", "1"}).code, 0);
  const auto job = record("1");
  SCOPED_TRACE(json::serialize(job));
  EXPECT_EQ(word_at(job, "status"), "FAILED");
  if (word_at(job, "cause") == "SIGNAL") {
    EXPECT_EQ(word_at(job, "signal"), "SIGKILL");
    EXPECT_EQ(code_of(job), 137);
  } else {
    EXPECT_EQ(word_at(job, "cause"), "EXIT_UNKNOWN");
    EXPECT_EQ(code_of(job), no_code);
  }
}

// kill -9 from the host of every process that sleeps for so long, as soon as it is there. Nothing tells when
// that is, so it looks again and again.
class KillerFromOutside {
 public:
  explicit KillerFromOutside(std::string seconds)
      : command_line_(std::string("sleep") + '\0' + std::move(seconds) + '\0'),
        thread_([this](std::stop_token stop) {
          while (!stop.stop_requested()) {
            look();
            std::this_thread::sleep_for(Milliseconds{20});
          }
        }) {}

 private:
  void look() const {
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      const auto pid = parse_integer<pid_t>(entry.path().filename().string());
      if (!pid) continue;
      std::ifstream file(entry.path() / "cmdline", std::ios::binary);
      std::string command_line;
      if (std::getline(file, command_line) && command_line == command_line_) ::kill(*pid, SIGKILL);
    }
  }

  std::string command_line_;
  std::jthread thread_;  // the last: it uses what stands before it
};

// All three exit with 137, for three reasons. BERTH_ENDINGS says how many of each.
TEST_F(Endings, OfManyThatExitWith137NoneIsTakenForAnother) {
  const auto of_each = static_cast<std::size_t>(from_environment("BERTH_ENDINGS", 30));
  const auto seconds = std::to_string(1'000'000'000 + ::getpid());  // as no other process sleeps
  const std::string common =
      "---\nimage: busybox\nnetwork: none\nresources: {cpu: 0.25, memory: 16MiB}\nname: ";
  const auto oom = common + "oom\n" + script(too_much);
  const auto killed = common + "killed\ncommand: [sleep, \"" + seconds + "\"]\n";
  const auto by_itself = common + "by-itself\ncommand: [sh, -c, exit 137]\n";
  std::string yaml;
  for (std::size_t i = 0; i < of_each; ++i) yaml += oom + killed + by_itself;

  const KillerFromOutside killer(seconds);
  const auto all = std::to_string(3 * of_each);
  EXPECT_EQ(submit(yaml), "submitted " + all + " jobs: 1-" + all + "\n");
  EXPECT_EQ(berth({"wait", "--quiet", "1-" + all}, Milliseconds{500'000}).code, 137);
  auto jobs = jobs_by_name();
  const auto expect = [&](const std::string& name, std::string_view cause, std::string_view signal,
                          bool oom_flag) {
    EXPECT_EQ(jobs[name].size(), of_each) << name;
    for (const auto& job : jobs[name]) {
      SCOPED_TRACE(json::serialize(job));
      EXPECT_EQ(word_at(job, "status"), "FAILED");
      EXPECT_EQ(word_at(job, "cause"), cause);
      EXPECT_EQ(code_of(job), 137);
      EXPECT_EQ(word_at(job, "signal"), signal);
      EXPECT_EQ(is_oom_killed(job), oom_flag);
      EXPECT_EQ(job.at("attempts").as_array().size(), 1u);
    }
  };
  expect("oom", "OOM", "SIGKILL", true);
  expect("killed", "SIGNAL", "SIGKILL", false);
  expect("by-itself", "EXIT", "", false);
}

}  // namespace
}  // namespace berth::test
