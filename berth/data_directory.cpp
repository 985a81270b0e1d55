#include "berth/data_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>
#include <system_error>
#include <utility>

namespace berth {
namespace {

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string read_first_word(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string word;
  file >> word;
  return word;
}

// The records hold people's environment variables: nobody else's business. A directory that was there before
// keeps its permissions: it may be anything, /tmp too.
Result<> make_private(const std::filesystem::path& path) {
  std::error_code error;
  const bool is_new = std::filesystem::create_directories(path, error);
  if (!error && is_new) std::filesystem::permissions(path, std::filesystem::perms::owner_all, error);
  if (error) return invalid("can't use " + path.string() + ": " + error.message(), "--data");
  return {};
}

// Writes a small file whole or not at all, and on disk when it returns.
Result<> write_durably(const std::filesystem::path& path, std::string text) {
  const auto draft = path.string() + ".new";
  const auto complaint = [&] {
    return invalid("can't write " + path.string() + ": " + std::strerror(errno), "--data");
  };
  text += '\n';
  {
    const FileDescriptor file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (file.get() < 0 ||
        ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        ::fsync(file.get()) != 0) {
      return complaint();
    }
  }
  if (::rename(draft.c_str(), path.c_str()) != 0) return complaint();
  const FileDescriptor directory(::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || ::fsync(directory.get()) != 0) return complaint();
  return {};
}

}  // namespace

std::filesystem::path default_data_path() {
  const auto data_home = from_environment("XDG_DATA_HOME");
  if (!data_home.empty()) return std::filesystem::path(data_home) / "berth";
  const auto home = from_environment("HOME");
  return std::filesystem::path(home.empty() ? "/" : home) / ".local/share/berth";
}

Result<DataDirectory> DataDirectory::open(const std::filesystem::path& given) {
  const auto path = std::filesystem::absolute(given).lexically_normal();
  if ((path / "redis.sock").string().size() >= sizeof(sockaddr_un::sun_path)) {
    return invalid(path.string() + " is too long: the Unix socket in it may have at most " +
                       std::to_string(sizeof(sockaddr_un::sun_path) - 1) + " characters",
                   "--data");
  }
  if (auto made = make_private(path); !made) return made.error();
  if (auto made = make_private(path / "redis"); !made) return made.error();
  const auto lock_path = path / "lock";
  FileDescriptor lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (lock.get() < 0)
    return invalid("can't open " + lock_path.string() + ": " + std::strerror(errno), "--data");
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    const auto owner = read_first_word(lock_path);
    return Error{ErrorKind::refused, "another `berth up`" +
                                         (owner.empty() ? "" : " (process " + owner + ')') + " has " +
                                         path.string() + ": use it, or choose another directory with --data"};
  }
  const auto pid = std::to_string(::getpid()) + '\n';
  if (::ftruncate(lock.get(), 0) != 0 || ::pwrite(lock.get(), pid.data(), pid.size(), 0) < 0) {
    return invalid("can't write " + lock_path.string() + ": " + std::strerror(errno), "--data");
  }
  return DataDirectory(path, std::move(lock));
}

Result<std::string> DataDirectory::cluster_name() const {
  const auto file = path_ / "cluster";
  auto name = read_first_word(file);
  if (!name.empty()) return name;
  std::error_code error;
  if (!std::filesystem::is_empty(redis_directory(), error) || error) {
    return invalid(
        file.string() + " is missing, but " + redis_directory().string() +
            " holds records of a cluster whose name stood there: restore it (the keys in Redis begin "
            "with {berth:NAME}), or choose another directory",
        "--data");
  }
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "up-%08x", static_cast<unsigned>(std::random_device{}()));
  name = text.data();
  if (auto written = write_durably(file, name); !written) return written.error();
  return name;
}

Result<std::string> DataDirectory::executor_name(const std::string& wanted) const {
  const auto file = path_ / "executor";
  const auto known = read_first_word(file);
  if (!known.empty()) return known;
  if (auto written = write_durably(file, wanted); !written) return written.error();
  return wanted;
}

}  // namespace berth
