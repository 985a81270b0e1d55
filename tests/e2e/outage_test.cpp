// What jobs are worth when something below Berth dies while they run: the same as always.
#include "tests/e2e/fixture.hpp"
#include "tests/support/socket_proxy.hpp"

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

namespace berth::test {
namespace {

// Counts to twelve in about four seconds.
constexpr const char* counting_to_twelve =
    "i=0; while [ $i -lt 12 ]; do i=$((i+1)); echo $i; sleep 0.3; done; exit 5";
constexpr const char* counted = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n";

// Who listens on a Unix socket.
pid_t listener_of(const std::filesystem::path& path) {
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    ::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size);
  }
  ::close(descriptor);
  return peer.pid;
}

using RedisOutage = EndToEnd;

TEST_F(RedisOutage, LosesNoJobAndNoByte) {
  const auto run = begin({"run", test_image, "sh", "-c", counting_to_twelve});
  ASSERT_TRUE(run->wait_for("2\n")) << run->err();
  std::string batch;
  for (int i = 0; i < 8; ++i) {
    batch +=
        "---\nimage: busybox\nnetwork: none\nresources: {cpu: 0.5, memory: 32MiB}\n"
        "command: [sh, -c, \"sleep 1; exit " +
        std::to_string(i % 4) + "\"]\n";
  }
  const TemporaryFolder folder;
  ASSERT_EQ(berth({"submit", folder.file("jobs.yaml", batch)}).out, "submitted 8 jobs: 2-9\n");
  for (const auto* line : {"4\n", "8\n"}) {
    ASSERT_TRUE(run->wait_for(line)) << run->err();
    const auto redis = listener_of(up_->data() / "redis.sock");
    ASSERT_GT(redis, 0);
    ::kill(redis, SIGKILL);
  }
  const auto outcome = run->wait();
  EXPECT_EQ(outcome.code, 5) << outcome.err;
  EXPECT_EQ(outcome.out, counted);
  EXPECT_EQ(berth({"wait", "--quiet", "2-9"}, Milliseconds{120'000}).code, 1) << "the first that fails";
  for (int id = 2; id <= 9; ++id) {
    const auto job = record(std::to_string(id));
    EXPECT_EQ(job.at("exit_code").as_int64(), (id - 2) % 4);
    EXPECT_EQ(job.at("attempt").as_int64(), 1) << "none ran twice";
  }
}

// The daemon behind a socket that can be closed and opened again. Its jobs run on, as they do while a daemon
// with live-restore is restarted.
class DockerOutage : public EndToEnd {
 protected:
  void SetUp() override {
    if (const auto why = why_docker_is_unusable()) FAIL() << *why;
    up_ = std::make_unique<BerthUp>(
        BERTH_BINARY, std::vector<std::string>{"--cpu", "2", "--memory", "4GiB", "--docker-host",
                                               "unix://" + proxy_.path()});
  }

  void cut() {
    proxy_.tell([](SocketProxy& proxy) { proxy.cut(); });
  }
  void restore() {
    proxy_.tell([](SocketProxy& proxy) { proxy.restore(); });
  }

  bool is_healthy() const {
    const auto list = parse_json(berth({"executors", "--json"}).out).value();
    return list.at("executors").at(0).at("runtime").at("healthy").as_bool();
  }
  void await_health(bool wanted) const {
    const auto limit = std::chrono::steady_clock::now() + patience;
    while (is_healthy() != wanted) ASSERT_LT(std::chrono::steady_clock::now(), limit);
  }

 private:
  BackgroundProxy proxy_{docker_socket};
};

TEST_F(DockerOutage, DelaysJobsAndEndsThemTruthfully) {
  const auto run = begin({"run", test_image, "sh", "-c", counting_to_twelve});
  ASSERT_TRUE(run->wait_for("2\n")) << run->err();
  cut();
  await_health(false);
  EXPECT_EQ(berth({"run", "-d", test_image, "echo", "later"}).out, "2\n");
  EXPECT_EQ(record("2").at("status").as_string(), "PENDING") << "nothing new is begun meanwhile";
  EXPECT_EQ(record("1").at("status").as_string(), "RUNNING") << "nobody saw it end";
  restore();
  const auto outcome = run->wait();
  EXPECT_EQ(outcome.code, 5) << outcome.err;
  EXPECT_EQ(outcome.out, counted) << "what it wrote meanwhile is there, once";
  EXPECT_EQ(berth({"wait", "2"}).code, 0);
  EXPECT_EQ(berth({"logs", "2"}).out, "later\n");
  EXPECT_EQ(record("1").at("attempt").as_int64(), 1);
}

}  // namespace
}  // namespace berth::test
