// A Redis with a replica and three Sentinels that watch over it, on ports of 127.0.0.1. A server that is
// silent for three seconds is taken for dead: a busy disk takes longer than one for an fsync.
#pragma once

#include "tests/support/berth_process.hpp"
#include "tests/support/redis_server.hpp"

#include <array>
#include <memory>
#include <string>

namespace berth::test {

class SentinelTrio {
 public:
  // Returns once the Sentinels know the replica and each other. Throws if that takes too long.
  SentinelTrio();

  std::string url() const;                    // redis-sentinel://…/prime
  RedisServer& first() { return *first_; }    // the master at the beginning
  RedisServer& second() { return *second_; }  // its replica

  // Returns when the replica has what the master has now.
  void await_replica() const;
  // From now on nothing that the master acknowledges reaches the replica. For half a minute the Sentinels
  // still let it follow a master that dies.
  void cut_off_replica();
  // kill -9 of the master, at an instant at which its replica has all that it acknowledged.
  void kill_first();

 private:
  bool is_ready() const;

  TemporaryFolder folder_;
  std::array<int, 3> ports_{};
  int first_port_ = 0;
  std::unique_ptr<RedisServer> first_;
  std::unique_ptr<RedisServer> second_;
  std::array<std::unique_ptr<Process>, 3> sentinels_;
};

}  // namespace berth::test
