// Opening a connection to an address. Part of the client.
#pragma once

#include "shared/http/client.hpp"
#include "shared/http/transport.hpp"

namespace berth::http {

// Tries every address that the name has and that the options let be connected to, each for its share of the
// time that is left; with TLS, if the address asks for it. Errors: unavailable (names address and reason),
// timeout, refused (none of the addresses may be connected to), invalid (a socket path that is too long).
Task<Result<std::shared_ptr<Transport>>> connect(asio::any_io_executor executor, Address address,
                                                 ClientOptions options, Deadline deadline);

}  // namespace berth::http
