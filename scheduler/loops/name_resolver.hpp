// Resolves names on threads of its own, a few at once. The loop's own resolver does one name after the other:
// one that somebody lets hang there would hold up the way to Redis, too.
#pragma once

#include "shared/base/result.hpp"
#include "shared/runtime/off_loop.hpp"

#include <array>
#include <string>
#include <vector>

namespace berth {

class NameResolver {
 public:
  static constexpr std::size_t threads = 8;

  // The IP addresses of a name, at least one, or of an IP address itself. Errors: unavailable (there is no
  // such name; or too many others hang), timeout.
  Task<Result<std::vector<std::string>>> resolve(std::string host, Deadline deadline);

 private:
  std::array<OffLoop, threads> off_loop_;
};

}  // namespace berth
