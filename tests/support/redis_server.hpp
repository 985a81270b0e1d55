// A Redis server of the test's own, on a Unix socket in a folder that goes with it, configured as Berth
// demands. It dies with the test.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace berth::test {

// A TCP port of 127.0.0.1 that nobody listened on a moment ago.
int free_port();

// The words for a server's command line that make the ACL user of docs/redis-layout.md, for all clusters
// whose names begin with `cluster`.
std::vector<std::string> documented_user(const std::string& source_folder, const std::string& password,
                                         const std::string& cluster);

class RedisServer {
 public:
  // Starts it and returns once it answers. `settings` are more words for its command line ("--maxmemory",
  // "1mb"); the later of two wins. Throws when it doesn't come up.
  explicit RedisServer(std::vector<std::string> settings = {});
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  std::string url() const { return "unix://" + socket(); }
  const std::string& folder() const { return folder_; }

  // kill -9. The data stay.
  void kill();
  // On the same data, after kill().
  void start();
  // SIGSTOP and SIGCONT: it takes connections and bytes, and answers nothing.
  void freeze();
  void thaw();
  // The disk is full once a file has this size: a write beyond it fails.
  void limit_file_size(std::size_t bytes);
  // Returns when it has ended by itself.
  void await_end();
  // A command, its words as in redis-cli, and the first bytes of the answer.
  std::string ask(std::string_view command) const;
  // A command whose answer nobody waits for.
  void tell(std::string_view command) const;

 private:
  std::string socket() const { return folder_ + "/redis.sock"; }
  // A connection over which the command went, or -1.
  int send(std::string_view command) const;
  [[noreturn]] void exec() const;

  std::string folder_;
  std::vector<std::string> settings_;
  pid_t pid_ = -1;
};

}  // namespace berth::test
