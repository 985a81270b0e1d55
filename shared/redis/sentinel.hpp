// Finds the server behind a URL that names Sentinels.
#pragma once

#include "shared/redis/link.hpp"

#include <memory>
#include <string>

namespace berth::redis {

// A link to the server that the URL names, or to the one that its Sentinels call the master at this moment
// and that says so itself. The Sentinels are asked in their order, each for at most a second, so whoever
// opens a new link after each loss follows a failover. Errors as Link::open; those of Sentinels name each and
// what it said.
//
// The login of the URL is the server's. A Sentinel gets it only if it asks for one.
Task<Result<std::shared_ptr<Link>>> open_link(RedisUrl url, std::string client_name, Deadline deadline);

// For those that try again.
inline constexpr Milliseconds connect_timeout{3'000};

}  // namespace berth::redis
