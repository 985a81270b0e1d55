// How the API's requests were answered.
#pragma once

#include "shared/http/router.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

namespace berth::api {

class RequestCounts {
 public:
  // By route, not by path: a label for each job would be one too many. `route` is null for what none matched.
  void count(const http::Router::Route* route, unsigned status) {
    const auto* method = route == nullptr ? "none" : route->method.c_str();
    const auto* pattern = route == nullptr ? "none" : route->pattern.c_str();
    ++counts_[{method, pattern, status}];
  }

  using Key = std::tuple<std::string, std::string, unsigned>;  // method, route, status
  const std::map<Key, std::uint64_t>& counts() const { return counts_; }

 private:
  std::map<Key, std::uint64_t> counts_;
};

}  // namespace berth::api
