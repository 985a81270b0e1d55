// init_cost [TIMES]: what berth-init costs a container. In turns a container's whole life with it, as an
// executor drives it, and by hand without it, both with the same limits and no network. Prints "with",
// "without" (milliseconds from create to removed), "start_with", "start_without" (of these the start alone)
// and "resident" (bytes that init itself holds while the job runs), one a line.
#include "bench/docker_api.hpp"
#include "bench/run_task.hpp"
#include "executor/runtime/docker/docker_runtime.hpp"
#include "shared/base/ids.hpp"

#include <boost/json/parse.hpp>

#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

namespace berth::bench {
namespace {

using namespace std::chrono_literals;

constexpr const char* docker_url = "unix:///var/run/docker.sock";

class Stopwatch {
 public:
  void print(const char* what) const {
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began_;
    std::printf("%s %.1f\n", what, took.count());
  }

 private:
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

Task<Result<>> at_once() { co_return Result<>{}; }

ContainerSpec spec_of(std::uint64_t number, std::string command) {
  ContainerSpec spec;
  spec.identity = {"bench" + std::to_string(::getpid()), "here", JobId{number}, 1};
  spec.definition.image = "busybox";
  spec.definition.command = {"sh", "-c", std::move(command)};
  spec.definition.network = Network::none;
  spec.definition.resources.memory = 64_MiB;
  return spec;
}

// Creates and starts it.
Task<Result<>> begin(ContainerRuntime& docker, ContainerSpec spec) {
  const auto created = co_await docker.create(spec);
  if (!created) co_return created.error();
  const Stopwatch watch;
  auto started = co_await docker.start(spec, at_once);
  watch.print("start_with");
  co_return started;
}

Task<Result<>> life_with_init(ContainerRuntime& docker, std::uint64_t number) {
  const Stopwatch watch;
  const auto spec = spec_of(number, "true");
  const auto begun = co_await begin(docker, spec);
  if (!begun) co_return begun.error();
  const auto ended = co_await docker.wait(spec.identity);
  if (!ended) co_return ended.error();
  auto removed = co_await docker.remove(spec.identity);
  watch.print("with");
  co_return removed;
}

Task<Result<>> life_without(http::Client& docker) {
  const Stopwatch watch;
  std::string spec =
      R"({"Image": "busybox", "Cmd": ["sh", "-c", "true"], "HostConfig": {"NetworkMode": "none",
                         "Memory": 67108864, "MemorySwap": 67108864, "LogConfig": {"Type": "local"}}})";
  const auto created = co_await call(docker, "POST", "/containers/create", std::move(spec));
  if (!created) co_return created.error();
  const auto answer = boost::json::parse(*created);
  const std::string container = "/containers/" + std::string(answer.at("Id").as_string());
  const Stopwatch starting;
  const auto started = co_await call(docker, "POST", container + "/start", "");
  if (!started) co_return started.error();
  starting.print("start_without");
  const auto ended = co_await call(docker, "POST", container + "/wait", "");
  if (!ended) co_return ended.error();
  const auto removed = co_await call(docker, "DELETE", container, "");
  if (!removed) co_return removed.error();
  watch.print("without");
  co_return Result<>{};
}

// What a process holds of the memory, pages of its program included.
std::uint64_t resident_bytes(std::int64_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  std::uint64_t kib = 0;
  for (std::string word; status >> word;) {
    if (word == "VmRSS:") status >> kib;
  }
  return kib * 1024;
}

Task<Result<>> measure_memory(ContainerRuntime& runtime, http::Client& docker) {
  const auto spec = spec_of(1, "sleep 600");
  const auto begun = co_await begin(runtime, spec);
  if (!begun) co_return begun.error();
  const auto found =
      co_await call(docker, "GET", "/containers/" + container_name(spec.identity) + "/json", "");
  if (!found) co_return found.error();
  const auto pid = boost::json::parse(*found).at("State").at("Pid").as_int64();
  std::printf("resident %llu\n", static_cast<unsigned long long>(resident_bytes(pid)));
  auto removed = co_await runtime.remove(spec.identity);
  co_return removed;
}

Task<Result<>> measure(http::Address address, std::string state, std::size_t times) {
  const auto executor = co_await asio::this_coro::executor;
  auto runtime = make_docker_runtime(executor, docker_url, state);
  if (!runtime) co_return runtime.error();
  (*runtime)->extend_lease(SystemClock().boot() + 1h);
  http::Client docker(executor, std::move(address));
  const auto remembered = co_await measure_memory(**runtime, docker);
  if (!remembered) co_return remembered.error();
  for (std::size_t i = 0; i < times; ++i) {
    const auto with = co_await life_with_init(**runtime, i + 2);
    if (!with) co_return with.error();
    const auto without = co_await life_without(docker);
    if (!without) co_return without.error();
  }
  co_return Result<>{};
}

}  // namespace
}  // namespace berth::bench

int main(int argc, char** argv) {
  using namespace berth;
  const auto times = argc > 1 ? parse_integer<std::size_t>(argv[1]) : 10;
  auto address = http::parse_address(bench::docker_url, "");
  char state[] = "/tmp/berth-bench-XXXXXX";
  if (!times || !address || ::mkdtemp(state) == nullptr) {
    std::fputs("usage: init_cost [TIMES]\n", stderr);
    return 2;
  }
  asio::io_context io{1};
  const int code = bench::run_task(io, bench::measure(std::move(*address), state, *times));
  std::filesystem::remove_all(state);
  return code;
}
