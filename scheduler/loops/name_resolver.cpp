#include "scheduler/loops/name_resolver.hpp"

#include "shared/base/ip_network.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace berth {
namespace {

struct FoundAddresses {
  int error = 0;
  std::vector<std::string> addresses;
};

void look_up(const std::string& host, FoundAddresses& found) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* first = nullptr;
  found.error = ::getaddrinfo(host.c_str(), nullptr, &hints, &first);
  if (found.error != 0) return;
  for (const auto* one = first; one != nullptr; one = one->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    const int failed =
        ::getnameinfo(one->ai_addr, one->ai_addrlen, text.data(), NI_MAXHOST, nullptr, 0, NI_NUMERICHOST);
    if (failed == 0) found.addresses.emplace_back(text.data());
  }
  ::freeaddrinfo(first);
}

}  // namespace

NameResolver::~NameResolver() {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{1};
  for (auto& one : off_loop_) one.leave(deadline);
}

Task<Result<std::vector<std::string>>> NameResolver::resolve(std::string host, Deadline deadline) {
  if (parse_ip_address(host)) {
    std::vector<std::string> itself;
    itself.push_back(std::move(host));
    co_return itself;
  }
  const auto idle =
      std::find_if(off_loop_.begin(), off_loop_.end(), [](const OffLoop& one) { return one.is_free(); });
  if (idle == off_loop_.end()) {
    co_return unavailable("can't resolve " + host + " now: the names before it take too long");
  }
  const auto found = std::make_shared<FoundAddresses>();
  std::function<void()> work = [found, host] { look_up(host, *found); };
  const bool is_done = co_await idle->run(std::move(work), deadline);
  if (!is_done) co_return Error{ErrorKind::timeout, "can't resolve " + host + ": no answer in time"};
  if (found->error != 0) co_return unavailable("can't resolve " + host + ": " + ::gai_strerror(found->error));
  if (found->addresses.empty()) co_return unavailable("can't resolve " + host + ": it has no address");
  co_return found->addresses;
}

}  // namespace berth
