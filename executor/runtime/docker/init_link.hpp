// The executor's end of the link to one attempt's berth-init (init/protocol.h): it listens before the
// container is started, gives init the word to go on and the descriptors that belong to it, and hears whether
// the command could be executed.
#pragma once

#include "executor/runtime/docker/init_files.hpp"
#include "init/protocol.h"
#include "shared/runtime/async.hpp"

#include <boost/asio/local/stream_protocol.hpp>

#include <array>
#include <filesystem>
#include <functional>
#include <string>

namespace berth::docker {

// In the order of init/protocol.h, up to the first that isn't open.
using Given = std::array<FileDescriptor, berth_descriptors>;

class InitLink {
 public:
  // Listens in the attempt's directory, until it is destroyed. Error unavailable: it can't.
  static Result<InitLink> listen(asio::any_io_executor executor, const std::filesystem::path& directory);

  InitLink(InitLink&&) = default;
  InitLink& operator=(InitLink&&) = delete;
  ~InitLink();

  // Waits for init to call, and lets it go on if `may_start` still says so at that very moment. Returns 0, or
  // the errno with which the command couldn't be executed. Errors: those of `may_start`, unavailable (it hung
  // up: the record tells how far it came), timeout. What init was given is closed here.
  Task<Result<int>> release(berth_go go, Given& given, std::function<Task<Result<>>()> may_start,
                            Deadline deadline);

  // The init that has called, as its pid is seen from here; 0: none has, or it can't be seen.
  int caller() const { return caller_; }

 private:
  InitLink(asio::any_io_executor executor, std::filesystem::path path, int listening);
  Task<bool> accept(asio::local::stream_protocol::socket& socket);

  std::filesystem::path path_;
  asio::local::stream_protocol::acceptor acceptor_;
  int caller_ = 0;
};

}  // namespace berth::docker
