// Mounts in the mount namespace of this process.
#pragma once

#include <sys/mount.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace berth::chaos {

// A fresh file system of that type. Throws std::system_error.
inline void mount_own(const char* type, const char* where, const char* options = nullptr) {
  if (::mount(type, where, type, 0, options) != 0)
    throw std::system_error(errno, std::generic_category(), where);
}

// A folder in place of another.
inline void mount_bound(const std::string& folder, const char* where) {
  if (::mount(folder.c_str(), where, nullptr, MS_BIND, nullptr) != 0)
    throw std::system_error(errno, std::generic_category(), where);
}

}  // namespace berth::chaos
