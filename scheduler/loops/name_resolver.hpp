// Resolves names on threads of its own. The loop's own resolver does one name after the other: one that
// somebody lets hang there would hold up the way to Redis, too.
#pragma once

#include "shared/base/limits.hpp"
#include "shared/base/result.hpp"
#include "shared/runtime/off_loop.hpp"

#include <array>
#include <string>
#include <vector>

namespace berth {

class NameResolver {
 public:
  // One for each try that may be made at once, and more for names that go on hanging behind their try: the
  // system's resolver gives one up after half a minute, a try after limits::webhook_call. So whoever resolves
  // a good name finds one that is free.
  static constexpr std::size_t threads = 128;
  static_assert(threads >= 4 * limits::webhook_tries_at_once && threads >= 4 * limits::max_cluster_webhooks);

  NameResolver() = default;
  // Leaves behind what hangs, all within a second.
  ~NameResolver();
  NameResolver(const NameResolver&) = delete;
  NameResolver& operator=(const NameResolver&) = delete;

  // The IP addresses of a name, at least one, or of an IP address itself. Errors: unavailable (there is no
  // such name; or too many others hang), timeout.
  Task<Result<std::vector<std::string>>> resolve(std::string host, Deadline deadline);

 private:
  std::array<OffLoop, threads> off_loop_;
};

}  // namespace berth
