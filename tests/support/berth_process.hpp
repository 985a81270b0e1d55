// The built binary, driven as a person would: processes with their output collected, and a whole `berth up`
// on a data folder that goes with the test.
#pragma once

#include "shared/base/time.hpp"

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace berth::test {

struct Finished {
  int code = -1;  // exit code, or 128+n for a signal, as a shell has it
  std::string out;
  std::string err;
};

// Every wait of these tests ends at the latest after this; it is generous because machines are slow.
inline constexpr Milliseconds patience{60'000};

class Process {
 public:
  // Starts it with this process's environment and `variables` on top. It is killed when the test process
  // dies.
  explicit Process(std::vector<std::string> words, std::map<std::string, std::string> variables = {},
                   std::string_view input = {});
  // Kills it if it still runs.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Returns once `text` was written to stdout or stderr; false when the process ended or `limit` passed
  // before.
  bool wait_for(std::string_view text, Milliseconds limit = patience);
  // Takes what it has written by now.
  void collect();
  // All it wrote, once it has ended. Throws when it runs on for longer than `limit`.
  Finished wait(Milliseconds limit = patience);
  void send(int signal);
  // Bytes of memory that are resident now.
  std::uint64_t resident() const;

  const std::string& out() const { return collected_.out; }
  const std::string& err() const { return collected_.err; }

 private:
  bool pump(Monotonic deadline);
  void feed(std::string_view input, int descriptor);

  pid_t pid_ = -1;
  int out_ = -1;
  int err_ = -1;
  Finished collected_;
};

// A folder below /tmp that goes with the test.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  // Writes a file in it and returns its path.
  std::string file(const std::string& name, std::string_view content) const;
  std::string read(const std::string& name) const;

 private:
  std::filesystem::path path_;
};

class BerthUp {
 public:
  // `berth up` on a free port, with more flags; returns once it says where its API listens. Throws if it
  // doesn't.
  BerthUp(std::string binary, std::vector<std::string> flags);
  // Stops it, and removes the containers that a killed one has left.
  ~BerthUp();

  // `berth WORDS…` against it, to its end.
  Finished berth(std::vector<std::string> words, Milliseconds limit = patience) const;
  // The same, still running: words and environment for a Process.
  std::vector<std::string> command(std::vector<std::string> words) const;
  std::map<std::string, std::string> variables() const;

  Finished stop();  // Ctrl-C, and its end
  void kill();      // kill -9
  void start();     // again, on the same data

  const std::string& url() const { return url_; }
  const std::filesystem::path& data() const { return data_.path(); }
  // The end of what it has said so far.
  std::string last_words() const;
  // Docker's ids of the containers of this Berth, in whatever state.
  std::vector<std::string> containers() const;
  // True once there are none, false if some remain for longer than they may.
  bool leaves_no_container() const;

 private:
  std::string cluster() const;

  std::string binary_;
  std::vector<std::string> flags_;
  TemporaryFolder data_;
  std::string url_;
  std::unique_ptr<Process> process_;
};

}  // namespace berth::test
