// The talk with one Docker daemon: requests of the Engine API over its socket, with Docker's refusals and
// silences as errors that a person can use.
#pragma once

#include "executor/runtime/docker/wire.hpp"
#include "shared/http/client.hpp"
#include "shared/runtime/async.hpp"

#include <memory>
#include <optional>
#include <string>

namespace berth::docker {

class Engine {
 public:
  Engine(asio::any_io_executor executor, http::Address address);

  // What is known of the daemon: asked once in each of its incarnations, because the daemon runs three
  // programs to answer. Errors: unavailable and timeout (no daemon there), refused (too old).
  Task<Result<DaemonFacts>> facts(Deadline deadline);
  // The same for whoever wants to know whether the daemon answers now: one whose facts are known is only
  // pinged, and one that was away is asked again.
  Task<Result<DaemonFacts>> check(Deadline deadline);

  // Sends a request; `path` starts with a slash, comes after the version, and is percent-encoded. Any status
  // is a success here. Errors: unavailable and timeout, which name the daemon's address.
  Task<Result<http::Response>> call(std::string method, std::string path, std::string body,
                                    Deadline deadline);

  // The same, returning once the headers are there; `headers` are added to the request's.
  Task<Result<std::unique_ptr<http::ResponseStream>>> open(std::string method, std::string path,
                                                           http::Headers headers, Deadline headers_deadline);
  Task<Result<std::unique_ptr<http::ResponseStream>>> open(std::string method, std::string path,
                                                           Deadline headers_deadline) {
    return open(std::move(method), std::move(path), http::Headers(), headers_deadline);
  }

  // See incarnation.hpp.
  std::string incarnation() const;

  // "Docker doesn't answer at unix:///…: <why>. <what to do>", of the same kind as `error`.
  Error out_of_reach(const Error& error) const;

 private:
  Task<Result<DaemonFacts>> ask_facts(Deadline deadline);
  http::Request request(std::string method, const std::string& path, std::string body) const;

  http::Client client_;
  std::optional<DaemonFacts> facts_;
};

// What is left of a response that isn't wanted, up to 64 KiB of it: the words of a refusal.
Task<std::string> read_rest(http::ResponseStream& stream, Deadline deadline);

}  // namespace berth::docker
