#include "executor/runtime/docker/init_files.hpp"

#include "executor/host/files.hpp"
#include "executor/runtime/docker/init_program.hpp"
#include "init/protocol.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <system_error>
#include <vector>

namespace berth::docker {
namespace {

namespace fs = std::filesystem;

constexpr mode_t program_mode = 0755;
constexpr mode_t lease_mode = 0644;
constexpr mode_t record_mode = 0600;

std::string last_error() { return std::generic_category().message(errno); }

// A new inode, so that containers that run keep the one they have.
bool put_program(const fs::path& path) {
  const auto program = init_program();
  if (read_text(path) == program) return true;
  const auto fresh = path.string() + ".new";
  {
    std::ofstream file(fresh, std::ios::binary | std::ios::trunc);
    file << program;
    if (!file.flush()) return false;
  }
  return ::chmod(fresh.c_str(), program_mode) == 0 && ::rename(fresh.c_str(), path.c_str()) == 0;
}

// A lease that has never been extended has ended.
FileDescriptor open_lease(const fs::path& path) {
  FileDescriptor lease(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, lease_mode));
  struct stat status {};
  if (!lease.is_open() || ::fchmod(lease.get(), lease_mode) != 0 || ::fstat(lease.get(), &status) != 0)
    return FileDescriptor();
  const bool is_whole = status.st_size == static_cast<off_t>(sizeof(std::int64_t));
  if (!is_whole && ::ftruncate(lease.get(), sizeof(std::int64_t)) != 0) return FileDescriptor();
  return lease;
}

// With its room on the disk allocated, so that what happens can be written down when the disk is full.
bool make_record(const fs::path& path) {
  const FileDescriptor record(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, record_mode));
  return record.is_open() && ::posix_fallocate(record.get(), 0, BERTH_RECORD_SIZE) == 0;
}

bool link_here(const fs::path& what, const fs::path& directory) {
  return ::link(what.c_str(), (directory / what.filename()).c_str()) == 0 || errno == EEXIST;
}

}  // namespace

Result<InitFiles> InitFiles::open(const fs::path& state) {
  const auto complaint = [&](const std::string& why) {
    return Error{ErrorKind::refused,
                 "can't use the directory " + state.string() + ": " + why +
                     "; the executor keeps there what containers need: give it another with --state-dir",
                 "--state-dir"};
  };
  std::error_code failure;
  fs::create_directories(state / "attempts", failure);
  if (!failure) fs::create_directories(state / "outputs", failure);
  if (failure) return complaint(failure.message());
  if (::chmod(state.c_str(), S_IRWXU) != 0) return complaint(last_error());
  if (!put_program(state / "init")) return complaint(last_error());
  auto lease = open_lease(state / "lease");
  if (!lease.is_open()) return complaint(last_error());
  return InitFiles(fs::canonical(state), std::move(lease));
}

void InitFiles::extend_lease(BootTime until) {
  const std::int64_t deadline = until.since_boot.count();
  // Eight bytes inside one page, which is what makes it whole for who reads it meanwhile. There is nothing
  // to do about a failure but what happens anyway: the lease ends.
  [[maybe_unused]] const auto written = ::pwrite(lease_.get(), &deadline, sizeof deadline, 0);
}

Result<fs::path> InitFiles::make(const std::string& name) {
  const auto path = directory(name);
  made_.insert(name);
  const bool is_there = ::mkdir(path.c_str(), program_mode) == 0 || errno == EEXIST;
  const bool is_whole = is_there && ::chmod(path.c_str(), program_mode) == 0 &&
                        link_here(state_ / "init", path) && link_here(state_ / "lease", path) &&
                        make_record(path / "record");
  if (!is_whole) return file_trouble("can't prepare", path);
  return path;
}

InitRecord InitFiles::record(const std::string& name) const {
  return parse_init_record(read_text(directory(name) / "record"));
}

FileDescriptor InitFiles::open_record(const std::string& name) const {
  return FileDescriptor(::open((directory(name) / "record").c_str(), O_WRONLY | O_CLOEXEC));
}

void InitFiles::remove(const std::string& name) {
  std::error_code ignored;  // what is left is found when the containers are listed
  fs::remove_all(output_directory(name), ignored);
  fs::remove_all(directory(name), ignored);
  if (!ignored) made_.erase(name);
}

void InitFiles::keep_only(const std::set<std::string>& names) {
  std::error_code failure;
  std::vector<std::string> stale;
  for (const auto& entry : fs::directory_iterator(attempts_, failure)) {
    auto name = entry.path().filename().string();
    if (!names.contains(name) && !made_.contains(name)) stale.push_back(std::move(name));
  }
  for (const auto& name : stale) remove(name);
}

}  // namespace berth::docker
