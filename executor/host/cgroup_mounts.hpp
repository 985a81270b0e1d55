// Where a process's cgroups are in the file system. Private to this folder.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace berth {

// The cgroup of one hierarchy that this process is in.
struct CgroupPlace {
  std::filesystem::path mount;      // where the hierarchy is mounted
  std::filesystem::path directory;  // this process's cgroup: `mount` or below it
};

// Those of the v1 controller ("cpu", "memory"), or of the v2 hierarchy where `controller` is empty. More than
// one place is possible: the same hierarchy mounted twice. `cgroup` and `mountinfo` are the texts of those
// files below /proc/self.
std::vector<CgroupPlace> find_cgroup(std::string_view cgroup, std::string_view mountinfo,
                                     std::string_view controller);

// The lines of a text, the fields of a line; empty ones left out.
std::vector<std::string_view> split(std::string_view text, char separator);

}  // namespace berth
