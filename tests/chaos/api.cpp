#include "tests/chaos/api.hpp"

#include <stdexcept>

namespace berth::chaos {
namespace {

using namespace std::chrono_literals;

constexpr Milliseconds one_call = 10s;
constexpr Milliseconds between_calls = 200ms;

}  // namespace

Api::Api(asio::any_io_executor executor, const std::vector<std::string>& addresses) {
  for (const auto& address : addresses) {
    const auto parsed = http::parse_address("http://" + address, "3625");
    clients_.push_back(std::make_unique<http::Client>(executor, parsed.value()));
  }
}

Task<Answer> Api::call(std::size_t scheduler, http::Request request, Milliseconds limit) {
  auto response = co_await clients_.at(scheduler)->call(std::move(request), deadline_in(limit));
  Answer answer;
  if (response) {
    answer.status = response->status;
    answer.body = std::move(response->body);
  } else {
    answer.body = response.error().message;
  }
  co_return answer;
}

Task<Answer> Api::get(std::string target, Milliseconds limit, http::Headers headers) {
  const auto give_up = deadline_in(limit);
  Answer answer;
  do {
    http::Request request;
    request.target = target;
    request.headers = headers;
    next_ = (next_ + 1) % clients_.size();
    answer = co_await call(next_, std::move(request), one_call);
    if (answer.is_good()) co_return answer;
    co_await sleep_until(deadline_in(between_calls));
  } while (loop_now() < give_up);
  throw std::runtime_error("no scheduler answers GET " + target + ": " + std::to_string(answer.status) + ' ' +
                           answer.body);
}

Task<json::value> Api::ask(std::string target, Milliseconds limit) {
  const auto answer = co_await get(std::move(target), limit);
  co_return parse_json(answer.body).value();
}

}  // namespace berth::chaos
