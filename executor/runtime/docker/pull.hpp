// Pulling images: the daemon's progress stream, and one transfer for all who want the same image.
#pragma once

#include "executor/runtime/container_runtime.hpp"
#include "executor/runtime/docker/engine.hpp"

#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace berth::docker {

// Reads the progress stream of POST /images/create, a JSON object a line, in whatever pieces it comes. Pure.
class PullReader {
 public:
  // Takes a piece. A line that isn't such an object is skipped.
  void feed(std::string_view piece);

  // Bytes of all layers that were heard of so far.
  PullProgress progress() const;
  // The daemon's words when the pull has failed.
  const std::optional<std::string>& failure() const { return failure_; }

 private:
  void take_line(std::string_view line);

  std::string line_;                            // the unfinished one; bounded
  std::map<std::string, PullProgress> layers_;  // by layer id
  std::optional<std::string> failure_;
};

// The pulls under way. Whoever asks first for an image drives its transfer, the others listen; if the driver
// is cancelled one of the listeners takes over, and the daemon goes on with the layers that it already has.
// Must outlive its calls.
class SharedPulls {
 public:
  SharedPulls(asio::any_io_executor executor, Engine& engine)
      : executor_(std::move(executor)), engine_(engine) {}

  // `stall` is the longest time without any news from the daemon. Errors as in pull_error(), and timeout.
  Task<Result<>> pull(std::string image, OnPullProgress on_progress, Milliseconds stall);

 private:
  struct Transfer;
  struct Participant;

  Task<Result<>> drive(std::string image, std::shared_ptr<Transfer> transfer, Milliseconds stall);

  asio::any_io_executor executor_;
  Engine& engine_;
  std::map<std::string, std::shared_ptr<Transfer>> transfers_;  // by image reference
};

}  // namespace berth::docker
