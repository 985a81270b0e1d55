// followers URL JOB COUNT FILE: follows the output of a job COUNT times at once, each over a connection of
// its own, until the job has ended. Makes FILE once all are connected. Prints the fewest and the most bytes
// of output that one of them got; nothing when there were none.
#include "bench/run_task.hpp"
#include "shared/base/ids.hpp"
#include "shared/http/client.hpp"
#include "shared/http/multiplexed.hpp"
#include "shared/runtime/task_group.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace berth::bench {
namespace {

using Stream = std::unique_ptr<http::ResponseStream>;

constexpr Milliseconds answer_time = std::chrono::minutes{1};
constexpr Milliseconds silence = std::chrono::minutes{1};  // the server says every 15 s that it is there

struct Heard {
  std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t most = 0;
  std::optional<Error> failure{};
};

Task<Result<Stream>> open_log(http::Client& client, std::string target) {
  http::Request request;
  request.target = std::move(target);
  request.headers.emplace_back("Accept", "application/vnd.docker.multiplexed-stream");
  auto stream = co_await client.open(std::move(request), deadline_in(answer_time));
  if (!stream) co_return stream.error();
  const auto status = (*stream)->head().status;
  if (status != 200) co_return internal_error("the server answered " + std::to_string(status));
  co_return std::move(*stream);
}

// Adds the payload of whole and half frames.
Result<> add_payload(http::Demultiplexer& frames, std::string_view input, std::uint64_t& bytes) {
  while (true) {
    const auto piece = frames.next(input);
    if (!piece) return piece.error();
    if (!*piece) return {};
    if ((*piece)->stream != http::error_stream) bytes += (*piece)->bytes.size();
  }
}

Task<Result<std::uint64_t>> read_to_end(http::ResponseStream& stream) {
  http::Demultiplexer frames;
  std::uint64_t bytes = 0;
  while (true) {
    const auto piece = co_await stream.read(deadline_in(silence));
    if (!piece) co_return piece.error();
    if (piece->empty()) break;
    const auto counted = add_payload(frames, *piece, bytes);
    if (!counted) co_return counted.error();
  }
  if (!frames.at_boundary()) co_return unavailable("the connection ended in the middle of the output");
  co_return bytes;
}

Task<> follow(Stream stream, Heard& heard) {
  const auto bytes = co_await read_to_end(*stream);
  if (!bytes) {
    heard.failure = bytes.error();
    co_return;
  }
  heard.least = std::min(heard.least, *bytes);
  heard.most = std::max(heard.most, *bytes);
}

Result<> make_file(const std::string& path) {
  std::ofstream file(path);
  file.flush();
  if (!file) return invalid("can't make the file " + path);
  return {};
}

Task<Result<>> follow_all(http::Client& client, TaskGroup& followers, std::string target, std::size_t wanted,
                          Heard& heard) {
  for (std::size_t i = 0; i < wanted; ++i) {
    auto stream = co_await open_log(client, target);
    if (!stream) co_return stream.error();
    followers.spawn("follower", follow(std::move(*stream), heard));
  }
  co_return Result<>{};
}

Task<Result<>> measure(http::Address address, std::string target, std::size_t wanted, std::string file) {
  const auto executor = co_await asio::this_coro::executor;
  http::Client client(executor, std::move(address));
  TaskGroup followers(executor);
  Heard heard;
  auto connected = co_await follow_all(client, followers, std::move(target), wanted, heard);
  if (connected) connected = make_file(file);
  if (!connected) followers.cancel();
  co_await followers.join();
  if (!connected) co_return connected.error();
  if (heard.failure) co_return *heard.failure;
  if (wanted > 0)
    std::printf("%llu %llu\n", static_cast<unsigned long long>(heard.least),
                static_cast<unsigned long long>(heard.most));
  co_return Result<>{};
}

int usage() {
  std::fputs("usage: followers URL JOB COUNT FILE\n", stderr);
  return 2;
}

}  // namespace
}  // namespace berth::bench

int main(int argc, char** argv) {
  using namespace berth;
  if (argc != 5) return bench::usage();
  auto address = http::parse_address(argv[1], "3625");
  const auto job = parse_job_id(argv[2]);
  const auto wanted = parse_integer<std::size_t>(argv[3]);
  if (!address || !job || !wanted) return bench::usage();
  const auto target = "/v1/jobs/" + to_string(*job) + "/logs?follow=true";
  asio::io_context io{1};
  return bench::run_task(io, bench::measure(std::move(*address), target, *wanted, argv[4]));
}
