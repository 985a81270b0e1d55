// The directory in which `berth up` keeps its Redis and its executor's state: who owns it now, and the
// cluster's name in it.
#pragma once

#include "shared/base/file_descriptor.hpp"
#include "shared/base/result.hpp"

#include <filesystem>
#include <string>

namespace berth {

class DataDirectory {
 public:
  // Makes the directory when it is missing and locks it for this process. Errors: refused (another `berth up`
  // has it; the message names its process), invalid (it can't be made, or its path is too long for a Unix
  // socket).
  static Result<DataDirectory> open(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path redis_directory() const { return path_ / "redis"; }
  std::filesystem::path executor_state() const { return path_ / "state"; }
  std::filesystem::path socket() const { return path_ / "redis.sock"; }
  std::filesystem::path redis_log() const { return path_ / "redis.log"; }
  // Held by the private Redis, so that a new one never opens the files while an old one still writes to them.
  std::filesystem::path redis_lock() const { return path_ / "redis.lock"; }

  // Unique for this directory: two `berth up` on one Docker daemon must not take each other's containers for
  // their own.
  Result<std::string> cluster_name() const;

  // The name under which this directory's executor was first started, `wanted` the first time: a machine
  // whose host name changes finds its jobs and containers again.
  Result<std::string> executor_name(const std::string& wanted) const;

 private:
  DataDirectory(std::filesystem::path path, FileDescriptor lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}

  std::filesystem::path path_;
  FileDescriptor lock_;
};

// $XDG_DATA_HOME/berth, else ~/.local/share/berth.
std::filesystem::path default_data_path();

}  // namespace berth
