#include "executor/host/disk.hpp"

#include <sys/statvfs.h>

#include <utility>

namespace berth {

Disk measure_disk(std::string path) {
  struct statvfs facts {};
  if (path.empty() || ::statvfs(path.c_str(), &facts) != 0) {
    path = "/";
    facts = {};
    if (::statvfs(path.c_str(), &facts) != 0) return {path, {}, {}};
  }
  constexpr Bytes unit = 1_GiB;
  const auto block = static_cast<std::int64_t>(facts.f_frsize);
  const auto free = static_cast<std::int64_t>(facts.f_bavail) * block;
  return {std::move(path), Bytes{static_cast<std::int64_t>(facts.f_blocks) * block},
          Bytes{free / unit.value * unit.value}};
}

}  // namespace berth
