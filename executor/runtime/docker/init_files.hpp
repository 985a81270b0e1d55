// What berth-init needs on the host, below this executor's state directory:
//
//   init             the program                      } one inode each, linked into
//   lease            the executor's lease             } every attempt's directory
//   attempts/<container's name>/{init, lease, link, record}
//                    seen read-only inside the container as /.berth (init/protocol.h)
//   outputs/<container's name>/    its output, on its way (job_output.hpp)
//
// The state directory itself is closed to other users; what is mounted out of it is not, because jobs have
// users of all kinds. An attempt's directory lives as long as its container: with the container it is what an
// executor that comes back knows of the time without it.
#pragma once

#include "executor/core/init_record.hpp"
#include "shared/base/file_descriptor.hpp"
#include "shared/base/result.hpp"
#include "shared/base/time.hpp"

#include <filesystem>
#include <set>
#include <string>
#include <utility>

namespace berth::docker {

class InitFiles {
 public:
  // Makes the directory if need be, and puts the program there; an earlier executor's lease is kept. Error
  // refused: it can't be written to.
  static Result<InitFiles> open(const std::filesystem::path& state);

  // How long this machine's containers may live, unless it is extended again.
  void extend_lease(BootTime until);

  // The attempt's directory, with everything that its container needs. Again: the same one. Error
  // unavailable: it can't be made now.
  Result<std::filesystem::path> make(const std::string& name);
  // Nothing that was written: an empty record. One that isn't there: also.
  InitRecord record(const std::string& name) const;
  std::filesystem::path directory(const std::string& name) const { return attempts_ / name; }
  // Of its output. make() doesn't make it; remove() and keep_only() remove it.
  std::filesystem::path output_directory(const std::string& name) const { return outputs_ / name; }
  // Of the record, for writing. Invalid when it can't be opened.
  FileDescriptor open_record(const std::string& name) const;
  void remove(const std::string& name);
  // Removes the directories of other containers than these and than those made by this object.
  void keep_only(const std::set<std::string>& names);

 private:
  InitFiles(std::filesystem::path state, FileDescriptor lease)
      : state_(std::move(state)),
        attempts_(state_ / "attempts"),
        outputs_(state_ / "outputs"),
        lease_(std::move(lease)) {}

  std::filesystem::path state_;
  std::filesystem::path attempts_;
  std::filesystem::path outputs_;
  FileDescriptor lease_;
  std::set<std::string> made_;
};

}  // namespace berth::docker
