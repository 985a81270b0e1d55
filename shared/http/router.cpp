#include "shared/http/router.hpp"

#include "shared/http/problem.hpp"

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <exception>
#include <stdexcept>

namespace berth::http {
namespace {

// "/v1/jobs" → "v1", "jobs"; "/" → "".
std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const auto segment = path.substr(0, path.find('/'));
    segments.emplace_back(segment);
    path.remove_prefix(segment.size());
  }
  return segments;
}

bool is_placeholder(std::string_view segment) { return segment.starts_with('{') && segment.ends_with('}'); }

bool matches(const std::vector<std::string>& pattern, const std::vector<std::string>& segments) {
  const auto same = [](const std::string& expected, const std::string& given) {
    return is_placeholder(expected) ? !given.empty() : expected == given;
  };
  return std::equal(pattern.begin(), pattern.end(), segments.begin(), segments.end(), same);
}

Response problem(unsigned status, std::string detail) {
  Problem document;
  document.status = status;
  document.detail = std::move(detail);
  return problem_response(document);
}

// Hands an answer on, and remembers its status.
class Witness final : public Responder {
 public:
  explicit Witness(Responder& responder) : responder_(responder) {}
  Task<Result<>> send(Response response) override {
    status = response.status;
    return responder_.send(std::move(response));
  }
  Task<Result<>> begin(Response head) override {
    status = head.status;
    return responder_.begin(std::move(head));
  }
  Task<Result<>> write(std::string_view piece, Deadline deadline) override {
    return responder_.write(piece, deadline);
  }
  Task<Result<>> finish() override { return responder_.finish(); }

  unsigned status = 0;  // 0: not answered yet

 private:
  Responder& responder_;
};

constexpr unsigned client_left = 499;
constexpr unsigned handler_failed = 500;

unsigned status_of_exception(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const boost::system::system_error& error) {
    return error.code() == asio::error::operation_aborted ? client_left : handler_failed;
  } catch (...) {
    return handler_failed;
  }
}

}  // namespace

const std::string& PathParameters::operator[](std::string_view name) const {
  for (const auto& [key, value] : values_) {
    if (key == name) return value;
  }
  throw std::out_of_range("a route has no parameter " + std::string(name));
}

void Router::add(std::string method, std::string_view pattern, RouteHandler handler, RouteDoc doc) {
  routes_.push_back(
      {std::move(method), std::string(pattern), split(pattern), std::move(handler), std::move(doc)});
}

Router::Match Router::find(const Request& request) const {
  Match match;
  const auto path = raw_path(request.target);
  if (!path) {
    match.refusal = problem(400, "the request's target must be a path");
    return match;
  }
  // Decoded after splitting: an escaped slash is part of its segment.
  auto segments = split(*path);
  for (auto& segment : segments) {
    auto decoded = decode_component(segment);
    if (!decoded) {
      match.refusal = problem(400, "the path has a malformed escape in \"" + segment + "\"");
      return match;
    }
    segment = std::move(*decoded);
  }
  std::string allowed;
  for (const auto& route : routes_) {
    if (!matches(route.segments, segments)) continue;
    if (route.method != request.method && !(route.method == "GET" && request.method == "HEAD")) {
      allowed += (allowed.empty() ? "" : ", ") + route.method + (route.method == "GET" ? ", HEAD" : "");
      continue;
    }
    match.route = &route;
    for (std::size_t i = 0; i < segments.size(); ++i) {
      const std::string_view name = route.segments[i];
      if (is_placeholder(name))
        match.parameters.add(std::string(name.substr(1, name.size() - 2)), segments[i]);
    }
    return match;
  }
  if (allowed.empty()) {
    match.refusal = problem(404, "there is nothing at " + std::string(*path));
  } else {
    match.refusal =
        problem(405, std::string(*path) + " can't be asked to " + request.method + ", only " + allowed);
    match.refusal.headers.emplace_back("Allow", allowed);
  }
  return match;
}

Task<> Router::handle(const Request& request, Responder& responder) const {
  auto match = find(request);
  Witness witness(responder);
  std::exception_ptr thrown;
  try {
    if (match.route != nullptr) {
      co_await match.route->handler(request, match.parameters, witness);
    } else {
      // An answer that doesn't arrive is the connection's affair.
      const auto sent = co_await witness.send(std::move(match.refusal));
      static_cast<void>(sent);
    }
  } catch (...) {
    thrown = std::current_exception();
  }
  if (thrown && witness.status == 0) witness.status = status_of_exception(thrown);
  if (observer_) observer_(match.route, witness.status);
  if (thrown) std::rethrow_exception(thrown);
}

Handler Router::as_handler() const {
  return [this](const Request& request, Responder& responder) { return handle(request, responder); };
}

}  // namespace berth::http
