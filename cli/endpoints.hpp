// The schedulers that a client may ask. Any of them serves every request, so that one which can't be reached,
// gives no answer in time, or answers 503 is passed over for the next.
//
// A request may so arrive twice: callers make it safe to repeat (a submit carries an Idempotency-Key whenever
// there are several).
#pragma once

#include "shared/http/client.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace berth::cli {

// "http://a:3625,http://b:3625", in the order in which they are tried. Error invalid names the one at fault.
Result<std::vector<http::Address>> parse_urls(std::string_view urls);

class Endpoints {
 public:
  // At least one address.
  Endpoints(asio::any_io_executor executor, std::vector<http::Address> addresses);

  bool are_several() const { return clients_.size() > 1; }

  // Both begin with the one that answered last, and give each `patience`. Errors: unavailable or timeout when
  // none answered, with what each said; refused and invalid at once. When all that answer say 503, that is
  // the answer.
  Task<Result<http::Response>> call(http::Request request, Milliseconds patience);
  Task<Result<std::unique_ptr<http::ResponseStream>>> open(http::Request request, Milliseconds patience);

 private:
  http::Client& client(std::size_t tries) const { return *clients_[(current_ + tries) % clients_.size()]; }
  void settle_on(std::size_t tries) { current_ = (current_ + tries) % clients_.size(); }

  std::vector<std::unique_ptr<http::Client>> clients_;
  std::size_t current_ = 0;
};

}  // namespace berth::cli
