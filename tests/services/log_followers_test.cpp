// Those who follow a job's output and never read: they are dropped, and nobody else notices.
#include "tests/support/fleet.hpp"
#include "tests/support/redis_server.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <list>
#include <stdexcept>
#include <string>

namespace berth::test {
namespace {

// A client that asks and then takes nothing of the answer. Its buffers are small, so that the server soon has
// nowhere to put the rest.
class DeafFollower {
 public:
  DeafFollower(std::uint16_t port, const std::string& target) : server_port_(port) {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int buffer = 4'096;
    const int segment = 536;
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    ::setsockopt(socket_, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
    const timeval silence{60, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof silence);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const auto request = "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::send(socket_, request.data(), request.size(), 0) != static_cast<ssize_t>(request.size())) {
      throw std::runtime_error("can't ask for " + target);
    }
    socklen_t size = sizeof address;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    own_port_ = ntohs(address.sin_port);
  }
  ~DeafFollower() { ::close(socket_); }
  DeafFollower(const DeafFollower&) = delete;
  DeafFollower& operator=(const DeafFollower&) = delete;

  // True once the answer has begun.
  bool is_served() const {
    pollfd look{socket_, POLLIN, 0};
    return ::poll(&look, 1, static_cast<int>(patience.count())) == 1;
  }

  // Whether the server has closed its end, by the kernel's word: this end learns of it only when it has read
  // what came before.
  bool is_dropped() const {
    std::array<char, 64> wanted{};
    std::snprintf(wanted.data(), wanted.size(), ": 0100007F:%04X 0100007F:%04X 01 ",
                  static_cast<unsigned>(server_port_), static_cast<unsigned>(own_port_));
    std::ifstream connections("/proc/net/tcp");
    for (std::string line; std::getline(connections, line);) {
      if (line.find(wanted.data()) != std::string::npos) return false;
    }
    return true;
  }

  // Everything that was on its way, to the end.
  std::string rest() const {
    std::string all;
    std::array<char, 65536> buffer{};
    for (ssize_t count = 1; count > 0;) {
      count = ::recv(socket_, buffer.data(), buffer.size(), 0);
      if (count > 0) all.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return all;
  }

 private:
  std::uint16_t server_port_ = 0;
  std::uint16_t own_port_ = 0;
  int socket_ = -1;
};

TEST(LogFollowers, WhoNeverReadAreDroppedAndHoldUpNeitherTheJobNorTheOthers) {
  RedisServer redis;
  Fleet fleet(BERTH_BINARY, redis.url(), 1);
  const auto url = fleet.variables().at("BERTH_URL");
  const auto port = static_cast<std::uint16_t>(std::stoul(url.substr(url.rfind(':') + 1)));
  constexpr std::size_t output = 4'000'000;  // all of it is kept
  const auto job = fleet.berth({"run", "-d", "-e", "SIMULATE_OUTPUT=" + std::to_string(output), "busybox"});
  ASSERT_EQ(job.out, "1\n") << job.err;
  std::list<DeafFollower> deaf;
  for (int i = 0; i < 20; ++i) deaf.emplace_back(port, "/v1/jobs/1/logs?follow=true");
  for (const auto& one : deaf) ASSERT_TRUE(one.is_served());
  Process reader({"sh", "-c", "exec \"$0\" logs -f 1 >\"$1\"", BERTH_BINARY, fleet.folder().path() / "copy"},
                 fleet.variables());

  fleet.start_executor("m1", {"--runtime", "simulated", "--cpu", "4", "--memory", "4GiB"});
  EXPECT_EQ(fleet.berth({"wait", "1"}).code, 0) << fleet.last_words();
  const auto read = reader.wait();
  EXPECT_EQ(read.code, 0) << read.err;
  EXPECT_EQ(read.err, "");
  const auto copy = fleet.folder().read("copy");
  EXPECT_EQ(copy.size(), output);
  EXPECT_TRUE(fleet.berth({"logs", "1"}).out == copy);
  EXPECT_EQ(fleet.berth({"run", "busybox"}).code, 0) << "and the next job";

  // A minute is what the server waits for a client that takes nothing.
  const auto is_dropped = [](const DeafFollower& one) { return one.is_dropped(); };
  await([&] { return std::all_of(deaf.begin(), deaf.end(), is_dropped); }, Milliseconds{150'000});
  for (const auto& one : deaf) {
    const auto got = one.rest();
    EXPECT_LT(got.size(), output);
    EXPECT_FALSE(got.ends_with("\r\n0\r\n\r\n")) << "broken off, so that it can't be taken for the whole";
  }
}

TEST(LogFollowers, HundredsWhoNeverReadHoldLittleOfTheSchedulersMemory) {
  RedisServer redis;
  Fleet fleet(BERTH_BINARY, redis.url(), 1);
  const auto url = fleet.variables().at("BERTH_URL");
  const auto port = static_cast<std::uint16_t>(std::stoul(url.substr(url.rfind(':') + 1)));
  constexpr std::size_t output = 4'000'000;
  fleet.start_executor("m1", {"--runtime", "simulated", "--cpu", "4", "--memory", "4GiB"});
  EXPECT_EQ(fleet.berth({"run", "-e", "SIMULATE_OUTPUT=" + std::to_string(output), "busybox"}).code, 0)
      << fleet.last_words();
  const auto before = fleet.resident("s1");

  // A mebibyte for each would be six hundred.
  std::list<DeafFollower> deaf;
  for (int i = 0; i < 600; ++i) deaf.emplace_back(port, "/v1/jobs/1/logs?follow=true");
  for (const auto& one : deaf) ASSERT_TRUE(one.is_served());
  EXPECT_EQ(fleet.berth({"logs", "1"}).out.size(), output) << "to one who reads";
  const auto after = fleet.resident("s1");
#ifdef __SANITIZE_ADDRESS__
  constexpr std::uint64_t most = 450u << 20;  // it keeps 256 MiB of what was freed
#else
  constexpr std::uint64_t most = 200u << 20;
#endif
  EXPECT_LT(after - std::min(before, after), most);
}

}  // namespace
}  // namespace berth::test
