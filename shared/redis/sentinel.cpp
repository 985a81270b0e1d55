#include "shared/redis/sentinel.hpp"

#include "shared/base/ids.hpp"

#include <algorithm>
#include <utility>

namespace berth::redis {
namespace {

using namespace std::chrono_literals;

constexpr Milliseconds patience_with_one = 1s;

// How to reach one host of those that the URL is about.
RedisUrl at(const RedisUrl& url, const RedisAddress& address) {
  RedisUrl there = url;
  there.sentinels.clear();
  there.master.clear();
  there.host = address.host;
  there.port = address.port;
  return there;
}

Task<Result<std::shared_ptr<Link>>> open_sentinel(RedisUrl there, std::string client_name,
                                                  Deadline deadline) {
  there.database = 0;
  RedisUrl without_login = there;
  without_login.user.clear();
  without_login.password.clear();
  auto link = co_await Link::open(std::move(without_login), client_name, deadline);
  const bool wants_login = !link && link.error().kind == ErrorKind::refused && !there.password.empty();
  if (wants_login) link = co_await Link::open(std::move(there), std::move(client_name), deadline);
  co_return link;
}

Task<Result<RedisAddress>> ask_for_master(RedisUrl there, std::string name, std::string client_name,
                                          Deadline deadline) {
  auto link = co_await open_sentinel(std::move(there), std::move(client_name), deadline);
  if (!link) co_return link.error();
  Command question("SENTINEL", "GET-MASTER-ADDR-BY-NAME", name);
  auto reply = co_await (*link)->ask(std::move(question), deadline);
  (*link)->close("done");
  if (!reply) co_return reply.error();
  if (const auto* failure = reply->failure()) co_return unavailable("it says \"" + failure->text + "\"");
  if (reply->is_nil()) co_return unavailable("it knows no master called \"" + name + "\"");
  const auto& words = reply->items();
  const auto port = words.size() == 2 ? parse_integer<std::uint16_t>(words[1].text()) : std::nullopt;
  if (!port) co_return internal_error("it answered something that isn't an address");
  co_return RedisAddress{std::string(words[0].text()), *port};
}

}  // namespace

Task<Result<std::shared_ptr<Link>>> open_link(RedisUrl url, std::string client_name, Deadline deadline) {
  if (url.sentinels.empty()) {
    auto link = co_await Link::open(std::move(url), std::move(client_name), deadline);
    co_return link;
  }
  std::string complaints;
  const auto complain = [&](const std::string& who, const std::string& what) {
    complaints += (complaints.empty() ? "" : "; ") + who + ": " + what;
  };
  for (const auto& sentinel : url.sentinels) {
    const auto soon = std::min(deadline, deadline_in(patience_with_one));
    auto there = at(url, sentinel);
    const auto who = "Sentinel " + to_string(there);
    const auto master = co_await ask_for_master(std::move(there), url.master, client_name, soon);
    if (!master) {
      complain(who, master.error().message);
      continue;
    }
    auto server = at(url, *master);
    const auto server_name = to_string(server);
    auto link = co_await Link::open(std::move(server), client_name, deadline, true);
    if (link || link.error().kind == ErrorKind::refused) co_return link;
    complain("the master " + server_name, link.error().message);
  }
  co_return unavailable(complaints);
}

}  // namespace berth::redis
