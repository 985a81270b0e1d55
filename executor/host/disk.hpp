// How full a file system is.
#pragma once

#include "shared/model/executor_info.hpp"

#include <cstdint>
#include <string>

namespace berth {

// The one that holds `path`, or the root's where there is no such path here (the daemon may run elsewhere).
Disk measure_disk(std::string path);

// What a file system has, and what of it is free. `files` is 0 where it doesn't count them.
struct Room {
  Bytes total;
  Bytes free;
  std::uint64_t files = 0;
  std::uint64_t files_free = 0;
};

// Less than this, and less than a twentieth, is too little to begin anything new.
inline constexpr Bytes spare_room = 1_GiB;
inline constexpr std::uint64_t spare_files = 20'000;

// Why nothing new should be begun on the disk of `path`, for a person; empty while there is room. A disk that
// is full makes Docker fail in odd ways, and what runs there already needs what is left.
std::string why_full(const std::string& path, const Room& room);
// The same as measured now; empty where it can't be told.
std::string why_full(const std::string& path);

}  // namespace berth
