// Single calls of the Docker Engine API, as few layers as there can be.
#pragma once

#include "shared/http/client.hpp"

#include <chrono>
#include <string>
#include <utility>

namespace berth::bench {

inline constexpr Milliseconds call_time = std::chrono::seconds{60};

inline Task<Result<std::string>> call(http::Client& docker, std::string method, std::string target,
                                      std::string body) {
  http::Request request;
  request.method = std::move(method);
  request.target = "/v1.41" + target;
  if (!body.empty()) request.headers.emplace_back("Content-Type", "application/json");
  request.body = std::move(body);
  auto answer = co_await docker.call(std::move(request), deadline_in(call_time));
  if (!answer) co_return answer.error();
  if (answer->status >= 300) co_return internal_error("Docker said to " + target + ": " + answer->body);
  co_return std::move(answer->body);
}

}  // namespace berth::bench
