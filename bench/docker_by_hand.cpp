// docker_by_hand [TIMES]: the limit of `berth run busybox true`: the four calls of the Docker Engine API that
// a container job can't do without (create, start, wait, remove), on one kept-alive connection. Prints the
// milliseconds of each life.
#include "bench/docker_api.hpp"
#include "bench/run_task.hpp"
#include "shared/base/ids.hpp"

#include <boost/json/parse.hpp>

#include <chrono>
#include <cstdio>
#include <string>
#include <utility>

namespace berth::bench {
namespace {

Task<Result<>> one_life(http::Client& docker) {
  const auto began = std::chrono::steady_clock::now();
  std::string spec = R"({"Image": "busybox", "Cmd": ["true"]})";
  const auto created = co_await call(docker, "POST", "/containers/create", std::move(spec));
  if (!created) co_return created.error();
  const auto answer = boost::json::parse(*created);
  const std::string container = "/containers/" + std::string(answer.at("Id").as_string());
  const auto started = co_await call(docker, "POST", container + "/start", "");
  if (!started) co_return started.error();
  const auto ended = co_await call(docker, "POST", container + "/wait", "");
  if (!ended) co_return ended.error();
  const auto removed = co_await call(docker, "DELETE", container, "");
  if (!removed) co_return removed.error();
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
  std::printf("%.1f\n", took.count());
  co_return Result<>{};
}

Task<Result<>> measure(http::Address address, std::size_t times) {
  const auto executor = co_await asio::this_coro::executor;
  http::Client docker(executor, std::move(address));
  for (std::size_t i = 0; i < times; ++i) {
    const auto lived = co_await one_life(docker);
    if (!lived) co_return lived.error();
  }
  co_return Result<>{};
}

}  // namespace
}  // namespace berth::bench

int main(int argc, char** argv) {
  using namespace berth;
  const auto times = argc > 1 ? parse_integer<std::size_t>(argv[1]) : 1;
  auto address = http::parse_address("unix:///var/run/docker.sock", "");
  if (!times || !address) {
    std::fputs("usage: docker_by_hand [TIMES]\n", stderr);
    return 2;
  }
  asio::io_context io{1};
  return bench::run_task(io, bench::measure(std::move(*address), *times));
}
