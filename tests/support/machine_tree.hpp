// A directory tree that looks like / of some machine, with its GPUs; gone with the object.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace berth::test {

class MachineTree {
 public:
  MachineTree() {
    std::string name = (std::filesystem::temp_directory_path() / "berth-machine-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
  }
  ~MachineTree() { std::filesystem::remove_all(root_); }
  MachineTree(const MachineTree&) = delete;
  MachineTree& operator=(const MachineTree&) = delete;

  const std::filesystem::path& root() const { return root_; }
  void file(const std::string& path, const std::string& text = "") const {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  void remove(const std::string& path) const { std::filesystem::remove_all(root_ / path); }

 private:
  std::filesystem::path root_;
};

// The library of tests/support/nvml, told by a file what to answer.
class FakeNvml {
 public:
  explicit FakeNvml(const std::string& says) {
    say(says);
    ::setenv("BERTH_FAKE_NVML", (tree_.root() / "nvml").c_str(), 1);
  }
  ~FakeNvml() { ::unsetenv("BERTH_FAKE_NVML"); }
  FakeNvml(const FakeNvml&) = delete;
  FakeNvml& operator=(const FakeNvml&) = delete;

  void say(const std::string& text) const { tree_.file("nvml", text); }

 private:
  MachineTree tree_;
};

}  // namespace berth::test
