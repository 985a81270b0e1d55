// A Docker daemon of the test's own, with its own data, which may be killed. It has the test image and no
// network.
#pragma once

#include "tests/support/berth_process.hpp"

#include <memory>
#include <string>
#include <vector>

namespace berth::test {

class OwnDocker {
 public:
  // Returns once it answers. Throws with the end of its log if it doesn't.
  OwnDocker();
  // Removes its containers, and stops it.
  ~OwnDocker();
  OwnDocker(const OwnDocker&) = delete;
  OwnDocker& operator=(const OwnDocker&) = delete;

  // For --docker-host.
  std::string host() const { return "unix://" + (folder_.path() / "socket").string(); }

  // kill -9, which takes its containerd along; containers run on.
  void kill() { daemon_.reset(); }
  void start();

 private:
  Finished docker(std::vector<std::string> words) const;

  TemporaryFolder folder_;
  std::unique_ptr<Process> daemon_;
};

}  // namespace berth::test
