// The schedulers' API, as a client uses it that knows all of them.
#pragma once

#include "shared/codec/json.hpp"
#include "shared/http/client.hpp"

#include <memory>
#include <string>
#include <vector>

namespace berth::chaos {

// What came back; status 0 when no whole answer did.
struct Answer {
  unsigned status = 0;
  std::string body;  // or, without an answer, why there is none
  bool is_good() const { return status >= 200 && status < 300; }
};

class Api {
 public:
  // Addresses as HOST:PORT.
  Api(asio::any_io_executor executor, const std::vector<std::string>& addresses);

  std::size_t size() const { return clients_.size(); }
  Task<Answer> call(std::size_t scheduler, http::Request request, Milliseconds limit);

  // A GET of any scheduler's, until one gives a good answer. Throws std::runtime_error after `limit`.
  Task<Answer> get(std::string target, Milliseconds limit, http::Headers headers = {});
  Task<json::value> ask(std::string target, Milliseconds limit);

 private:
  std::vector<std::unique_ptr<http::Client>> clients_;
  std::size_t next_ = 0;
};

}  // namespace berth::chaos
