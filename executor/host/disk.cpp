#include "executor/host/disk.hpp"

#include <sys/statvfs.h>

#include <algorithm>
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

std::string why_full(const std::string& path, const Room& room) {
  const Bytes spare = std::min(spare_room, Bytes{room.total.value / 20});
  const auto files = std::min(spare_files, room.files / 20);
  std::string left;
  if (room.free < spare) left = "less than " + to_string(spare);
  if (room.files_free < files) left = "fewer than " + std::to_string(files) + " inodes";
  if (left.empty()) return {};
  return "the disk that holds " + path + " is nearly full (" + left +
         " free): it takes no new jobs until there is room; docker system prune may make some";
}

std::string why_full(const std::string& path) {
  struct statvfs facts {};
  if (::statvfs(path.c_str(), &facts) != 0) return {};
  const auto block = static_cast<std::int64_t>(facts.f_frsize);
  const Room room{Bytes{static_cast<std::int64_t>(facts.f_blocks) * block},
                  Bytes{static_cast<std::int64_t>(facts.f_bavail) * block}, facts.f_files, facts.f_favail};
  return why_full(path, room);
}

}  // namespace berth
