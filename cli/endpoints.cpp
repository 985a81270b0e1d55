#include "cli/endpoints.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace berth::cli {
namespace {

constexpr std::string_view default_port = "3625";

// "can't connect to http://…: connection refused" → the reason alone.
std::string reason_of(const Error& error) {
  if (error.kind == ErrorKind::timeout) return "no answer in time";
  auto reason = error.message;
  if (const auto colon = reason.rfind(": "); colon != std::string::npos) reason.erase(0, colon + 2);
  while (reason.ends_with('.')) reason.pop_back();
  if (!reason.empty()) reason[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(reason[0])));
  return reason;
}

// What became of the ones that were tried in vain.
class Failures {
 public:
  void add(const http::Address& address, Error error) {
    list_ += (list_.empty() ? "" : ", ") + address.text() + " (" + reason_of(error) + ")";
    const bool is_first = ++count_ == 1;
    if (is_first || error.kind == ErrorKind::unavailable) last_ = std::move(error);
  }

  // One server's error is told as it is; of several, what each said.
  Error error() const { return count_ < 2 ? last_ : Error{last_.kind, "can't reach any of " + list_}; }

 private:
  std::string list_;
  std::size_t count_ = 0;
  Error last_;
};

}  // namespace

Result<std::vector<http::Address>> parse_urls(std::string_view urls) {
  std::vector<http::Address> addresses;
  while (!urls.empty()) {
    const auto comma = std::min(urls.find(','), urls.size());
    const auto url = urls.substr(0, comma);
    urls.remove_prefix(std::min(comma + 1, urls.size()));
    if (url.empty()) continue;
    auto address = http::parse_address(url, default_port);
    if (!address)
      return invalid("--url (or BERTH_URL) \"" + std::string(url) + "\": " + address.error().message);
    addresses.push_back(std::move(*address));
  }
  if (addresses.empty()) return invalid("--url (or BERTH_URL) is empty: give http://HOST:PORT");
  return addresses;
}

Endpoints::Endpoints(asio::any_io_executor executor, std::vector<http::Address> addresses) {
  for (auto& address : addresses) {
    clients_.push_back(std::make_unique<http::Client>(executor, std::move(address)));
  }
}

Task<Result<http::Response>> Endpoints::call(http::Request request, Milliseconds patience) {
  Failures failures;
  std::optional<http::Response> busy;
  for (std::size_t tries = 0; tries < clients_.size(); ++tries) {
    auto response = co_await client(tries).call(request, deadline_in(patience));
    if (response && response->status == 503) {
      busy = std::move(*response);
    } else if (response) {
      settle_on(tries);
      co_return response;
    } else if (!is_transient(response.error())) {
      co_return response;
    } else {
      failures.add(client(tries).address(), std::move(response.error()));
    }
  }
  if (busy) co_return std::move(*busy);
  co_return failures.error();
}

Task<Result<std::unique_ptr<http::ResponseStream>>> Endpoints::open(http::Request request,
                                                                    Milliseconds patience) {
  Failures failures;
  std::unique_ptr<http::ResponseStream> busy;
  for (std::size_t tries = 0; tries < clients_.size(); ++tries) {
    auto stream = co_await client(tries).open(request, deadline_in(patience));
    if (stream && (*stream)->head().status == 503) {
      busy = std::move(*stream);
    } else if (stream) {
      settle_on(tries);
      co_return std::move(*stream);
    } else if (!is_transient(stream.error())) {
      co_return stream.error();
    } else {
      failures.add(client(tries).address(), std::move(stream.error()));
    }
  }
  if (busy) co_return std::move(busy);
  co_return failures.error();
}

}  // namespace berth::cli
