// A fleet on one machine: schedulers and executors, each a process of its own, on a Redis that the test
// brings.
#pragma once

#include "shared/codec/json.hpp"
#include "tests/support/berth_process.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace berth::test {

class Fleet {
 public:
  // Schedulers "s1" … "sN"; returns once one of them leads.
  Fleet(std::string binary, std::string redis_url, int schedulers);
  // Stops everything, and removes the containers that are left.
  ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  // `berth executor` of that name with more flags. It may mount folder().
  void start_executor(const std::string& name, const std::vector<std::string>& flags);
  // Returns once that many executors are READY.
  void await_executors(std::size_t count) const;

  // kill -9 of a scheduler or executor, and its start as before.
  void kill(const std::string& name);
  void restart(const std::string& name);
  // SIGTERM, and its end.
  void stop(const std::string& name);
  // From its next start on it is this binary.
  void use(const std::string& name, std::string binary);
  // Returns once this scheduler's API answers.
  void await_api(const std::string& name) const;
  // Names of the schedulers, or of the executors.
  std::vector<std::string> schedulers() const { return named("scheduler"); }
  std::vector<std::string> executors() const { return named("executor"); }
  void send(const std::string& name, int signal);
  // Bytes of memory that it has resident now.
  std::uint64_t resident(const std::string& name) const { return processes_.at(name)->resident(); }

  // `berth WORDS…` with the URLs of all schedulers, to its end.
  Finished berth(std::vector<std::string> words, Milliseconds limit = patience) const;
  // What it prints with --json; throws if it fails.
  json::value ask(std::vector<std::string> words) const;
  // The same, still running: words and environment for a Process.
  std::vector<std::string> command(std::vector<std::string> words) const;
  std::map<std::string, std::string> variables() const;
  // The scheduler that leads; empty while none does.
  std::string leader() const;

  const TemporaryFolder& folder() const { return folder_; }
  const std::string& cluster() const { return cluster_; }
  // The end of what each process has logged.
  std::string last_words() const;

 private:
  void launch(const std::string& name);
  std::vector<std::string> named(const std::string& verb) const;

  std::string binary_;
  std::map<std::string, std::string> binaries_;  // of those that have one of their own
  std::string redis_url_;
  TemporaryFolder folder_;
  std::string cluster_;
  std::string urls_;
  std::map<std::string, std::vector<std::string>> words_;  // by name
  std::map<std::string, std::unique_ptr<Process>> processes_;
};

// Returns once it is true, asking again and again: where nothing tells. Throws after `limit`.
void await(const std::function<bool()>& condition, Milliseconds limit = patience);

}  // namespace berth::test
