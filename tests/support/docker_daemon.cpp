#include "tests/support/docker_daemon.hpp"

#include "executor/runtime/docker/docker_runtime.hpp"
#include "tests/support/berth_process.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <sstream>
#include <thread>

namespace berth::test {
namespace {

Task<> check_daemon(ContainerRuntime& runtime, std::optional<std::string>& complaint) {
  const auto has_image = co_await runtime.has_image(test_image);
  if (!has_image) {
    complaint = has_image.error().message + " (./dev test starts a daemon where none answers)";
  } else if (!*has_image) {
    complaint = std::string("Docker has no image ") + test_image + ": run ./dev setup, which makes one";
  }
}

}  // namespace

std::optional<std::string> why_docker_is_unusable() {
  const TemporaryFolder state;
  asio::io_context io;
  const auto runtime =
      make_docker_runtime(io.get_executor(), std::string("unix://") + docker_socket, state.path());
  if (!runtime) return runtime.error().message;
  std::optional<std::string> complaint;
  bool has_ended = false;
  const auto on_end = [&has_ended](std::exception_ptr failure) {
    has_ended = true;
    if (failure) std::rethrow_exception(failure);
  };
  asio::co_spawn(io, check_daemon(**runtime, complaint), on_end);
  while (!has_ended) io.run_one();
  return complaint;
}

std::vector<std::string> containers_of(const std::string& cluster) {
  Process docker({"docker", "ps", "--all", "--quiet", "--filter", "label=berth.cluster=" + cluster});
  std::istringstream lines(docker.wait().out);
  std::vector<std::string> ids;
  for (std::string id; std::getline(lines, id);) ids.push_back(id);
  return ids;
}

bool loses_all_containers(const std::string& cluster, Milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!containers_of(cluster).empty()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(
        Milliseconds{100});  // Docker's list is the truth here, and it can only be asked
  }
  return true;
}

void remove_containers_of(const std::string& cluster) {
  const auto left = containers_of(cluster);
  if (left.empty()) return;
  std::vector<std::string> words{"docker", "rm", "--force", "--volumes"};
  words.insert(words.end(), left.begin(), left.end());
  Process(words).wait();
}

}  // namespace berth::test
